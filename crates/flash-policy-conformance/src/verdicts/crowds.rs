//! The verdicts on a server that has many clients at the same time.

use flash_policy_core::diagnostics::rules;

use super::wording::{describe, duration};
use crate::CheckId;
use crate::finding::Finding;
use crate::observation::{ConnectionEnd, Observation};
use crate::reference::Reference;

/// Judges a correct request that was sent while `clients` other clients were silent.
pub(crate) fn request_beside_silent_clients(
    id: CheckId,
    answer: &Observation,
    clients: usize,
    reference: &Reference,
) -> Finding {
    if reference.is_answered_by(answer) {
        return Finding::pass(format!("answered after {}", duration(answer.last_byte_at())));
    }
    let description = describe(answer);
    let (beside, rule) = match id {
        CheckId::Idle => ("another client was silent".to_owned(), &rules::ACCEPT_THEN_SILENCE),
        CheckId::HalfSent => {
            let beside = format!("{clients} other clients had sent half a request");
            (beside, &rules::ACCEPT_THEN_SILENCE)
        }
        _ => (format!("{clients} other clients were silent"), &rules::MAX_CONNECTIONS),
    };
    let limiter = limiter(answer);
    let reason = format!("while {beside}, {description}{limiter}");
    Finding::fail(reason, Some(rule)).resting_on(answer.observed_until())
}

/// Returns the other explanation of a connection that the server ended without a byte.
fn limiter(answer: &Observation) -> String {
    let is_shut_out =
        answer.is_empty() && matches!(answer.end(), ConnectionEnd::Fin | ConnectionEnd::Rst);
    if is_shut_out {
        let id = rules::EMPTY_FIRST_CONNECTION.id();
        format!("; a limit on connections may have counted these ({id})")
    } else {
        String::new()
    }
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
    let (description, limiter) = (describe(unanswered), limiter(unanswered));
    let reason =
        format!("{answered} of {count} answered; on another connection, {description}{limiter}");
    let finding = Finding::fail(reason, Some(&rules::MAX_CONNECTIONS));
    finding.resting_on(unanswered.observed_until())
}

/// Judges connections that were opened and closed at once.
pub(crate) fn connections_dropped(opened: usize, wanted: usize) -> Finding {
    if opened == wanted {
        return Finding::pass(format!("{opened} connections were opened and closed"));
    }
    Finding::pass(format!("{opened} of {wanted} connections were accepted, and closed"))
}
