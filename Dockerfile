# An image with nothing but the command: one static file, run by a user without rights.
FROM rust:1.95 AS build
WORKDIR /source
COPY . .
# --target keeps the flags from build scripts and procedural macros, which Cargo loads and which
# cannot be static.
RUN target="$(uname -m)-unknown-linux-gnu" && \
    RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --locked --release --package flash-policy --target "$target" && \
    strip -o /flash-policy "target/$target/release/flash-policy"

FROM scratch
COPY --from=build /flash-policy /flash-policy
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/flash-policy"]
CMD ["--help"]
