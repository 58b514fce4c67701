//! The verdicts on the shape of an answer: what precedes it, what follows it, and how it ends.

use std::time::Duration;

use flash_policy_core::diagnostics::rules;

use super::wording::{bytes, describe_silence, duration, excerpt};
use crate::CheckId;
use crate::finding::Finding;
use crate::observation::{ConnectionEnd, Observation};

/// Judges what arrived on a connection that sent nothing.
pub(crate) fn bytes_before_the_request(observation: &Observation) -> Finding {
    if observation.is_empty() {
        return Finding::pass(format!("without a request, {}", describe_silence(observation)));
    }
    let received = observation.received();
    let (size, shown) = (bytes(received.len()), excerpt(received));
    let reason = format!("{size} arrived before anything was sent: {shown}");
    Finding::tolerated(reason, Some(&rules::UNPROMPTED_POLICY))
}

/// Judges the answer to `request` for the check `id`. The server had `closing_time` to close.
pub(crate) fn answer_shape(id: CheckId, answer: &Observation, closing_time: Duration) -> Finding {
    if answer.is_too_large() {
        return Finding::not_run("the answer was too large to wait for its end");
    }
    match id {
        CheckId::Closes => closes(answer, closing_time),
        CheckId::Resets => resets(answer),
        _ if !answer.is_policy() => Finding::not_run("the answer is not a policy"),
        CheckId::BytesAfterNul => bytes_after_nul(answer),
        CheckId::Copies => copies(answer),
        _ => answer_end(answer),
    }
}

fn answer_end(answer: &Observation) -> Finding {
    if answer.has_nul() {
        return Finding::pass("a NUL ends the answer");
    }
    match answer.end() {
        ConnectionEnd::Open => Finding::fail(
            "the answer has no end: no NUL arrived, and the server does not close",
            Some(&rules::MISSING_NUL_OPEN),
        ),
        ConnectionEnd::Rst => Finding::tolerated(
            "a reset ends the answer, not a NUL",
            Some(&rules::MISSING_NUL_CLOSE),
        ),
        _ => Finding::tolerated(
            "a close ends the answer, not a NUL",
            Some(&rules::MISSING_NUL_CLOSE),
        ),
    }
}

fn bytes_after_nul(answer: &Observation) -> Finding {
    match answer.stray_bytes() {
        0 => Finding::pass("nothing follows the first NUL"),
        stray => {
            let reason = format!("the first NUL is followed by {}", bytes(stray));
            Finding::tolerated(reason, Some(&rules::TOO_MANY_NULS))
        }
    }
}

fn copies(answer: &Observation) -> Finding {
    match answer.policies() {
        0..=1 => Finding::pass("one policy arrived"),
        count => {
            let reason = format!("{count} policies arrived on one connection");
            Finding::fail(reason, Some(&rules::POLICY_SENT_TWICE))
        }
    }
}

fn closes(answer: &Observation, closing_time: Duration) -> Finding {
    let silence = answer.observed_until().saturating_sub(answer.last_byte_at());
    let after = duration(silence);
    if !answer.is_open() {
        return Finding::pass(format!("the server closed {after} after the answer"));
    }
    if silence < closing_time / 2 {
        return Finding::not_run("bytes were still arriving when the check stopped listening");
    }
    let reason = format!("the connection was still open {after} after the answer");
    Finding::tolerated(reason, Some(&rules::LEFT_OPEN_LEAK))
}

fn resets(answer: &Observation) -> Finding {
    if answer.end() != ConnectionEnd::Rst {
        return Finding::pass("no reset arrived");
    }
    if answer.has_nul() {
        return Finding::tolerated(
            "a reset arrived after the NUL",
            Some(&rules::RESET_AFTER_ANSWER),
        );
    }
    Finding::fail("a reset arrived, and no NUL before it", Some(&rules::RESET_AFTER_ANSWER))
}
