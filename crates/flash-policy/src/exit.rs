//! The exit codes of the command.

use std::process::ExitCode;

/// The exit codes. They are part of the command's interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is as expected.
    #[default]
    Expected = 0,
    /// A finding, or a wrong verdict.
    Finding = 1,
    /// The command was called wrongly.
    Usage = 2,
    /// An input is unreadable or invalid.
    Input = 3,
    /// The command could not run: no port, no descriptor, an output that cannot be written.
    NotRun = 4,
    /// There is nothing to test.
    Nothing = 5,
    /// A bug in flash-policy.
    Bug = 70,
}

impl Exit {
    /// Returns the exit code of a run that leads to both: the one that leaves less of the result to
    /// trust. After a bug, nothing can be trusted. An input that could not be run or read has no
    /// verdict. A wrong verdict counts even if some cases were missing.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        let distrust = |exit| match exit {
            Self::Expected => 0,
            Self::Nothing => 1,
            Self::Finding => 2,
            Self::Input => 3,
            Self::NotRun => 4,
            Self::Usage => 5,
            Self::Bug => 6,
        };
        if distrust(other) > distrust(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
