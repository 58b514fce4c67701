//! The verdict on the answer to a correct request (rulebook W4-W10).

use flash_policy_core::diagnostics::rules;

use super::location::Location;
use super::wording::{bytes, describe, describe_silence, duration};
use crate::CheckId;
use crate::finding::Finding;
use crate::observation::Observation;

/// Judges what arrived for a correct request within the budget. `complete` also has what arrived
/// later.
pub(crate) fn first_answer(
    observation: &Observation,
    complete: &Observation,
    location: &Location,
) -> Finding {
    if observation.is_policy() {
        return policy_arrived(observation);
    }
    let (within_budget, later) = (location.diagnose(observation), location.diagnose(complete));
    let late = if observation.is_open() { later.of(&[rules::SLOW_DRIP]) } else { None };
    let diagnostic = late.or(within_budget.first());
    let reason = match diagnostic {
        Some(diagnostic) if !observation.is_empty() => {
            format!("{}; {}", diagnostic.message(), describe(observation))
        }
        _ => describe(observation),
    };
    let finding = Finding::fail(reason, None).explained_by(diagnostic);
    if observation.is_too_large() { finding } else { finding.resting_on_silence(observation) }
}

fn policy_arrived(observation: &Observation) -> Finding {
    let size = bytes(observation.document().len());
    let after = duration(observation.last_byte_at());
    let has_no_end = !observation.has_nul() && observation.is_open();
    let end = if has_no_end { ", but neither a NUL nor a close" } else { "" };
    Finding::pass(format!("a policy of {size} arrived after {after}{end}"))
}

/// Judges a server that sent nothing for a correct request, by what it sent for a ClientHello.
/// Returns `None` if that was not TLS.
pub(crate) fn tls_answered(
    hello: &Observation,
    silent: &Observation,
    location: &Location,
) -> Option<Finding> {
    let diagnosis = location.diagnose(hello);
    let tls = diagnosis.of(&[rules::TLS_ON_POLICY_PORT])?;
    let silence = describe_silence(silent);
    let reason =
        format!("for the correct request, {silence}; a TLS ClientHello got a TLS record in answer");
    Some(Finding::fail(reason, None).explained_by(Some(tls)))
}

/// Judges a server that answers `spelling` but not the correct request.
pub(crate) fn only_other_spelling_answered(spelling: CheckId, silent: &Observation) -> Finding {
    let (answered, rule) = match spelling {
        CheckId::Spaced => ("`<policy-file-request />`", &rules::REQUEST_VARIANT),
        CheckId::UpperCase => ("`<POLICY-FILE-REQUEST/>`", &rules::REQUEST_VARIANT),
        _ => ("a request with CR LF behind it", &rules::CASE_LINE_DELIMITER),
    };
    let silence = describe_silence(silent);
    let reason = format!("the server answers only {answered}; for the correct request, {silence}");
    Finding::fail(reason, Some(rule))
}
