//! The bytes and the end of one connection, with times that callers give. No I/O, no clock.

use std::time::Duration;

use flash_policy_core::PolicyFile;
use flash_policy_core::Profile;
use flash_policy_core::diagnostics::Diagnostic;
use flash_policy_core::player::rejection;
use flash_policy_core::wire::{AnswerEnd, AnswerReader, MAX_ANSWER_BYTES};

/// The bytes and the end of one connection. All times count from the start of its connect.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    answer: AnswerReader,
    answer_end: Option<AnswerEnd>,
    end: ConnectionEnd,
    last_byte_at: Duration,
    observed_until: Duration,
}

/// The end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionEnd {
    /// It was still open when the observation stopped.
    Open,
    Fin,
    Rst,
    /// The connect was refused.
    Refused,
    /// The connect got no answer in time.
    Dropped,
}

/// The point up to which a connection is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListenUntil {
    /// The end of an answer.
    Answer,
    /// The end of a document, for a server that never ends its answers.
    Document,
    /// The end of the connection.
    Close,
}

impl Observation {
    pub(crate) fn new() -> Self {
        Self {
            answer: AnswerReader::new(MAX_ANSWER_BYTES),
            answer_end: None,
            end: ConnectionEnd::Open,
            last_byte_at: Duration::ZERO,
            observed_until: Duration::ZERO,
        }
    }

    pub(crate) fn record_bytes(&mut self, bytes: &[u8], at: Duration) {
        self.answer_end = self.answer.receive(bytes);
        self.last_byte_at = at;
        self.observed_until = at;
    }

    pub(crate) fn record_end(&mut self, end: ConnectionEnd, at: Duration) {
        self.end = end;
        self.observed_until = at;
    }

    /// Records that nothing else arrived until `at`.
    pub(crate) fn record_silence(&mut self, at: Duration) {
        if self.is_open() {
            self.observed_until = at;
        }
    }

    /// Returns whether there is nothing left to wait for.
    pub(crate) fn has_reached(&self, until: ListenUntil) -> bool {
        let is_over = !self.is_open() || self.received().len() > 2 * MAX_ANSWER_BYTES;
        let is_answered = self.answer_end.is_some();
        match until {
            ListenUntil::Answer => is_over || is_answered,
            ListenUntil::Document => is_over || is_answered || self.ends_with_a_policy(),
            ListenUntil::Close => is_over,
        }
    }

    /// Looks for the end of a tag first, so that an incomplete document is not parsed.
    fn ends_with_a_policy(&self) -> bool {
        self.document().trim_ascii_end().ends_with(b">") && self.is_policy()
    }

    /// Returns all bytes that arrived, within bounds.
    pub(crate) fn received(&self) -> &[u8] {
        self.answer.received()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.received().is_empty()
    }

    pub(crate) fn end(&self) -> ConnectionEnd {
        self.end
    }

    pub(crate) fn is_open(&self) -> bool {
        self.end == ConnectionEnd::Open
    }

    pub(crate) fn has_nul(&self) -> bool {
        self.answer_end == Some(AnswerEnd::Nul)
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.answer_end == Some(AnswerEnd::TooLarge)
    }

    pub(crate) fn last_byte_at(&self) -> Duration {
        self.last_byte_at
    }

    /// Returns when the connection ended, or when the observation stopped.
    pub(crate) fn observed_until(&self) -> Duration {
        self.observed_until
    }

    /// Returns the document, as far as it arrived.
    pub(crate) fn document(&self) -> &[u8] {
        self.answer.document()
    }

    /// Returns whether a complete policy file arrived that a player accepts, however it ended.
    pub(crate) fn is_policy(&self) -> bool {
        !self.is_too_large() && is_policy(self.document())
    }

    /// Counts the complete policy files that arrived, with a NUL between them.
    pub(crate) fn policies(&self) -> usize {
        self.received().split(|byte| *byte == 0).filter(|part| is_policy(part)).count()
    }

    /// Counts the bytes after the first NUL that are not part of a complete policy file.
    pub(crate) fn stray_bytes(&self) -> usize {
        let mut parts = self.answer.after_nul().split(|byte| *byte == 0).peekable();
        let mut stray = 0;
        while let Some(part) = parts.next() {
            let nul = usize::from(parts.peek().is_some());
            if !is_policy(part) {
                stray += part.len() + nul;
            }
        }
        stray
    }
}

/// Returns the reason why a player accepts no policy file in these bytes.
pub(crate) fn objection(document: &[u8]) -> Option<Diagnostic> {
    match PolicyFile::parse(document) {
        Ok(policy) => rejection(&policy, &Profile::default().document),
        Err(malformed) => Some(malformed.diagnostic().clone()),
    }
}

fn is_policy(document: &[u8]) -> bool {
    !document.is_empty() && objection(document).is_none()
}
