//! The verdicts on checks that are one conversation.

use flash_policy_core::diagnostics::rules;

use super::location::Location;
use super::wording::{describe, duration, excerpt};
use crate::check_id::Expectation;
use crate::finding::Finding;
use crate::observation::Observation;
use crate::reference::Reference;

/// A conversation that is over.
pub(crate) struct Conversed<'a> {
    pub(crate) observation: &'a Observation,
    pub(crate) reference: &'a Reference,
    /// Whether the server sends its answer before any request, so that an answer proves nothing.
    pub(crate) speaks_first: bool,
}

impl Conversed<'_> {
    /// Judges the conversation by what was expected of it.
    pub(crate) fn judge(&self, expectation: Expectation, sent: &[u8]) -> Finding {
        if self.reference.is_answered_by(self.observation) {
            self.answered(expectation, sent)
        } else {
            self.not_answered(expectation)
        }
    }

    fn answered(&self, expectation: Expectation, sent: &[u8]) -> Finding {
        match expectation {
            Expectation::Policy(_) | Expectation::PolicyPreferred(_) => {
                let after = duration(self.observation.last_byte_at());
                Finding::pass(format!("answered after {after}"))
            }
            Expectation::NoPolicy | Expectation::Either if self.speaks_first => {
                Finding::pass("the server sends its answer before any request")
            }
            Expectation::NoPolicy if self.reference.is_foreign() => {
                Finding::pass(format!("no policy: {}", describe(self.observation)))
            }
            Expectation::NoPolicy => {
                let what = if self.reference.is_policy() { "a policy" } else { "the same answer" };
                let reason = format!("{what} arrived for {}", excerpt(sent));
                Finding::tolerated(reason, Some(&rules::BYTE_BY_BYTE_FIRST_CHAR))
            }
            Expectation::Either => Finding::pass("answered; no player sends this"),
        }
    }

    fn not_answered(&self, expectation: Expectation) -> Finding {
        let description = describe(self.observation);
        let wait = self.observation.observed_until();
        match expectation {
            Expectation::Policy(rule) => Finding::fail(description, rule).resting_on(wait),
            Expectation::PolicyPreferred(rule) => {
                let reason = format!("{description}; no player sends this");
                Finding::tolerated(reason, rule).resting_on(wait)
            }
            Expectation::NoPolicy => Finding::pass(format!("no policy: {description}"))
                .resting_on_silence(self.observation),
            Expectation::Either => Finding::pass("not answered; no player sends this"),
        }
    }
}

/// Judges a conversation in which two requests in one segment got more than one policy.
pub(crate) fn answered_twice(observation: &Observation, location: &Location) -> Option<Finding> {
    let copies = location.diagnose(observation);
    let copies = copies.of(&[rules::POLICY_SENT_TWICE])?;
    Some(Finding::tolerated(copies.message(), None).explained_by(Some(copies)))
}

/// Judges a conversation in which one request in several segments got more than one policy.
pub(crate) fn answered_at_each_part(
    observation: &Observation,
    location: &Location,
) -> Option<Finding> {
    let copies = location.diagnose(observation);
    let copies = copies.of(&[rules::POLICY_SENT_TWICE])?;
    let reason = format!("{}: the server answers each part of a request", copies.message());
    Some(Finding::fail(reason, None).explained_by(Some(copies)))
}
