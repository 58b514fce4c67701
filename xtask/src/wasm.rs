//! Type-checks flash-policy-core for a target that has no sockets, files or clocks.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::command::{self, cargo};
use crate::workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// Checks the crate with default features, and with every feature.
pub(crate) fn run() -> Result {
    let compiler = if has_standard_library()? { None } else { Some(unpacked_compiler()?) };
    for features in [&[][..], &["--all-features"]] {
        command::run(check(compiler.as_deref()).args(features))?;
    }
    Ok(())
}

/// Returns whether the installed Rust has a standard library for the target.
fn has_standard_library() -> Result<bool> {
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    Ok(Path::new(command::output(&mut command::program("rustc", &arguments))?.trim()).exists())
}

/// Returns the compiler that `.ci/install` unpacks, together with the source of its library.
fn unpacked_compiler() -> Result<PathBuf> {
    let compiler = workspace::root().join("target/wasm-toolchain/rustc");
    if !compiler.exists() {
        return Err(format!(
            "no standard library for {TARGET}: run `.ci/install`, or `rustup target add {TARGET}`"
        ));
    }
    Ok(compiler)
}

/// Returns the call of Cargo. With a compiler of its own, the standard library is built first.
fn check(compiler: Option<&Path>) -> Command {
    let package = ["--package", "flash-policy-core", "--target", TARGET];
    let mut check = cargo(&["check", "--quiet", "--locked"]);
    check.args(package).arg("--target-dir").arg(workspace::root().join("target/wasm"));
    if let Some(compiler) = compiler {
        check.env("RUSTC", compiler).env("RUSTC_BOOTSTRAP", "1");
        check.arg("-Zbuild-std=std,panic_abort");
    }
    check
}
