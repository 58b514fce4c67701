//! One verdict, as JSON says it.

use std::collections::BTreeMap;
use std::time::Duration;

use flash_policy_core::diagnostics::{self, Severity};
use flash_policy_core::document::readable;
use flash_policy_core::player::{
    self, AnswerKind, Cause, Ended, Grantor, Outcome, Purpose, Role, TranscriptStep,
};
use flash_policy_core::wire::escape;
use schemars::JsonSchema;
use serde::Serialize;

use super::Id;

/// One verdict. Times are the player's, in milliseconds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Verdict {
    /// The SWF's URL, or `sandbox:` and the sandbox.
    pub(crate) swf: String,
    /// `HOST:PORT`; the port may be out of range.
    pub(crate) connect: String,
    pub(crate) outcome: Id<player::Verdict>,
    /// The true cause.
    pub(crate) cause: Id<Cause>,
    /// What the SWF is told, in order.
    pub(crate) events: Vec<String>,
    /// The location whose policy granted, `sandbox`, or null.
    pub(crate) granted_by: Option<String>,
    /// The element of a policy that decided.
    pub(crate) rule: Option<DecidingElement>,
    pub(crate) decided_at_ms: u64,
    /// When the SWF is told each of the events; null where that would wait for a timeout that is not
    /// set.
    pub(crate) reported_at_ms: Vec<Option<u64>>,
    /// Every location that was consulted, in order.
    pub(crate) asked: Vec<AskedLocation>,
    /// Every TCP connection, in order.
    pub(crate) connections: Vec<TcpConnection>,
    /// The documents that were received, by location.
    pub(crate) documents: BTreeMap<String, String>,
    /// Diagnostics of the attempt itself, such as a location of loadPolicyFile that is none.
    pub(crate) attempt_diagnostics: Vec<Diagnostic>,
    /// The ids of all diagnostics: of the attempt, and of each answer.
    pub(crate) diagnostics: Vec<&'static str>,
    /// For people, several lines.
    pub(crate) diagnosis: String,
}

/// The element that decided, and the location whose policy it stands in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DecidingElement {
    pub(crate) endpoint: String,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

/// A location that was consulted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AskedLocation {
    pub(crate) endpoint: String,
    pub(crate) port: u16,
    pub(crate) role: Id<Role>,
    pub(crate) answer: Id<AnswerKind>,
    /// How long it took.
    pub(crate) took_ms: u64,
    /// How long the player waits for it at most; null where it waits without an end.
    pub(crate) budget_ms: Option<u64>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A rule of the catalogue that was met.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Diagnostic {
    /// Such as `FSP-D01`.
    pub(crate) id: &'static str,
    pub(crate) severity: Id<Severity>,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: String,
    /// The line of the received document, from 1; null where it is not about a place in one.
    pub(crate) line: Option<u32>,
    /// In characters, from 1.
    pub(crate) column: Option<u32>,
    /// The same wherever in its document it stands, and however it is worded.
    pub(crate) fingerprint: String,
}

/// One TCP connection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TcpConnection {
    pub(crate) endpoint: String,
    pub(crate) purpose: ConnectionPurpose,
    /// In bytes.
    pub(crate) sent: usize,
    /// In bytes.
    pub(crate) received: usize,
    /// What happened on it, in order.
    pub(crate) transcript: Vec<TranscriptLine>,
    pub(crate) ended: Id<Ended>,
}

/// What a connection was for.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConnectionPurpose {
    /// The policy request and its answer.
    Policy,
    /// The SWF's own data.
    Payload,
}

/// One step on a connection. Bytes are ASCII with escapes, a NUL is `\0`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TranscriptLine {
    pub(crate) at_ms: u64,
    #[serde(flatten)]
    pub(crate) step: Step,
}

/// What happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// The player sent this.
    Sent(String),
    /// This arrived.
    Received(String),
    /// The connection ended.
    Event(EndEvent),
}

/// How a peer ended its side.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndEvent {
    Fin,
    Rst,
}

