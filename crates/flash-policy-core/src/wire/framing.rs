//! Finds the end of the answer to a policy request (rulebook W4-W10). Does not parse the document.

/// A reader that collects an answer, segmented in any way, until it is complete.
///
/// ```
/// use flash_policy_core::wire::{AnswerEnd, AnswerReader};
///
/// let mut answer = AnswerReader::new(64 * 1024);
/// assert_eq!(answer.receive(b"<cross-domain-"), None);
/// assert_eq!(answer.receive(b"policy/>\0and more"), Some(AnswerEnd::Nul));
/// assert_eq!(answer.document(), b"<cross-domain-policy/>");
/// assert_eq!(answer.after_nul(), b"and more");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerReader {
    received: Vec<u8>,
    nul: Option<usize>,
    cap: usize,
}

impl AnswerReader {
    /// Creates a reader that gives up after `cap` bytes without a NUL.
    pub fn new(cap: usize) -> Self {
        Self { received: Vec::new(), nul: None, cap }
    }

    /// Takes one segment. Returns the end of the answer once it is complete. Later bytes are kept
    /// but change nothing.
    pub fn receive(&mut self, bytes: &[u8]) -> Option<AnswerEnd> {
        let before = self.received.len();
        self.received.extend_from_slice(bytes);
        if self.nul.is_none() {
            self.nul = bytes.iter().position(|&byte| byte == 0).map(|at| before + at);
        }
        match self.nul {
            Some(at) if at <= self.cap => Some(AnswerEnd::Nul),
            None if self.received.len() <= self.cap => None,
            _ => Some(AnswerEnd::TooLarge),
        }
    }

    /// Returns the document: the bytes before the first NUL, or all bytes if there is no NUL.
    pub fn document(&self) -> &[u8] {
        &self.received[..self.nul.unwrap_or(self.received.len())]
    }

    /// Returns the bytes after the first NUL, which the player ignores (W4).
    pub fn after_nul(&self) -> &[u8] {
        self.nul.map_or(&[], |at| &self.received[at + 1..])
    }

    /// Returns all bytes that arrived.
    pub fn received(&self) -> &[u8] {
        &self.received
    }
}

/// The reason why an answer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerEnd {
    /// The first NUL arrived (W4). The player closes now.
    Nul,
    /// The peer closed without a NUL (W5).
    EndOfStream,
    /// The peer reset the connection before a NUL (W9).
    Reset,
    /// More bytes than the cap arrived without a NUL (W10).
    TooLarge,
}
