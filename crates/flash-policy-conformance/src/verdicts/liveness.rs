//! The verdicts on a server that is asked again after an act of this side.

use std::time::Duration;

use flash_policy_core::diagnostics::rules;

use super::location::Location;
use super::wording::{describe, duration};
use crate::CheckId;
use crate::finding::Finding;
use crate::observation::{ConnectionEnd, Observation};

/// Judges a check after which a correct request is no longer answered.
pub(crate) fn server_stopped_answering(answer: &Observation, location: &Location) -> Finding {
    let diagnosis = location.diagnose_again(answer);
    let mut reason = format!("after this check a correct request failed: {}", describe(answer));
    if let (ConnectionEnd::Dropped, Some(limiter)) =
        (answer.end(), diagnosis.of(&[rules::EMPTY_FIRST_CONNECTION]))
    {
        let id = limiter.rule().id();
        reason += "; if clients at other addresses are still accepted, a ban or a limiter shuts ";
        reason += &format!("this one out ({id})");
    }
    let finding = Finding::fail(reason, None).explained_by(diagnosis.first());
    finding.resting_on_silence(answer)
}

/// Judges a check after which the server needed the time `recovered_after` to answer again.
/// `failed` is the first request that was not answered.
pub(crate) fn server_recovered(
    id: CheckId,
    failed: &Observation,
    recovered_after: Duration,
    location: &Location,
) -> Finding {
    let diagnosis = location.diagnose_again(failed);
    let (description, after) = (describe(failed), duration(recovered_after));
    let reason = format!(
        "after this check a correct request failed: {description}; the server answered again \
         after {after}"
    );
    let is_busy = matches!(failed.end(), ConnectionEnd::Open | ConnectionEnd::Dropped);
    if is_busy && id.is_crowd() {
        let finding = Finding::tolerated(reason, Some(&rules::MAX_CONNECTIONS));
        return finding.resting_on(recovered_after);
    }
    let has_stopped = failed.end() == ConnectionEnd::Refused;
    let finding = if id.is_crowd() && !has_stopped {
        Finding::tolerated(reason, None)
    } else {
        Finding::fail(reason, None)
    };
    finding.explained_by(diagnosis.first()).resting_on_silence(failed)
}

/// Judges a check after which a correct request was answered, but too late for a player.
pub(crate) fn server_answered_late(id: CheckId, after: Duration) -> Finding {
    let reason =
        format!("after this check a correct request was answered only after {}", duration(after));
    let finding = if id.is_crowd() {
        Finding::tolerated(reason, Some(&rules::MAX_CONNECTIONS))
    } else {
        Finding::fail(reason, Some(&rules::ACCEPT_THEN_SILENCE))
    };
    finding.resting_on(after)
}
