//! The answer of one location that was asked for its policy. Does not know how the bytes were read.

use std::sync::Arc;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::profile::{Dead, DocumentProfile, Leniency, TimingProfile};
use crate::diagnostics::{Diagnostic, rules};
use crate::document::PolicyFile;
use crate::ids;

/// The answer of one location that was asked for its policy. The session caches it (rulebook C1).
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) kind: AnswerKind,
    pub(super) policy: Option<PolicyFile>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) took: Duration,
    /// False when nothing is mapped at the location, which then counts as refusing connections.
    pub(super) is_mapped: bool,
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

    pub(super) fn failed(kind: AnswerKind, diagnostic: Option<Diagnostic>) -> Self {
        Self::new(kind, None, diagnostic.into_iter().collect())
    }

    pub(super) fn new(
        kind: AnswerKind,
        policy: Option<PolicyFile>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        Self { kind, policy, diagnostics, took: Duration::ZERO, is_mapped: true }
    }

    /// Adds a diagnostic of the wire if the answer has a policy. Without one, the failure already
    /// has a diagnostic of its own.
    pub(super) fn with_diagnostic(mut self, diagnostic: Option<Diagnostic>) -> Self {
        if self.policy.is_some() {
            self.diagnostics.extend(diagnostic);
        }
        self
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

    /// Returns the duration of the load, in the player's time.
    pub fn took(&self) -> Duration {
        self.answer.took
    }

    /// Returns the diagnostics of the answer: of the wire, of the document, and of its place in
    /// this lookup.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let document = self.answer.policy.iter().flat_map(|policy| policy.diagnostics());
        self.answer.diagnostics.iter().chain(document).chain(&self.diagnostics)
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
