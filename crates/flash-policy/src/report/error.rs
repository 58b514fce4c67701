//! The errors that keep a command, or a part of it, from having a result.

use flash_policy_core::ids;
use flash_policy_core::source_text::Position;
use flash_policy_scenario::ScenarioError;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Id, SourceLine};
use crate::exit::Exit;

ids! {
    /// The kinds of [`ReportedError`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum ErrorKind {
        /// A file cannot be read.
        UnreadableFile = "unreadable-file",
        /// A scenario file is wrong.
        InvalidScenario = "invalid-scenario",
        /// A document, a baseline or the settings are wrong.
        InvalidInput = "invalid-input",
        /// There is nothing to test.
        NothingToTest = "nothing-to-test",
        /// The machine could not run the command.
        NotRun = "not-run",
        /// The server under test did not start.
        ServerNotStarted = "server-not-started",
        /// A signal came before the command was done.
        Interrupted = "interrupted",
        /// There is a bug in flash-policy.
        Bug = "bug",
    }
}

/// An error: its message, its place if it has one, and advice.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReportedError {
    pub(crate) kind: Id<ErrorKind>,
    /// The message, in one line.
    pub(crate) message: String,
    /// Advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    /// Details, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) details: Vec<String>,
    /// The last MiB that the server under test wrote to stdout and stderr.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<String>,
    #[serde(flatten)]
    pub(crate) place: Option<Box<ErrorPlace>>,
}

/// The file that an error is about, and the place in it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorPlace {
    pub(crate) file: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    /// The column, in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u32>,
    /// The text of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<SourceLine>,
}

impl ReportedError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind: Id(kind),
            message: message.into(),
            help: None,
            details: Vec::new(),
            output: None,
            place: None,
        }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(crate) fn in_file(self, file: impl Into<String>) -> Self {
        let place = ErrorPlace { file: file.into(), line: None, column: None, source: None };
        Self { place: Some(Box::new(place)), ..self }
    }

    /// Returns the exit code of a command that ends with this error.
    pub(crate) fn exit(&self) -> Exit {
        match self.kind.0 {
            ErrorKind::UnreadableFile | ErrorKind::InvalidScenario | ErrorKind::InvalidInput => {
                Exit::Input
            }
            ErrorKind::NothingToTest => Exit::Nothing,
            ErrorKind::NotRun | ErrorKind::ServerNotStarted | ErrorKind::Interrupted => {
                Exit::NotRun
            }
            ErrorKind::Bug => Exit::Bug,
        }
    }
}

impl ErrorPlace {
    pub(crate) fn position(&self) -> Option<Position> {
        Some(Position { line: self.line?, column: self.column? })
    }
}

impl From<&ScenarioError> for ReportedError {
    fn from(error: &ScenarioError) -> Self {
        let kind = if error.is_nothing_to_test() {
            ErrorKind::NothingToTest
        } else if error.is_unreadable() {
            ErrorKind::UnreadableFile
        } else {
            ErrorKind::InvalidScenario
        };
        Self {
            help: error.help().map(str::to_owned),
            place: Some(Box::new(ErrorPlace {
                file: error.path().display().to_string(),
                line: error.line(),
                column: error.column(),
                source: error.shown_line().map(SourceLine::from),
            })),
            ..Self::new(kind, error.message())
        }
    }
}
