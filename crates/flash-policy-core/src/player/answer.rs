//! The answer of one location that was asked for its policy. Does not know how the bytes were read.

use std::sync::Arc;
use std::time::Duration;

use super::diagnosis::{AnswerEvidence, Opening};
use super::endpoint::Endpoint;
use super::profile::{Dead, DocumentProfile, Leniency, Profile, TimingProfile};
use crate::diagnostics::{Diagnostic, rules};
use crate::document::{PolicyFile, PolicyPlace};
use crate::ids;
use crate::wire::{AnswerEnd, Exchange, POLICY_REQUEST};

/// The answer of one location that was asked for its policy. The session caches it (rulebook C1).
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) kind: AnswerKind,
    pub(super) policy: Option<PolicyFile>,
    /// The evidence for the diagnosis.
    pub(super) evidence: AnswerEvidence,
    pub(super) took: Duration,
}

impl Answer {
    /// Returns the kind of the answer.
    pub fn kind(&self) -> AnswerKind {
        self.kind
    }

    /// Returns the policy file, if the location sent one that the player accepts.
    pub fn policy(&self) -> Option<&PolicyFile> {
        self.policy.as_ref()
    }

    /// Returns the duration of the load, in the player's time.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Judges what was seen of a location (rulebook W4-W10, X).
    pub(super) fn of(evidence: AnswerEvidence, took: Duration, profile: &Profile) -> Self {
        let (kind, policy) = match (evidence.opening(), evidence.exchange()) {
            (Opening::Connected | Opening::StandIn, Some(exchange)) => judge(exchange, profile),
            (opening, _) => (not_opened(opening), None),
        };
        Self { kind, policy, evidence, took }
    }
}

/// Returns the kind of answer of a location to which no connection was opened.
fn not_opened(opening: Opening) -> AnswerKind {
    match opening {
        Opening::Refused | Opening::NotMapped | Opening::Stopped => AnswerKind::Refused,
        Opening::Dropped => AnswerKind::Dropped,
        Opening::Reset => AnswerKind::Reset,
        _ => AnswerKind::NotAsked,
    }
}

/// Judges the bytes that were read (rulebook W4-W10, X).
fn judge(exchange: &Exchange, profile: &Profile) -> (AnswerKind, Option<PolicyFile>) {
    let failed = |kind| (kind, None);
    match exchange.answer_end() {
        None => failed(AnswerKind::None),
        Some(AnswerEnd::Reset) => failed(AnswerKind::Reset),
        Some(AnswerEnd::TooLarge) => failed(AnswerKind::TooLarge),
        Some(AnswerEnd::EndOfStream) if exchange.received().is_empty() => {
            failed(AnswerKind::Closed)
        }
        // The request came back: an echo server is not a policy server.
        _ if POLICY_REQUEST.strip_suffix(b"\0") == Some(exchange.document()) => {
            failed(AnswerKind::NotAPolicy)
        }
        Some(AnswerEnd::EndOfStream) if profile.wire.missing_nul == Leniency::Reject => {
            failed(AnswerKind::Closed)
        }
        Some(AnswerEnd::EndOfStream | AnswerEnd::Nul) => {
            match PolicyFile::parse(exchange.document()) {
                Ok(policy) if rejection(&policy, &profile.document).is_none() => {
                    (AnswerKind::Policy, Some(policy))
                }
                _ => failed(AnswerKind::Malformed),
            }
        }
    }
}

ids! {
    /// The kind of an [`Answer`]. The ids ([`AnswerKind::as_str`]) are stable.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum AnswerKind {
        /// A policy file that the player accepts.
        Policy = "policy",
        /// Bytes that are no policy file, or a policy file that the player rejects (X1).
        Malformed = "malformed",
        /// The request itself, echoed back. The location is not a policy server.
        NotAPolicy = "not-a-policy",
        /// No complete policy by the deadline: silence, or only part of an answer.
        None = "none",
        /// Connection refused: nothing listens there.
        Refused = "refused",
        /// No reply to the SYN.
        Dropped = "dropped",
        /// Closed without a byte (W9), or without a NUL where the profile requires one (W5).
        Closed = "closed",
        /// Reset before a NUL (W9).
        Reset = "reset",
        /// An answer over [`WireProfile::answer_cap`](super::WireProfile::answer_cap) (W10).
        TooLarge = "too-large",
        /// No connection attempted.
        NotAsked = "not-asked",
        /// Asked earlier in the same session, so not asked again (C1).
        Cached = "cached",
    }
}

/// One location that a lookup consulted, with its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub(super) endpoint: Endpoint,
    pub(super) role: Role,
    pub(super) cached: bool,
    pub(super) answer: Arc<Answer>,
    /// The place of its document, which decides whether a site-control counts.
    pub(super) place: PolicyPlace,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Asked {
    /// Returns the logical location.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the reason why it was consulted.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the kind of its answer, or [`AnswerKind::Cached`] if this session had asked it
    /// before.
    pub fn answer(&self) -> AnswerKind {
        if self.cached { AnswerKind::Cached } else { self.answer.kind }
    }

    /// Returns the policy file, if the location sent one that the player accepts.
    pub fn policy(&self) -> Option<&PolicyFile> {
        self.answer.policy()
    }

    /// Returns true if a backend that this project plays answered, where no policy server is
    /// declared.
    pub fn is_stand_in(&self) -> bool {
        self.answer.evidence.opening() == Opening::StandIn
    }

    /// Returns true if a server of somebody else may have answered or refused: something is mapped
    /// at the location, and it is not a backend that this project plays.
    pub fn is_mapped(&self) -> bool {
        self.answer.evidence.opening() != Opening::NotMapped && !self.is_stand_in()
    }

    /// Returns the duration of the load, in the player's time.
    pub fn took(&self) -> Duration {
        self.answer.took
    }

    /// Returns the diagnostics of the answer, in the order and with the severity that they have in
    /// this attempt.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }
}

ids! {
    /// The reason why a location is consulted (rulebook L2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Role {
        /// The master policy file, on port 843.
        Master = "master",
        /// A location named with `Security.loadPolicyFile`.
        Explicit = "loadPolicyFile",
        /// The port that the SWF connects to.
        Destination = "destination",
    }
}

impl Role {
    /// Returns the time that the player waits for the location. It is `None` if the player sets no
    /// deadline, as for a location that `loadPolicyFile` named.
    pub fn budget(self, timing: &TimingProfile) -> Option<Duration> {
        match self {
            Self::Master => Some(timing.master_timeout),
            Self::Destination => Some(timing.destination_timeout),
            Self::Explicit => None,
        }
    }
}

/// Returns the reason why this profile rejects a policy file that can be parsed: its first
/// diagnostic that the profile does not tolerate.
pub fn rejection(policy: &PolicyFile, profile: &DocumentProfile) -> Option<Diagnostic> {
    let rejects = |diagnostic: &&Diagnostic| match *diagnostic.rule() {
        rules::LEADING_NEWLINE_BEFORE_XMLDECL => profile.leading_white_space == Leniency::Reject,
        rules::UTF8_BOM => profile.byte_order_mark == Leniency::Reject,
        rules::UNKNOWN_ELEMENT | rules::UNKNOWN_ATTRIBUTE => {
            profile.unknown_elements == Leniency::Reject
        }
        rules::MISSING_TO_PORTS => profile.missing_to_ports == Dead::File,
        rules::BAD_RANGE_SYNTAX => profile.bad_to_ports == Dead::File,
        _ => false,
    };
    policy.diagnostics().iter().find(rejects).cloned()
}
