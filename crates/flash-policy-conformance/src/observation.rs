//! The evidence of one connection, with times that callers give. No I/O, no clock.

use std::time::Duration;

use flash_policy_core::PolicyFile;
use flash_policy_core::Profile;
use flash_policy_core::diagnosis::{AnswerEvidence, Opening};
use flash_policy_core::player::{Endpoint, rejection};
use flash_policy_core::wire::{AnswerEnd, Exchange, MAX_ANSWER_BYTES};

/// The shortest pause inside an answer that is clearly one, and not the chance of scheduling.
const CLEAR_PAUSE: Duration = Duration::from_millis(3);

/// The bytes and the end of one connection. All times count from the start of its connect.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    opening: Opening,
    exchange: Exchange,
    ended_at: Option<Duration>,
    observed_until: Duration,
    was_reset_after_close: bool,
    /// The bytes that arrived after this side had left. They belong to no verdict.
    after_leaving: Vec<u8>,
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
    /// This many bytes, for a server that never ends its answers, which are no policy.
    Length(usize),
    /// The end of the connection.
    Close,
}

impl Observation {
    pub(crate) fn new() -> Self {
        Self {
            opening: Opening::Connected,
            exchange: Exchange::new(MAX_ANSWER_BYTES),
            ended_at: None,
            observed_until: Duration::ZERO,
            was_reset_after_close: false,
            after_leaving: Vec::new(),
        }
    }

    /// Returns the observation of a connect that failed in this way.
    pub(crate) fn not_opened(opening: Opening, at: Duration) -> Self {
        Self { opening, ended_at: Some(at), observed_until: at, ..Self::new() }
    }

    pub(crate) fn record_sent(&mut self, count: usize, at: Duration) {
        self.exchange.record_sent(count, at);
    }

    pub(crate) fn record_bytes(&mut self, bytes: &[u8], at: Duration) {
        self.exchange.record_bytes(bytes, at);
        self.observed_until = at;
    }

    pub(crate) fn record_fin(&mut self, at: Duration) {
        self.exchange.record_fin(at);
        self.record_end(at);
    }

    /// Records a reset. Behind a FIN it changes nothing: the stream had ended.
    pub(crate) fn record_rst(&mut self, at: Duration) {
        self.was_reset_after_close = self.end() == ConnectionEnd::Fin;
        self.exchange.record_rst(at);
        self.record_end(at);
    }

    fn record_end(&mut self, at: Duration) {
        if self.ended_at.is_none() {
            self.ended_at = Some(at);
            self.observed_until = at;
        }
    }

    /// Records that nothing else arrived until `at`.
    pub(crate) fn record_silence(&mut self, at: Duration) {
        if self.is_open() {
            self.observed_until = at;
        }
    }

    /// Records what arrived after this side had sent its FIN. Returns whether there is room for
    /// more.
    pub(crate) fn record_after_leaving(&mut self, bytes: &[u8]) -> bool {
        self.after_leaving.extend_from_slice(bytes);
        self.after_leaving.len() < 2 * MAX_ANSWER_BYTES
    }

    /// Returns whether there is nothing left to wait for.
    pub(crate) fn has_reached(&self, until: ListenUntil) -> bool {
        let is_over = !self.is_open() || self.received().len() > 2 * MAX_ANSWER_BYTES;
        let is_answered = self.exchange.answer_end().is_some();
        match until {
            ListenUntil::Answer => is_over || is_answered,
            ListenUntil::Document => is_over || is_answered || self.ends_with_a_policy(),
            ListenUntil::Length(length) => {
                is_over || is_answered || self.received().len() >= length
            }
            ListenUntil::Close => is_over,
        }
    }

    /// Looks for the end of a tag first, so that an incomplete document is not parsed.
    fn ends_with_a_policy(&self) -> bool {
        self.document().trim_ascii_end().ends_with(b">") && self.is_policy()
    }

    /// Returns the evidence for a diagnosis. The server at `endpoint` had the time `budget`: what
    /// this side waited beyond it is not the server's.
    pub(crate) fn evidence(&self, endpoint: &Endpoint, budget: Duration) -> AnswerEvidence {
        let is_given_up = self.is_open() && self.observed_until >= budget;
        let waited = if is_given_up && self.last_byte_at() <= budget {
            budget
        } else {
            Duration::from_millis(self.observed_until.as_millis() as u64)
        };
        let evidence = AnswerEvidence::new(endpoint.clone(), self.opening).waited(waited);
        match self.opening {
            Opening::Connected => evidence.with_exchange(self.exchange.clone()),
            _ => evidence,
        }
    }

    /// Returns all bytes that arrived, within bounds.
    pub(crate) fn received(&self) -> &[u8] {
        self.exchange.received()
    }

    /// Returns all bytes that arrived, also those that arrived after this side had left.
    pub(crate) fn everything(&self) -> Vec<u8> {
        [self.received(), &self.after_leaving].concat()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.received().is_empty()
    }

    pub(crate) fn end(&self) -> ConnectionEnd {
        match self.opening {
            Opening::Refused => ConnectionEnd::Refused,
            Opening::Dropped => ConnectionEnd::Dropped,
            Opening::Reset => ConnectionEnd::Rst,
            _ if self.exchange.was_reset() => ConnectionEnd::Rst,
            _ if self.exchange.has_ended() => ConnectionEnd::Fin,
            _ => ConnectionEnd::Open,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.end() == ConnectionEnd::Open
    }

    /// Returns whether a reset arrived after the server had closed.
    pub(crate) fn was_reset_after_close(&self) -> bool {
        self.was_reset_after_close
    }

    pub(crate) fn has_nul(&self) -> bool {
        self.exchange.answer_end() == Some(AnswerEnd::Nul)
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.exchange.answer_end() == Some(AnswerEnd::TooLarge)
    }

    pub(crate) fn last_byte_at(&self) -> Duration {
        self.exchange.arrivals().last().unwrap_or_default()
    }

    /// Returns when the connection ended, or when the observation stopped.
    pub(crate) fn observed_until(&self) -> Duration {
        self.observed_until
    }

    /// Returns the document, as far as it arrived.
    pub(crate) fn document(&self) -> &[u8] {
        self.exchange.document()
    }

    /// Returns whether a complete policy file arrived that a player accepts, however it ended.
    pub(crate) fn is_policy(&self) -> bool {
        !self.is_too_large() && is_policy(self.document())
    }

    /// Returns the longest pause inside the answer, if it is clearly one.
    pub(crate) fn pause_inside(&self) -> Option<Duration> {
        let arrivals: Vec<_> = self.exchange.arrivals().collect();
        let pauses = arrivals.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        pauses.max().filter(|pause| *pause >= CLEAR_PAUSE)
    }

    /// Counts the complete policy files that arrived, with a NUL between them.
    pub(crate) fn policies(&self) -> usize {
        self.received().split(|byte| *byte == 0).filter(|part| is_policy(part)).count()
    }
}

/// Returns whether a player accepts these bytes as a policy file.
fn is_policy(document: &[u8]) -> bool {
    let accepts = |policy: PolicyFile| rejection(&policy, &Profile::default().document).is_none();
    !document.is_empty() && PolicyFile::parse(document).is_ok_and(accepts)
}
