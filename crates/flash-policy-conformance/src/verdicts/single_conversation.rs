//! The verdicts on checks that are one conversation.

use flash_policy_core::diagnostics::rules;

use super::wording::{describe, duration, excerpt};
use crate::check_id::Expectation;
use crate::finding::Finding;
use crate::observation::Observation;

/// Judges a conversation by what was expected of it. `speaks_first` says that the server sends its
/// policy before any request, so that a policy proves nothing.
pub(crate) fn single_conversation(
    expectation: Expectation,
    observation: &Observation,
    speaks_first: bool,
    sent: &[u8],
) -> Finding {
    if observation.is_policy() {
        policy_arrived(expectation, observation, speaks_first, sent)
    } else {
        no_policy_arrived(expectation, observation)
    }
}

fn policy_arrived(
    expectation: Expectation,
    observation: &Observation,
    speaks_first: bool,
    sent: &[u8],
) -> Finding {
    match expectation {
        Expectation::Policy(_) | Expectation::PolicyPreferred(_) => {
            Finding::pass(format!("answered after {}", duration(observation.last_byte_at())))
        }
        Expectation::NoPolicy | Expectation::Either if speaks_first => {
            Finding::pass("the server sends its policy before any request")
        }
        Expectation::NoPolicy => {
            let reason = format!("a policy arrived for {}", excerpt(sent));
            Finding::tolerated(reason, Some(&rules::BYTE_BY_BYTE_FIRST_CHAR))
        }
        Expectation::Either => Finding::pass("answered; no player sends this"),
    }
}

fn no_policy_arrived(expectation: Expectation, observation: &Observation) -> Finding {
    let description = describe(observation);
    match expectation {
        Expectation::Policy(rule) => Finding::fail(description, rule),
        Expectation::PolicyPreferred(rule) => {
            Finding::tolerated(format!("{description}; no player sends this"), rule)
        }
        Expectation::NoPolicy => Finding::pass(format!("no policy: {description}")),
        Expectation::Either => Finding::pass("not answered; no player sends this"),
    }
}

/// Judges a conversation in which two requests in one segment got more than one policy.
pub(crate) fn answered_twice(observation: &Observation) -> Finding {
    let reason = format!("{} policies arrived on one connection", observation.policies());
    Finding::tolerated(reason, Some(&rules::POLICY_SENT_TWICE))
}
