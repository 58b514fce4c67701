//! The verdicts on a server that has many clients at the same time.

use flash_policy_core::diagnostics::rules;

use super::wording::{describe, duration};
use crate::finding::Finding;
use crate::observation::Observation;
use crate::reference::Reference;

/// Judges a correct request that was sent while `clients` other clients sent nothing.
pub(crate) fn request_beside_silent_clients(
    answer: &Observation,
    clients: usize,
    reference: &Reference,
) -> Finding {
    if reference.is_answered_by(answer) {
        return Finding::pass(format!("answered after {}", duration(answer.last_byte_at())));
    }
    let description = describe(answer);
    if clients == 1 {
        let reason = format!("while another client was silent, {description}");
        return Finding::fail(reason, Some(&rules::ACCEPT_THEN_SILENCE)).resting_on_time(true);
    }
    let reason = format!("while {clients} other clients were silent, {description}");
    Finding::fail(reason, Some(&rules::MAX_CONNECTIONS)).resting_on_time(true)
}

/// Judges correct requests that were sent at the same time.
pub(crate) fn requests_at_once(answers: &[Observation], reference: &Reference) -> Finding {
    let count = answers.len();
    let Some(unanswered) = answers.iter().find(|answer| !reference.is_answered_by(answer)) else {
        let slowest = answers.iter().map(Observation::last_byte_at).max().unwrap_or_default();
        let after = duration(slowest);
        return Finding::pass(format!("{count} of {count} answered, the last after {after}"));
    };
    let answered = answers.iter().filter(|answer| reference.is_answered_by(answer)).count();
    let description = describe(unanswered);
    let reason = format!("{answered} of {count} answered; on another connection, {description}");
    Finding::fail(reason, Some(&rules::MAX_CONNECTIONS)).resting_on_time(true)
}

/// Judges connections that were opened and closed at once.
pub(crate) fn connections_dropped(opened: usize, wanted: usize) -> Finding {
    if opened == wanted {
        return Finding::pass(format!("{opened} connections were opened and closed"));
    }
    Finding::pass(format!("{opened} of {wanted} connections were accepted, and closed"))
}
