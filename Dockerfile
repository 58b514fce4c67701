# The command and nothing else: one static file, and a user without rights.
FROM rust:1.95 AS build
WORKDIR /source
COPY . .
# --target, for what cargo loads itself while it builds cannot be static.
RUN target="$(uname -m)-unknown-linux-gnu" && \
    RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --locked --release --features cli --bin flash-policy --target "$target" && \
    strip -o /flash-policy "target/$target/release/flash-policy"

FROM scratch
COPY --from=build /flash-policy /flash-policy
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/flash-policy"]
CMD ["--help"]
