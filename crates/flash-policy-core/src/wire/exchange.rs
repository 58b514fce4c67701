//! The evidence of one connection: what was sent, what arrived and when, and how it ended. Judges
//! nothing.

use std::time::Duration;

use super::{AnswerEnd, AnswerReader};

/// The evidence of one connection to a policy server: every byte with the time at which it
/// arrived, and the way in which the peer ended, in order.
///
/// The recorder chooses the clock: all times count from one point.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_core::wire::{AnswerEnd, Exchange};
///
/// let mut exchange = Exchange::new(64 * 1024);
/// exchange.record_bytes(b"<cross-domain-policy/>", Duration::from_millis(2));
/// assert_eq!(exchange.answer_end(), None);
/// exchange.record_fin(Duration::from_millis(3));
/// assert_eq!(exchange.answer_end(), Some(AnswerEnd::EndOfStream));
/// // The stream had ended, so a reset behind the FIN is no reset of the answer.
/// exchange.record_rst(Duration::from_millis(4));
/// assert!(!exchange.was_reset());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    reader: AnswerReader,
    answer_end: Option<AnswerEnd>,
    steps: Vec<Stamp>,
}

impl Exchange {
    /// Starts the record of a connection. An answer of more than `cap` bytes is too large.
    pub fn new(cap: usize) -> Self {
        Self { reader: AnswerReader::new(cap), answer_end: None, steps: Vec::new() }
    }

    /// Records that this side sent `count` bytes.
    pub fn record_sent(&mut self, count: usize, at: Duration) {
        self.steps.push(Stamp { at, kind: StampKind::Sent(count) });
    }

    /// Records bytes that arrived. Bytes with the same time are one step, whatever segments they
    /// came in. Returns the end of the answer once it is complete.
    pub fn record_bytes(&mut self, bytes: &[u8], at: Duration) -> Option<AnswerEnd> {
        if bytes.is_empty() {
            return self.answer_end;
        }
        match self.steps.last_mut() {
            Some(Stamp { at: last, kind: StampKind::Received(count) }) if *last == at => {
                *count += bytes.len();
            }
            _ => self.steps.push(Stamp { at, kind: StampKind::Received(bytes.len()) }),
        }
        let end = self.reader.receive(bytes);
        if self.answer_end.is_none() {
            self.answer_end = end;
        }
        self.answer_end
    }

    /// Records that the peer closed its side.
    pub fn record_fin(&mut self, at: Duration) {
        self.steps.push(Stamp { at, kind: StampKind::Fin });
        self.answer_end.get_or_insert(AnswerEnd::EndOfStream);
    }

    /// Records that the peer reset the connection.
    pub fn record_rst(&mut self, at: Duration) {
        self.steps.push(Stamp { at, kind: StampKind::Rst });
        self.answer_end.get_or_insert(AnswerEnd::Reset);
    }

    /// Returns all bytes that arrived.
    pub fn received(&self) -> &[u8] {
        self.reader.received()
    }

    /// Returns the document: the bytes before the first NUL, or all bytes if there is no NUL.
    pub fn document(&self) -> &[u8] {
        self.reader.document()
    }

    /// Returns the bytes after the first NUL, which the player ignores (rulebook W4).
    pub fn after_nul(&self) -> &[u8] {
        self.reader.after_nul()
    }

    /// Returns what ended the answer first, or `None` if nothing has.
    pub fn answer_end(&self) -> Option<AnswerEnd> {
        self.answer_end
    }

    /// Returns true if the peer has closed or reset the connection.
    pub fn has_ended(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.kind, StampKind::Fin | StampKind::Rst))
    }

    /// Returns true if the peer reset the connection before it had closed its side.
    pub fn was_reset(&self) -> bool {
        let mut ends = self.steps.iter().map(|step| step.kind);
        ends.find(|kind| matches!(kind, StampKind::Fin | StampKind::Rst)) == Some(StampKind::Rst)
    }

    /// Returns the times at which bytes arrived, in order.
    pub fn arrivals(&self) -> impl Iterator<Item = Duration> {
        let received = |step: &&Stamp| matches!(step.kind, StampKind::Received(_));
        self.steps.iter().filter(received).map(|step| step.at)
    }

    pub(crate) fn steps(&self) -> &[Stamp] {
        &self.steps
    }

    /// Returns the number of bytes that this side sent.
    pub fn sent(&self) -> usize {
        let sent = self.steps.iter().map(|step| match step.kind {
            StampKind::Sent(count) => count,
            _ => 0,
        });
        sent.sum()
    }
}

/// A step with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) at: Duration,
    pub(crate) kind: StampKind,
}

/// A step. Bytes are kept by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StampKind {
    Sent(usize),
    Received(usize),
    Fin,
    Rst,
}