impl Verdict {
    /// Describes an outcome; `budget` is how long the player waits for each location at most.
    pub(crate) fn new<S>(outcome: &Outcome<S>, budget: impl Fn(Role) -> Option<Duration>) -> Self {
        let answers = outcome.asked().iter().flat_map(player::Asked::diagnostics);
        let answers: Vec<_> = answers.collect();
        let all: Vec<_> = outcome.diagnostics().collect();
        let own = &all[..all.len() - answers.len()];
        Self {
            swf: outcome.swf().to_string(),
            connect: outcome.target().to_string(),
            outcome: Id(outcome.verdict()),
            cause: Id(outcome.cause()),
            events: outcome.events().iter().map(ToString::to_string).collect(),
            granted_by: outcome.granted_by().map(Grantor::to_string),
            rule: outcome.rule().map(|rule| DecidingElement {
                endpoint: rule.endpoint().to_string(),
                line: rule.position().map(|position| position.line),
                column: rule.position().map(|position| position.column),
            }),
            decided_at_ms: millis(outcome.decided_at()),
            reported_at_ms: outcome.report_times().iter().map(|at| at.map(millis)).collect(),
            asked: outcome.asked().iter().map(|asked| AskedLocation::new(asked, &budget)).collect(),
            connections: outcome.transcript().iter().map(TcpConnection::from).collect(),
            documents: documents(outcome),
            attempt_diagnostics: own.iter().map(|own| Diagnostic::from(*own)).collect(),
            diagnostics: all.iter().map(|diagnostic| diagnostic.rule().id()).collect(),
            diagnosis: outcome.to_string(),
        }
    }

    pub(crate) fn is_permitted(&self) -> bool {
        self.outcome.0 == player::Verdict::Permitted
    }
}

/// Returns what was received on each policy connection, up to its NUL.
fn documents<S>(outcome: &Outcome<S>) -> BTreeMap<String, String> {
    let policy = outcome.transcript().iter().filter(|one| one.purpose() == Purpose::Policy);
    let received = policy.filter(|one| !one.received().is_empty()).map(|one| {
        let document = one.received().split(|byte| *byte == 0).next().unwrap_or_default();
        (one.endpoint().to_string(), readable(document))
    });
    received.collect()
}

impl AskedLocation {
    fn new(asked: &player::Asked, budget: impl Fn(Role) -> Option<Duration>) -> Self {
        Self {
            endpoint: asked.endpoint().to_string(),
            port: asked.endpoint().port(),
            role: Id(asked.role()),
            answer: Id(asked.answer()),
            took_ms: millis(asked.took()),
            budget_ms: budget(asked.role()).map(millis),
            diagnostics: asked.diagnostics().map(Diagnostic::from).collect(),
        }
    }

    /// Returns whether the answer says how fast the server is: it has bytes.
    pub(crate) fn has_answered(&self) -> bool {
        use AnswerKind::{Malformed, NotAPolicy, Policy};
        matches!(self.answer.0, Policy | Malformed | NotAPolicy)
    }
}

impl From<&diagnostics::Diagnostic> for Diagnostic {
    fn from(diagnostic: &diagnostics::Diagnostic) -> Self {
        Self {
            id: diagnostic.rule().id(),
            severity: Id(diagnostic.severity()),
            message: diagnostic.message().to_owned(),
            help: diagnostic.help().to_owned(),
            line: diagnostic.position().map(|position| position.line),
            column: diagnostic.position().map(|position| position.column),
            fingerprint: fingerprint(diagnostic),
        }
    }
}

/// Returns the fingerprint of a diagnostic as reports have it.
pub(crate) fn fingerprint(diagnostic: &diagnostics::Diagnostic) -> String {
    format!("{:016x}", diagnostic.fingerprint())
}

impl From<&player::Connection> for TcpConnection {
    fn from(connection: &player::Connection) -> Self {
        let transcript = connection.transcript().map(|entry| TranscriptLine {
            at_ms: millis(entry.at),
            step: match entry.step {
                TranscriptStep::Sent(bytes) => Step::Sent(escape(bytes)),
                TranscriptStep::Received(bytes) => Step::Received(escape(bytes)),
                TranscriptStep::Fin => Step::Event(EndEvent::Fin),
                TranscriptStep::Rst => Step::Event(EndEvent::Rst),
            },
        });
        Self {
            endpoint: connection.endpoint().to_string(),
            purpose: match connection.purpose() {
                Purpose::Policy => ConnectionPurpose::Policy,
                _ => ConnectionPurpose::Payload,
            },
            sent: connection.sent().len(),
            received: connection.received().len(),
            transcript: transcript.collect(),
            ended: Id(connection.ended()),
        }
    }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
