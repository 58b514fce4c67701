//! Where the answer to a policy request ends (rulebook W4-W10).

/// Collects an answer, in whatever segments it comes, until it is complete.
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
#[derive(Clone, Debug)]
pub struct AnswerReader {
    received: Vec<u8>,
    nul: Option<usize>,
    cap: usize,
}

/// Why an answer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerEnd {
    /// The first NUL came (W4). The player closes now.
    Nul,
    /// The peer closed without a NUL (W5).
    EndOfStream,
    /// The peer reset the connection before a NUL (W9).
    Reset,
    /// More than the cap came, without a NUL (W10).
    TooLarge,
}

impl AnswerReader {
    /// A reader that gives up after `cap` bytes without a NUL.
    pub fn new(cap: usize) -> Self {
        Self { received: Vec::new(), nul: None, cap }
    }

    /// Takes one segment. `Some` once the answer is complete; what comes later is kept, and changes nothing.
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

    /// The document: what came before the first NUL, or everything where there is none.
    pub fn document(&self) -> &[u8] {
        &self.received[..self.nul.unwrap_or(self.received.len())]
    }

    /// What came after the first NUL. The player ignores it (W4).
    pub fn after_nul(&self) -> &[u8] {
        self.nul.map_or(&[], |at| &self.received[at + 1..])
    }

    /// All that came.
    pub fn received(&self) -> &[u8] {
        &self.received
    }
}
