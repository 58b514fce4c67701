//! Diagnoses the answer of one location: bytes with their times, and the order in which the peer
//! ended. Does not know who asked, nor what the answer decided.

use std::time::Duration;

use super::after_nul::diagnose_after_nul;
use super::answered_document::AnsweredDocument;
use super::evidence::{AnswerEvidence, Opening};
use super::pace::{Pace, close_to, pace};
use crate::diagnostics::{Diagnostic, Severity, rules};
use crate::document::PolicyPlace;
use crate::player::answer::Role;
use crate::player::profile::{Leniency, Profile};
use crate::printable::counted;
use crate::wire::{AnswerEnd, Exchange, POLICY_REQUEST};

/// The length, in bytes with the NUL, at whose multiples some clients stop reading (FSP-T22).
const BLOCKING_LENGTH: usize = 4096;

/// Returns the diagnostics of the answer of a location that was consulted in this role. The first
/// explains why the location sent no policy that the player accepts, if it sent none.
///
/// The same evidence always gives the same diagnostics, whoever recorded it.
pub fn diagnose_answer(
    evidence: &AnswerEvidence,
    role: Role,
    profile: &Profile,
) -> Vec<Diagnostic> {
    let place = match role {
        Role::Master => PolicyPlace::Master,
        Role::Destination | Role::Explicit => PolicyPlace::Elsewhere,
    };
    diagnose_answer_in(place, evidence, role, profile)
}

/// Returns the diagnostics of an answer whose site-control counts as in `place`.
pub(super) fn diagnose_answer_in(
    place: PolicyPlace,
    evidence: &AnswerEvidence,
    role: Role,
    profile: &Profile,
) -> Vec<Diagnostic> {
    let found = match (evidence.opening, &evidence.exchange) {
        (Opening::StandIn, _) => Vec::new(),
        (Opening::Connected, Some(exchange)) => {
            OpenedAnswer { evidence, exchange, place, role, profile }.diagnose()
        }
        _ => not_opened(evidence, role).into_iter().collect(),
    };
    let identified = found.into_iter().map(|diagnostic| match diagnostic.position() {
        Some(_) => diagnostic,
        None => identify(evidence, diagnostic),
    });
    identified.collect()
}

/// Returns the diagnostic of a location to which no connection was opened.
fn not_opened(evidence: &AnswerEvidence, role: Role) -> Option<Diagnostic> {
    let endpoint = &evidence.endpoint;
    match evidence.opening {
        Opening::Refused | Opening::NotMapped | Opening::Stopped if role != Role::Master => None,
        Opening::Refused => Some(rules::master_refused(endpoint, "refuses connections")),
        Opening::NotMapped => Some(rules::master_refused(endpoint, "has no server")),
        Opening::Stopped => {
            Some(rules::master_refused(endpoint, "refuses connections: its server was stopped"))
        }
        Opening::Dropped if evidence.has_deadline => {
            let seconds = evidence.waited.as_secs_f64();
            Some(rules::master_dropped(endpoint, seconds).with_help(format!(
                "open {}/tcp in the firewall, or let it reject instead of dropping",
                endpoint.port()
            )))
        }
        Opening::Dropped => Some(rules::explicit_load_no_timeout(endpoint)),
        Opening::NameNotFound => Some(rules::dns_missing(endpoint.host())),
        Opening::BlockedPort => Some(rules::blocked_policy_port(endpoint.port())),
        Opening::Reset => Some(rules::closed_before_flush(endpoint, "reset")),
        _ => None,
    }
}

/// Returns the diagnostic with a fingerprint of the location, because not every message names it.
fn identify(evidence: &AnswerEvidence, diagnostic: Diagnostic) -> Diagnostic {
    let port = evidence.endpoint.port().to_string();
    let message = diagnostic.message().to_owned();
    diagnostic.identified_by(&[evidence.endpoint.host(), &port, &message])
}

/// The evidence of a location to which a connection was opened.
pub(super) struct OpenedAnswer<'a> {
    pub(super) evidence: &'a AnswerEvidence,
    pub(super) exchange: &'a Exchange,
    /// The place of the document, which decides whether its site-control counts.
    pub(super) place: PolicyPlace,
    pub(super) role: Role,
    pub(super) profile: &'a Profile,
}

