//! The verdicts on the shape of an answer: what precedes it, what follows it, and how it ends.

use std::time::Duration;

use flash_policy_core::diagnostics::{Rule, rules};

use super::location::{Diagnosis, Location};
use super::wording::{bytes, describe_silence, duration, excerpt};
use crate::CheckId;
use crate::finding::Finding;
use crate::observation::{ConnectionEnd, Observation};

/// The least number of answers in parts that are no chance.
const MIN_ANSWERS_IN_PARTS: usize = 3;

/// Answers in another protocol.
const OTHER_PROTOCOL: [Rule; 4] = [
    rules::HTTP_PROXY_EATS_REQUEST,
    rules::HTTP_SERVER_ON_843,
    rules::TLS_ON_POLICY_PORT,
    rules::REQUEST_ECHOED,
];

/// Answers whose first NUL is not an end.
const OTHER_FRAMING: [Rule; 2] = [rules::LENGTH_PREFIX, rules::UTF16];

/// Returns whether an answer is of another protocol.
pub(crate) fn is_foreign(answer: &Observation, location: &Location) -> bool {
    location.diagnose(answer).of(&OTHER_PROTOCOL).is_some()
}

/// Judges what arrived on a connection that sent nothing.
pub(crate) fn bytes_before_the_request(observation: &Observation) -> Finding {
    if observation.is_empty() {
        let reason = format!("without a request, {}", describe_silence(observation));
        return Finding::pass(reason).resting_on_silence(observation);
    }
    let received = observation.received();
    let (size, shown) = (bytes(received.len()), excerpt(received));
    let reason = format!("{size} arrived before anything was sent: {shown}");
    Finding::tolerated(reason, Some(&rules::UNPROMPTED_POLICY))
}

/// The answer to `request`, with all that followed it.
pub(crate) struct AnswerShape<'a> {
    pub(crate) answer: &'a Observation,
    /// An answer to the same request that a reset ended, if the first was reset after its close.
    pub(crate) reset: Option<&'a Observation>,
    pub(crate) location: &'a Location,
    /// The time that the server had to close.
    pub(crate) closing_time: Duration,
}

impl AnswerShape<'_> {
    /// Judges the answer for the check `id`.
    pub(crate) fn judge(&self, id: CheckId) -> Finding {
        if self.answer.is_too_large() {
            return Finding::not_run("the answer was too large to wait for its end");
        }
        let diagnosis = self.location.diagnose(self.answer);
        match id {
            CheckId::Closes => self.closes(),
            CheckId::Resets => self.resets(),
            _ if diagnosis.of(&OTHER_PROTOCOL).or(diagnosis.of(&OTHER_FRAMING)).is_some() => {
                Finding::not_run("the answer is not a policy")
            }
            CheckId::BytesAfterNul => self.bytes_after_nul(&diagnosis),
            CheckId::Copies => copies(&diagnosis),
            _ => self.answer_end(&diagnosis),
        }
    }

    fn answer_end(&self, diagnosis: &Diagnosis) -> Finding {
        if self.answer.has_nul() {
            return Finding::pass("a NUL ends the answer");
        }
        let ends = [rules::MISSING_NUL_OPEN, rules::MISSING_NUL_CLOSE];
        let diagnostic = diagnosis.of(&ends);
        let finding = match (self.answer.end(), diagnostic) {
            (ConnectionEnd::Open, Some(_)) => Finding::fail(
                "the answer has no end: no NUL arrived, and the server does not close",
                None,
            ),
            (ConnectionEnd::Open, None) => {
                Finding::not_run("the answer was not complete when the check stopped listening")
            }
            // The diagnosis leaves open whether a reset took the NUL with it.
            (ConnectionEnd::Rst, None) if self.answer.is_policy() => {
                let rule = Some(&rules::MISSING_NUL_CLOSE);
                return Finding::tolerated("a reset ends the answer, not a NUL", rule);
            }
            (_, None) => Finding::not_run("no NUL arrived, because the document is not complete"),
            _ => Finding::tolerated("a close ends the answer, not a NUL", None),
        };
        finding.explained_by(diagnostic).resting_on_silence(self.answer)
    }

    fn bytes_after_nul(&self, diagnosis: &Diagnosis) -> Finding {
        match diagnosis.of(&[rules::TOO_MANY_NULS]) {
            None if self.answer.has_nul() => Finding::pass("nothing follows the first NUL"),
            None => Finding::pass("no NUL arrived, and nothing behind one"),
            Some(found) => Finding::tolerated(found.message(), None).explained_by(Some(found)),
        }
    }

    fn closes(&self) -> Finding {
        let answer = self.answer;
        let silence = answer.observed_until().saturating_sub(answer.last_byte_at());
        let after = duration(silence);
        if !answer.is_open() {
            return Finding::pass(format!("the server closed {after} after the answer"));
        }
        if silence < self.closing_time / 2 {
            return Finding::not_run("bytes were still arriving when the check stopped listening");
        }
        let reason = format!("the connection was still open {after} after the answer");
        Finding::tolerated(reason, Some(&rules::LEFT_OPEN_LEAK)).resting_on(silence)
    }

    fn resets(&self) -> Finding {
        let answer = self.reset.unwrap_or(self.answer);
        let diagnosis = self.location.diagnose(answer);
        if answer.end() != ConnectionEnd::Rst {
            let reason = if answer.was_reset_after_close() {
                "a reset arrived only after the server had closed, which changes nothing"
            } else {
                "no reset arrived"
            };
            return Finding::pass(reason);
        }
        let finding = if answer.has_nul() {
            Finding::tolerated("a reset arrived after the NUL", None)
        } else {
            Finding::fail("a reset arrived, and no NUL before it", None)
        };
        finding.explained_by(diagnosis.of(&[rules::RESET_AFTER_ANSWER]))
    }
}

/// Judges whether answers arrived in one piece, by the longest pause inside each of them.
///
/// One pause may be chance. So a few answers must have one, and most of them.
pub(crate) fn pieces(pauses: &[Option<Duration>]) -> Finding {
    let (count, in_parts) = (pauses.len(), pauses.iter().flatten().count());
    if in_parts < MIN_ANSWERS_IN_PARTS || in_parts * 2 < count {
        return Finding::pass(format!("{} of {count} answers arrived at once", count - in_parts));
    }
    let longest = duration(pauses.iter().flatten().max().copied().unwrap_or_default());
    let reason = format!(
        "{in_parts} of {count} answers arrived in parts, with pauses of up to {longest}; players \
         cope with it"
    );
    Finding::tolerated(reason, Some(&rules::RESPONSE_FRAGMENTED))
}

fn copies(diagnosis: &Diagnosis) -> Finding {
    match diagnosis.of(&[rules::POLICY_SENT_TWICE]) {
        None => Finding::pass("one answer arrived"),
        Some(found) => Finding::fail(found.message(), None).explained_by(Some(found)),
    }
}
