//! The verdict on one connection, with its evidence.

use std::collections::BTreeMap;
use std::time::Duration;

use flash_policy_core::diagnosis::SameEvidence;
use flash_policy_core::diagnostics::{self, Rule, Severity};
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
    /// The URL of the SWF, or `sandbox:` and the sandbox.
    pub(crate) swf: String,
    /// The target, as `HOST:PORT`; the port may be out of range.
    pub(crate) connect: String,
    pub(crate) outcome: Id<player::Verdict>,
    /// The true cause.
    pub(crate) cause: Id<Cause>,
    /// The events that the SWF receives, in order.
    pub(crate) events: Vec<String>,
    /// The location whose policy granted, `sandbox`, or null.
    pub(crate) granted_by: Option<String>,
    /// The element of a policy that decided.
    pub(crate) rule: Option<DecidingElement>,
    pub(crate) decided_at_ms: u64,
    /// The time of each event; null if the event would wait for a timeout that is not set.
    pub(crate) reported_at_ms: Vec<Option<u64>>,
    /// Every location that was consulted, in order.
    pub(crate) asked: Vec<AskedLocation>,
    /// Every TCP connection, in order.
    pub(crate) connections: Vec<TcpConnection>,
    /// The documents that were received, by location.
    pub(crate) documents: BTreeMap<String, String>,
    /// Diagnostics of the attempt itself, such as an invalid location of loadPolicyFile.
    pub(crate) attempt_diagnostics: Vec<Diagnostic>,
    /// The ids of all diagnostics, of the attempt and of each answer.
    pub(crate) diagnostics: Vec<&'static str>,
    /// The diagnosis for people, in several lines.
    pub(crate) diagnosis: String,
}

/// The element that decided, and the location whose policy contains it.
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
    /// The time that the answer took.
    pub(crate) took_ms: u64,
    /// The longest time that the player waits for the answer; null if it waits forever.
    pub(crate) budget_ms: Option<u64>,
    /// False if nothing is mapped at the location, or the command itself played what answered.
    #[serde(skip)]
    pub(crate) is_mapped: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A diagnostic: a rule of the catalogue that applies.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Diagnostic {
    /// The rule's id, such as `FSP-D01`.
    pub(crate) id: &'static str,
    pub(crate) severity: Id<Severity>,
    pub(crate) message: String,
    /// Advice.
    pub(crate) help: String,
    /// The line of the received document, from 1; null if it is not about a place in a document.
    pub(crate) line: Option<u32>,
    /// The column, in characters, from 1.
    pub(crate) column: Option<u32>,
    /// A stable identity, which depends neither on the position nor on the wording.
    pub(crate) fingerprint: String,
    /// The ids of other rules that fit the same evidence.
    pub(crate) also: Vec<&'static str>,
    /// The question that tells those rules apart; null if no other rule fits.
    pub(crate) question: Option<&'static str>,
}

/// One TCP connection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TcpConnection {
    pub(crate) endpoint: String,
    pub(crate) purpose: ConnectionPurpose,
    /// The number of bytes sent.
    pub(crate) sent: usize,
    /// The number of bytes received.
    pub(crate) received: usize,
    /// The steps on the connection, in order.
    pub(crate) transcript: Vec<TranscriptLine>,
    pub(crate) ended: Id<Ended>,
}

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConnectionPurpose {
    /// The policy request and its answer.
    Policy,
    /// The SWF's own data.
    Payload,
}

/// One step on a connection, with its time. Bytes are ASCII with escapes; a NUL is `\0`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TranscriptLine {
    pub(crate) at_ms: u64,
    #[serde(flatten)]
    pub(crate) step: Step,
}

/// One step on a connection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Bytes that the player sent.
    Sent(String),
    /// Bytes that arrived.
    Received(String),
    /// The end of the peer's side.
    Event(EndEvent),
}

/// The way in which a peer ended its side.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndEvent {
    Fin,
    Rst,
}

impl Verdict {
    /// Describes an outcome. `budget` returns the longest time that the player waits for a
    /// location.
    pub(crate) fn new<S>(outcome: &Outcome<S>, budget: impl Fn(Role) -> Option<Duration>) -> Self {
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
            attempt_diagnostics: outcome.attempt_diagnostics().map(Diagnostic::from).collect(),
            diagnostics: outcome.diagnostics().map(|found| found.rule().id()).collect(),
            diagnosis: outcome.to_string(),
        }
    }

    /// Returns the first diagnostic, if it is worth acting on and its causes lie with a server.
    pub(crate) fn first_of_server(&self) -> Option<&Diagnostic> {
        let id = self.diagnostics.first()?;
        let of_servers = self.asked.iter().filter(|asked| asked.is_mapped);
        let found =
            of_servers.flat_map(|asked| &asked.diagnostics).chain(&self.attempt_diagnostics);
        found.filter(|one| one.severity.0 > Severity::Info).find(|one| one.id == *id)
    }

    pub(crate) fn is_permitted(&self) -> bool {
        self.outcome.0 == player::Verdict::Permitted
    }
}

/// Returns the bytes that each policy connection received, up to the first NUL, as text.
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
            is_mapped: asked.is_mapped(),
            diagnostics: asked.diagnostics().map(Diagnostic::from).collect(),
        }
    }

    /// Returns whether a server's answer has bytes, so that its time tells how fast the server is.
    pub(crate) fn has_answered(&self) -> bool {
        use AnswerKind::{Malformed, NotAPolicy, Policy};
        self.is_mapped && matches!(self.answer.0, Policy | Malformed | NotAPolicy)
    }
}

impl From<&diagnostics::Diagnostic> for Diagnostic {
    fn from(diagnostic: &diagnostics::Diagnostic) -> Self {
        let group = SameEvidence::of(diagnostic.rule());
        Self {
            id: diagnostic.rule().id(),
            severity: Id(diagnostic.severity()),
            message: diagnostic.message().to_owned(),
            help: diagnostic.help().to_owned(),
            line: diagnostic.position().map(|position| position.line),
            column: diagnostic.position().map(|position| position.column),
            fingerprint: fingerprint(diagnostic),
            also: group.iter().flat_map(|group| group.also()).map(Rule::id).collect(),
            question: group.map(SameEvidence::question),
        }
    }
}

/// Returns the fingerprint of a diagnostic in hexadecimal.
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
