//! How the command ends.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use flash_policy_core::printable::printable;
use flash_policy_scenario::ScenarioError;

/// The exit codes, which are an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is as expected.
    Expected = 0,
    /// A finding, or a wrong verdict.
    Finding = 1,
    /// The command was called wrongly.
    Usage = 2,
    /// An input is unreadable or invalid.
    Input = 3,
    /// It could not run: no port, no descriptor, an output that cannot be written.
    NotRun = 4,
    /// There is nothing to test.
    Nothing = 5,
    /// A defect of ours.
    Defect = 70,
}

impl Exit {
    /// What a run that came to both ends with: that after which less of what it says can be trusted. After a defect it is
    /// nothing; what could not run or could not be read has no verdict; a wrong verdict is one, whatever was not there.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        let distrust = |exit| match exit {
            Self::Expected => 0,
            Self::Nothing => 1,
            Self::Finding => 2,
            Self::Input => 3,
            Self::NotRun => 4,
            Self::Usage => 5,
            Self::Defect => 6,
        };
        if distrust(other) > distrust(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why the command ends before it has a result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    /// `message` is one line.
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: format!("error: {}", printable(message)) }
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The exit code of a file that cannot be run.
    pub(crate) fn exit_of(error: &ScenarioError) -> Exit {
        if error.is_nothing_to_test() { Exit::Nothing } else { Exit::Input }
    }

    /// Says it on stderr; the exit code that follows from it.
    pub(crate) fn tell(self) -> Exit {
        // Where stderr is gone, the exit code still tells.
        let _ = writeln!(anstream::stderr(), "{}", self.message.trim_end());
        self.exit
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self { exit: Self::exit_of(&error), message: error.render(true) }
    }
}
