//! What was heard on one connection.

use std::time::Duration;

use flash_policy_core::PolicyFile;
use flash_policy_core::Profile;
use flash_policy_core::diagnostics::Diagnostic;
use flash_policy_core::player::rejection;
use flash_policy_core::wire::{AnswerEnd, AnswerReader, MAX_ANSWER_BYTES};

/// What was heard on one connection. All times are counted from the beginning of its connect.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    answer: AnswerReader,
    complete: Option<AnswerEnd>,
    end: End,
    /// When the last byte came.
    last_byte: Duration,
    /// When it ended, or else how long it was listened to.
    until: Duration,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Not at all, as long as it was listened to.
    Open,
    Fin,
    Rst,
    /// It never stood.
    Refused,
    /// It never stood: nobody answered the SYN in time.
    Dropped,
}

/// How far a connection is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// To the end of an answer.
    Answer,
    /// To the end of a document: this server never ends an answer.
    Document,
    /// To the end of the connection.
    End,
}

impl Observation {
    pub(super) fn new() -> Self {
        Self {
            answer: AnswerReader::new(MAX_ANSWER_BYTES),
            complete: None,
            end: End::Open,
            last_byte: Duration::ZERO,
            until: Duration::ZERO,
        }
    }

    pub(super) fn receive(&mut self, bytes: &[u8], at: Duration) {
        self.complete = self.answer.receive(bytes);
        (self.last_byte, self.until) = (at, at);
    }

    pub(super) fn end(&mut self, end: End, at: Duration) {
        (self.end, self.until) = (end, at);
    }

    /// Nothing else was heard until then.
    pub(super) fn wait(&mut self, at: Duration) {
        if self.end == End::Open {
            self.until = at;
        }
    }

    pub(super) fn is_enough(&self, until: Until) -> bool {
        let is_over = self.end != End::Open || self.received().len() > 2 * MAX_ANSWER_BYTES;
        is_over
            || match until {
                Until::Answer => self.complete.is_some(),
                Until::Document => self.complete.is_some() || self.ends_a_tag() && self.is_policy(),
                Until::End => false,
            }
    }

    /// Spares the reading of a document that is not whole.
    fn ends_a_tag(&self) -> bool {
        self.answer.document().trim_ascii_end().ends_with(b">")
    }

    /// All that came, within bounds.
    pub(super) fn received(&self) -> &[u8] {
        self.answer.received()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.received().is_empty()
    }

    pub(super) fn how_it_ended(&self) -> End {
        self.end
    }

    pub(super) fn has_nul(&self) -> bool {
        self.complete == Some(AnswerEnd::Nul)
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.complete == Some(AnswerEnd::TooLarge)
    }

    pub(super) fn last_byte(&self) -> Duration {
        self.last_byte
    }

    pub(super) fn until(&self) -> Duration {
        self.until
    }

    /// The document, as far as it came.
    pub(super) fn document(&self) -> &[u8] {
        self.answer.document()
    }

    /// Whether a whole policy file came that a player accepts, however it ended.
    pub(super) fn is_policy(&self) -> bool {
        !self.is_too_large() && is_policy(self.document())
    }

    /// How many whole policy files came, one behind the NUL of the other.
    pub(super) fn policies(&self) -> usize {
        self.received().split(|byte| *byte == 0).filter(|part| is_policy(part)).count()
    }

    /// How many bytes came after the first NUL, besides whole policy files and their NULs.
    pub(super) fn stray(&self) -> usize {
        let rest = self.answer.after_nul();
        let (mut stray, mut parts) = (0, rest.split(|byte| *byte == 0).peekable());
        while let Some(part) = parts.next() {
            let nul = usize::from(parts.peek().is_some());
            stray += if is_policy(part) { 0 } else { part.len() + nul };
        }
        stray
    }
}

/// Why a player accepts no policy file in these bytes.
pub(super) fn objection(document: &[u8]) -> Option<Diagnostic> {
    match PolicyFile::parse(document) {
        Ok(policy) => rejection(&policy, &Profile::default().document),
        Err(malformed) => Some(malformed.diagnostic().clone()),
    }
}

fn is_policy(document: &[u8]) -> bool {
    !document.is_empty() && objection(document).is_none()
}
