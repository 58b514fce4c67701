//! Runs other programs in the root folder of the workspace.

use std::env;
use std::ffi::OsString;
use std::process::{Command, Output, Stdio};

use crate::{Result, workspace};

/// Returns a call of the cargo that runs this job.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Returns a call of a program without standard input.
pub(crate) fn program(program: impl Into<OsString>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.into());
    command.args(arguments).current_dir(workspace::root()).stdin(Stdio::null());
    command
}

/// Runs a command that must succeed. Its output goes to the log.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| format!("{}: {error}", shown(command)))?;
    if !status.success() {
        return Err(format!("failed ({status}): {}", shown(command)));
    }
    Ok(())
}

/// Runs a command that must succeed, and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| format!("{}: {error}", shown(command)))?;
    if !status.success() {
        let stderr = String::from_utf8_lossy(&stderr);
        return Err(format!("failed ({status}): {}\n{stderr}", shown(command)));
    }
    String::from_utf8(stdout).map_err(|error| format!("{}: {error}", shown(command)))
}

/// Returns the command as one would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
