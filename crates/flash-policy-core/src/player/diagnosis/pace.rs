//! Tells a slow answer from one that came at once and was never finished.

use std::time::Duration;

use super::evidence::AnswerEvidence;

/// The pace at which the bytes of an answer without an end arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The bytes came, and then nothing more for long: waiting longer would not help.
    Finished,
    /// Bytes were still arriving when the client gave up.
    Arriving,
}

/// Returns the pace of an answer that had no end when the client gave up.
///
/// It was still arriving if the silence at the end is not clearly longer than the longest pause
/// between its bytes, or if its last byte came in the last quarter of the wait.
pub(super) fn pace(evidence: &AnswerEvidence) -> Pace {
    let Some(exchange) = &evidence.exchange else {
        return Pace::Finished;
    };
    let arrivals: Vec<_> = exchange.arrivals().collect();
    let Some(last) = arrivals.last() else {
        return Pace::Finished;
    };
    let gave_up = evidence.started.saturating_add(evidence.waited);
    let silence = gave_up.saturating_sub(*last);
    let pauses = arrivals.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    let longest = pauses.max().unwrap_or_default();
    let came_late = silence < evidence.waited / 4;
    if came_late || silence < longest * 3 / 2 { Pace::Arriving } else { Pace::Finished }
}

/// Returns the time that a complete answer took if it was close to the deadline: more than half of
/// `budget`. Such a policy comes too late on a slower network.
pub(super) fn close_to(evidence: &AnswerEvidence, budget: Option<Duration>) -> Option<Duration> {
    let last = evidence.exchange.as_ref()?.arrivals().last()?;
    let took = last.saturating_sub(evidence.started);
    (took > budget? / 2).then_some(took)
}
