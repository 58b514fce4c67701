//! The command `flash-policy` as a binary of this package, so that Cargo builds it for the tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    flash_policy::main()
}
