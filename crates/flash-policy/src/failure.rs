//! The failures of a command: wrong usage, or an error for its report.

use std::fmt::Display;

use flash_policy_scenario::ScenarioError;

use crate::report::{ErrorKind, ReportedError};

/// The reason why a command has no result, or only a part of one.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command was called wrongly, so there is no report.
    Usage { message: String },
    /// Any other error. It is part of the report, in every format.
    Error(Box<ReportedError>),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into() }
    }

    pub(crate) fn not_run(message: impl Display) -> Self {
        ReportedError::new(ErrorKind::NotRun, message.to_string()).into()
    }
}

impl From<ReportedError> for Failure {
    fn from(error: ReportedError) -> Self {
        Self::Error(Box::new(error))
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        ReportedError::from(&error).into()
    }
}