impl OpenedAnswer<'_> {
    fn diagnose(&self) -> Vec<Diagnostic> {
        let received = self.exchange.received();
        if received.is_empty() {
            return vec![self.silence()];
        }
        if self.exchange.answer_end() == Some(AnswerEnd::TooLarge) {
            return vec![rules::policy_too_big(received.len(), self.profile.wire.answer_cap)];
        }
        if self.exchange.document() == POLICY_REQUEST.strip_suffix(b"\0").unwrap_or_default() {
            return vec![self.echo()];
        }
        let document = AnsweredDocument::of(self);
        match self.exchange.answer_end() {
            None => self.unfinished(&document),
            Some(AnswerEnd::Reset) => self.destroyed(&document),
            Some(AnswerEnd::EndOfStream) => self.closed(&document),
            Some(_) => self.ended_by_nul(&document),
        }
    }

    /// Diagnoses a connection on which nothing arrived.
    fn silence(&self) -> Diagnostic {
        let endpoint = &self.evidence.endpoint;
        match self.exchange.answer_end() {
            Some(AnswerEnd::Reset) => rules::closed_before_flush(endpoint, "reset"),
            Some(_) => rules::closed_before_flush(endpoint, "closed"),
            None => rules::accept_then_silence(endpoint.host(), endpoint.port(), self.seconds())
                .with_help(format!(
                    "let {endpoint} answer as soon as the 23 bytes `<policy-file-request/>` and \
                     NUL are there: no newline and no end of stream follows them"
                )),
        }
    }

    /// Diagnoses the request itself, sent back.
    fn echo(&self) -> Diagnostic {
        let echoed = rules::request_echoed(&self.evidence.endpoint);
        match self.role {
            Role::Master => echoed.with_help("let a policy server answer on 843"),
            _ => echoed,
        }
    }

    /// Diagnoses bytes without an end: neither a NUL, nor a close, nor a reset came in time.
    fn unfinished(&self, document: &AnsweredDocument) -> Vec<Diagnostic> {
        let endpoint = &self.evidence.endpoint;
        if document.is_of_another_kind() {
            return document.found.clone();
        }
        if pace(self.evidence) == Pace::Arriving {
            return self.still_arriving(document);
        }
        let mut found = document.found.clone();
        found.push(rules::missing_nul_open(endpoint));
        if document.is_accepted() {
            // The policy itself is fine: the missing NUL is all that the player waits for.
            found.rotate_right(1);
        }
        found
    }

    /// Diagnoses bytes that were still arriving when the client gave up. A fault of the document
    /// counts only if no later byte could remove it.
    fn still_arriving(&self, document: &AnsweredDocument) -> Vec<Diagnostic> {
        let arrived = counted(self.exchange.received().len(), "byte");
        let what = format!("{arrived} and no whole policy within {} s", self.seconds());
        let slow = rules::slow_drip(&self.evidence.endpoint, what);
        if document.is_accepted() || document.is_cut_short() {
            return vec![slow];
        }
        let mut found = document.found.clone();
        found.push(slow);
        found
    }

    /// Diagnoses bytes that a reset cut off before their NUL. Whether the rest of the policy and
    /// its NUL were sent is not known, so the document is blamed only for what no further byte
    /// could remove.
    fn destroyed(&self, document: &AnsweredDocument) -> Vec<Diagnostic> {
        let mut found = document.found.clone();
        if document.is_another_protocol() {
            return found;
        }
        let arrived = counted(self.exchange.received().len(), "byte");
        let what = format!("before a NUL ended its answer ({arrived} had arrived)");
        let reset = rules::reset_after_answer(&self.evidence.endpoint, what);
        if document.is_cut_short() {
            found[0] = reset;
        } else if document.is_accepted() {
            let help = "read all 23 bytes of the request before closing, and end the policy with \
                        a NUL byte";
            found.insert(0, reset.with_help(help));
        } else {
            found.push(reset);
        }
        found
    }

    /// Diagnoses bytes that a close ended.
    fn closed(&self, document: &AnsweredDocument) -> Vec<Diagnostic> {
        let explains_itself = document.explains_a_missing_nul();
        let mut found = document.found.clone();
        let missing_nul = rules::missing_nul_close(&self.evidence.endpoint);
        if document.is_accepted() && self.profile.wire.missing_nul == Leniency::Reject {
            found.insert(0, missing_nul.with_severity(Severity::Error));
        } else if !explains_itself {
            found.push(missing_nul);
        }
        self.add_pace(document.is_accepted(), &mut found);
        found
    }

    /// Diagnoses an answer that a NUL ended, and what followed it.
    fn ended_by_nul(&self, document: &AnsweredDocument) -> Vec<Diagnostic> {
        let mut found = document.found.clone();
        if !document.is_of_another_kind() {
            found.extend(diagnose_after_nul(self.exchange));
        }
        if self.exchange.was_reset() && !document.is_another_protocol() {
            let endpoint = &self.evidence.endpoint;
            found.push(rules::reset_after_answer(endpoint, "behind its answer"));
        }
        let length = self.exchange.document().len() + 1;
        if document.is_accepted() && length % BLOCKING_LENGTH == 0 {
            found.push(rules::response_4096_multiple(length));
        }
        self.add_pace(document.is_accepted(), &mut found);
        found
    }

    /// Adds the diagnostic of a policy that was complete only shortly before the deadline.
    fn add_pace(&self, is_accepted: bool, found: &mut Vec<Diagnostic>) {
        // A master that loadPolicyFile names has no deadline either.
        if !is_accepted || !self.evidence.has_deadline {
            return;
        }
        let budget = self.role.budget(&self.profile.timing);
        if let (Some(took), Some(budget)) = (close_to(self.evidence, budget), budget) {
            let took = Duration::new(took.as_secs(), took.subsec_millis() * 1_000_000);
            let what = format!(
                "its policy was complete after {} s, and the player waits {} s",
                took.as_secs_f64(),
                budget.as_secs_f64()
            );
            found.push(rules::slow_drip(&self.evidence.endpoint, what));
        }
    }

    /// Returns the time that the client waited, in seconds.
    fn seconds(&self) -> f64 {
        self.evidence.waited.as_secs_f64()
    }
}
