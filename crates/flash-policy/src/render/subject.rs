//! The subject of an entry, with its public id and its help.

use flash_policy_conformance::CheckId;
use flash_policy_core::Cause;
use flash_policy_core::analysis::Direction;
use flash_policy_core::diagnostics::Rule;
use flash_policy_scenario::{NoteKind, Status};

use crate::reference;
use crate::report::ErrorKind;

/// The subject of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Nothing was found.
    Nothing,
    Rule(&'static Rule),
    /// The verdict of a case.
    Cause(Cause),
    /// A case that has no verdict.
    Case(Status),
    Matrix,
    Check(CheckId),
    /// A remark on a case.
    Note(NoteKind),
    Change(Direction),
    /// The server under test, which has not crashed.
    Server,
    /// The server under test ended by itself.
    Crash,
    Error(ErrorKind),
}

impl Subject {
    /// Returns the public id.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Rule(rule) => rule.id(),
            Self::Cause(cause) => cause.as_str(),
            Self::Case(status) => status.as_str(),
            Self::Matrix => "matrix",
            Self::Check(check) => check.as_str(),
            Self::Note(kind) => kind.as_str(),
            Self::Change(direction) => direction.as_str(),
            Self::Server => "server-under-test",
            Self::Crash => "server-crashed",
            Self::Error(kind) => kind.as_str(),
        }
    }

    /// Returns the name in words.
    pub(super) fn words(self) -> String {
        let name = match self {
            Self::Rule(rule) => rule.name(),
            other => other.id(),
        };
        name.replace(['-', '/'], " ")
    }

    /// Returns the help: several lines, without placeholders.
    pub(super) fn help(self) -> String {
        let from_reference = match self {
            Self::Rule(rule) => reference::explain_rule(rule),
            Self::Cause(cause) => reference::explain_cause(cause),
            Self::Check(check) => reference::explain_check(check),
            _ => None,
        };
        from_reference.unwrap_or_else(|| self.advice().to_owned())
    }

    /// Returns one line of advice.
    fn advice(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.help(),
            Self::Matrix => {
                "if the cells are as they should be, accept them: flash-policy test --update FILE"
            }
            Self::Note(NoteKind::UnknownHost) => {
                "correct the host, or write `unknown-host = true` if no entry is meant to name it"
            }
            Self::Note(NoteKind::UnknownPort) => {
                "correct the port, or take the count out: a SWF cannot ask there"
            }
            Self::Note(_) => {
                "check the endpoints, the policy and its servers, unless nobody is meant to get in"
            }
            Self::Change(Direction::NewlyPermitted) => {
                "if it is meant, accept it: flash-policy diff --allow-widening OLD NEW"
            }
            Self::Change(_) => "find out whether anybody still needs it",
            Self::Server => "read what the server wrote: it may say why a case failed",
            Self::Crash => {
                "read what the server wrote, and fix it: a server that ends denies every player \
                 after it"
            }
            Self::Case(Status::Disagreement) | Self::Error(ErrorKind::Bug) => {
                "this is a bug in flash-policy: please report it with the details"
            }
            Self::Error(kind) => advice_of_error(kind),
            _ => "compare what was expected with what came",
        }
    }
}

fn advice_of_error(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UnreadableFile | ErrorKind::InvalidInput | ErrorKind::InvalidScenario => {
            "correct the file; the message names the place"
        }
        ErrorKind::NothingToTest => "add a [[case]] or a [matrix], or name another file",
        ErrorKind::ServerNotStarted => {
            "run the command by hand: a server must stay in the foreground and listen on its port"
        }
        ErrorKind::Interrupted => "run it again: a signal came before all was asked",
        ErrorKind::NotRun => {
            "this says nothing about the policy: fix what the machine lacks, and run it again"
        }
        ErrorKind::Bug => "this is a bug in flash-policy: please report it with the details",
    }
}
