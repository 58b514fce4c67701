//! The verdicts on a server that has many clients at the same time.

use flash_policy_core::diagnostics::rules;

use super::wording::{describe, duration};
use crate::finding::Finding;
use crate::observation::Observation;

/// Judges a correct request that was sent while `clients` other clients sent nothing.
pub(crate) fn request_beside_silent_clients(answer: &Observation, clients: usize) -> Finding {
    if answer.is_policy() {
        return Finding::pass(format!("answered after {}", duration(answer.last_byte_at())));
    }
    let description = describe(answer);
    if clients == 1 {
        let reason = format!("while another client was silent, {description}");
        return Finding::fail(reason, Some(&rules::ACCEPT_THEN_SILENCE));
    }
    let reason = format!("while {clients} other clients were silent, {description}");
    Finding::fail(reason, Some(&rules::MAX_CONNECTIONS))
}

/// Judges correct requests that were sent at the same time.
pub(crate) fn requests_at_once(answers: &[Observation]) -> Finding {
    let count = answers.len();
    let Some(unanswered) = answers.iter().find(|answer| !answer.is_policy()) else {
        let slowest = answers.iter().map(Observation::last_byte_at).max().unwrap_or_default();
        let after = duration(slowest);
        return Finding::pass(format!("{count} of {count} answered, the last after {after}"));
    };
    let answered = answers.iter().filter(|answer| answer.is_policy()).count();
    let description = describe(unanswered);
    let reason = format!("{answered} of {count} answered; on another connection, {description}");
    Finding::fail(reason, Some(&rules::MAX_CONNECTIONS))
}
