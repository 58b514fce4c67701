//! The first answer of the server, against which all later answers are measured.

use crate::observation::Observation;

/// The number of bytes at which two answers that are no policy must be alike.
const HEAD_BYTES: usize = 32;

/// The first answer to a correct request.
///
/// A server is *answering* if it does what it did then. So a fault of its document, which every
/// answer has, hides no other fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reference {
    first: Vec<u8>,
    is_policy: bool,
    is_foreign: bool,
}

impl Reference {
    /// Takes the first answer. `is_foreign` says that it is of another protocol.
    pub(crate) fn new(first: &Observation, is_foreign: bool) -> Self {
        let bytes = if first.document().is_empty() { first.received() } else { first.document() };
        Self { first: bytes.to_vec(), is_policy: first.is_policy(), is_foreign }
    }

    /// Returns whether the first answer was a policy that players accept.
    pub(crate) fn is_policy(&self) -> bool {
        self.is_policy
    }

    /// Returns whether the first answer was of another protocol, so that no answer is a policy.
    pub(crate) fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    /// Returns the number of bytes of the first answer, without its end.
    pub(crate) fn length(&self) -> usize {
        self.first.len()
    }

    /// Returns whether the server answered: with a policy, or as it did the first time.
    pub(crate) fn is_answered_by(&self, observation: &Observation) -> bool {
        if observation.is_policy() {
            return true;
        }
        let document = observation.document();
        let answer = if document.is_empty() { observation.received() } else { document };
        !self.is_policy && self.is_like(answer)
    }

    /// Returns whether an answer stands in one of the frames, which NULs end.
    pub(crate) fn is_answered_within(&self, observation: &Observation) -> bool {
        let mut frames = observation.received().split(|byte| *byte == 0);
        self.is_answered_by(observation)
            || observation.policies() > 0
            || (!self.is_policy && frames.any(|frame| self.is_like(frame)))
    }

    fn is_like(&self, answer: &[u8]) -> bool {
        if self.is_foreign && self.first.starts_with(b"HTTP/") {
            return answer.starts_with(b"HTTP/");
        }
        let head = self.first.len().min(HEAD_BYTES);
        head > 0 && answer.starts_with(&self.first[..head]) && answer.len() >= self.first.len() / 2
    }
}
