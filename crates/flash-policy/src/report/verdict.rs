//! One verdict, as JSON says it.

use std::time::Duration;

use flash_policy_core::player::{self, Grantor, Outcome};
use schemars::JsonSchema;
use serde::Serialize;

/// One verdict. Times are the player's, in milliseconds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Verdict {
    /// The SWF's URL, or `sandbox:` and the sandbox.
    pub(crate) swf: String,
    /// `HOST:PORT`; the port may be out of range.
    pub(crate) connect: String,
    /// `permitted`, `denied` or `unreachable`.
    pub(crate) outcome: String,
    /// The id of the true cause.
    pub(crate) cause: String,
    /// What the SWF is told, in order.
    pub(crate) events: Vec<String>,
    /// The location whose policy granted, `sandbox`, or null.
    pub(crate) granted_by: Option<String>,
    /// The element of a policy that decided.
    pub(crate) rule: Option<Deciding>,
    pub(crate) decided_at_ms: u64,
    /// When the SWF is told each of the events; null where that would wait for a timeout that there is not.
    pub(crate) reported_at_ms: Vec<Option<u64>>,
    /// Every location that was consulted, in order.
    pub(crate) asked: Vec<Asked>,
    /// Rule ids: of the attempt, such as a location of loadPolicyFile that is none, and of each answer.
    pub(crate) diagnostics: Vec<String>,
    /// Every TCP connection, in order.
    pub(crate) connections: Vec<Connection>,
    /// For people, several lines.
    pub(crate) diagnosis: String,
}

/// Where a deciding element stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Deciding {
    pub(crate) endpoint: String,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

/// A location that was consulted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Asked {
    pub(crate) endpoint: String,
    /// `policy`, `malformed`, `not-a-policy`, `none`, `refused`, `dropped`, `closed`, `reset`, `too-large`,
    /// `not-asked` or `cached`.
    pub(crate) answer: String,
    /// How long it took, in the player's time.
    pub(crate) took_ms: u64,
    /// Rule ids.
    pub(crate) diagnostics: Vec<String>,
}

/// One TCP connection.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Connection {
    pub(crate) endpoint: String,
    /// In bytes.
    pub(crate) sent: usize,
    /// In bytes.
    pub(crate) received: usize,
    /// `peer-closed`, `client-closed`, `reset`, `deadline` or `open`.
    pub(crate) ended: String,
}

impl<S> From<&Outcome<S>> for Verdict {
    fn from(outcome: &Outcome<S>) -> Self {
        Self {
            swf: outcome.swf().to_string(),
            connect: outcome.target().to_string(),
            outcome: outcome.verdict().to_string(),
            cause: outcome.cause().to_string(),
            events: outcome.events().iter().map(ToString::to_string).collect(),
            granted_by: outcome.granted_by().map(Grantor::to_string),
            rule: outcome.rule().map(|rule| Deciding {
                endpoint: rule.endpoint().to_string(),
                line: rule.position().map(|position| position.line),
                column: rule.position().map(|position| position.column),
            }),
            decided_at_ms: millis(outcome.decided_at()),
            reported_at_ms: outcome.report_times().iter().map(|at| at.map(millis)).collect(),
            asked: outcome.asked().iter().map(Asked::from).collect(),
            diagnostics: outcome.diagnostics().map(|met| met.rule().id().to_owned()).collect(),
            connections: outcome.transcript().iter().map(Connection::from).collect(),
            diagnosis: outcome.to_string(),
        }
    }
}

impl From<&player::Asked> for Asked {
    fn from(asked: &player::Asked) -> Self {
        Self {
            endpoint: asked.endpoint().to_string(),
            answer: asked.answer().to_string(),
            took_ms: millis(asked.took()),
            diagnostics: asked.diagnostics().map(|met| met.rule().id().to_owned()).collect(),
        }
    }
}

impl From<&player::Connection> for Connection {
    fn from(connection: &player::Connection) -> Self {
        Self {
            endpoint: connection.endpoint().to_string(),
            sent: connection.sent().len(),
            received: connection.received().len(),
            ended: connection.ended().to_string(),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
