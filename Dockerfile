# The command and nothing else: one static file, and a user without rights.
FROM rust:1.95 AS build
WORKDIR /source
COPY . .
# musl, for its resolver is in the file. That of glibc loads libraries as it runs, and there are none in the image.
RUN target="$(uname -m)-unknown-linux-musl" && \
    rustup target add "$target" && \
    cargo build --locked --release --features cli --bin flash-policy --target "$target" && \
    strip -o /flash-policy "target/$target/release/flash-policy"

FROM scratch
COPY --from=build /flash-policy /flash-policy
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/flash-policy"]
CMD ["--help"]
