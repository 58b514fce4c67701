//! What became of asking one location for its policy.

use std::sync::Arc;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::profile::{Dead, DocumentProfile, Leniency};
use crate::diagnostics::{Diagnostic, rules};
use crate::document::PolicyFile;
use crate::ids;

/// What became of asking one location for its policy. The session remembers it (rulebook C1).
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) kind: AnswerKind,
    pub(super) policy: Option<PolicyFile>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) took: Duration,
    /// Whether anything stands there; what is not mapped refuses.
    pub(super) is_mapped: bool,
}

ids! {
    /// The kinds of [`Answer`]; the ids ([`AnswerKind::as_str`]) are an interface.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum AnswerKind {
        /// A policy file that the player accepts.
        Policy = "policy",
        /// Something else, or a policy file that the player rejects (X1).
        Malformed = "malformed",
        /// The request itself came back, so this is no policy server.
        NotAPolicy = "not-a-policy",
        /// Silent, or incomplete at its deadline.
        None = "none",
        /// Nothing listens there.
        Refused = "refused",
        /// The SYN was never answered.
        Dropped = "dropped",
        /// Closed without a byte (W9), or without a NUL where the profile asks for one (W5).
        Closed = "closed",
        /// Reset before a NUL (W9).
        Reset = "reset",
        /// More than the cap (W10).
        TooLarge = "too-large",
        /// No connection was tried.
        NotAsked = "not-asked",
        /// Asked before in this session (C1).
        Cached = "cached",
    }
}

/// One location that a lookup consulted, in order.
#[derive(Clone, Debug)]
pub struct Asked {
    pub(super) endpoint: Endpoint,
    pub(super) role: Role,
    pub(super) cached: bool,
    pub(super) answer: Arc<Answer>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

ids! {
    /// Why a location is consulted (rulebook L2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Role {
        /// The master, on port 843.
        Master = "master",
        /// Named by `Security.loadPolicyFile`.
        Explicit = "loadPolicyFile",
        /// The port that the SWF connects to.
        Destination = "destination",
    }
}

impl Answer {
    /// Which kind it is.
    pub fn kind(&self) -> AnswerKind {
        self.kind
    }

    /// The policy file, where there is one that the player accepts.
    pub fn policy(&self) -> Option<&PolicyFile> {
        self.policy.as_ref()
    }

    /// How long the load took, in the player's time.
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

    /// Adds what is to be said about the wire, where there is a policy to say it of.
    pub(super) fn noting(mut self, diagnostic: Option<Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostic.filter(|_| self.policy.is_some()));
        self
    }
}

impl Asked {
    /// The logical location.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Why it was consulted.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What it answered; [`AnswerKind::Cached`] where the session had asked it before.
    pub fn answer(&self) -> AnswerKind {
        if self.cached { AnswerKind::Cached } else { self.answer.kind }
    }

    /// The policy file, where there is one that the player accepts.
    pub fn policy(&self) -> Option<&PolicyFile> {
        self.answer.policy()
    }

    /// How long it took, in the player's time.
    pub fn took(&self) -> Duration {
        self.answer.took
    }

    /// What is to be said about the answer, its wire and its document.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let document = self.answer.policy.iter().flat_map(|policy| policy.diagnostics());
        self.answer.diagnostics.iter().chain(document).chain(&self.diagnostics)
    }
}

/// Why this profile rejects a file that can be read: the first diagnostic that it does not forgive.
pub fn rejection(policy: &PolicyFile, profile: &DocumentProfile) -> Option<Diagnostic> {
    let rejects = |diagnostic: &&Diagnostic| match *diagnostic.rule() {
        rules::D16 => profile.leading_white_space == Leniency::Reject,
        rules::D17 => profile.byte_order_mark == Leniency::Reject,
        rules::L02 | rules::L03 => profile.unknown_elements == Leniency::Reject,
        rules::D01 => profile.missing_to_ports == Dead::File,
        rules::D04 => profile.bad_to_ports == Dead::File,
        _ => false,
    };
    policy.diagnostics().iter().find(rejects).cloned()
}
