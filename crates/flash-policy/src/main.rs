//! The command `flash-policy`.

use std::process::ExitCode;

fn main() -> ExitCode {
    flash_policy::main()
}
