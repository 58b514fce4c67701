//! One TCP connection of an attempt, as the client saw it.

use std::time::Duration;

use super::endpoint::Endpoint;
use crate::ids;
use crate::wire::{AnswerEnd, Exchange, POLICY_REQUEST, StampKind};

/// One TCP connection of an attempt, as the client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    endpoint: Endpoint,
    purpose: Purpose,
    exchange: Exchange,
    ended: Ended,
}

impl Connection {
    /// Creates the record of a connection that was just opened. An answer of more than `cap` bytes
    /// is too large.
    pub(super) fn open(endpoint: Endpoint, purpose: Purpose, cap: usize) -> Self {
        Self { endpoint, purpose, exchange: Exchange::new(cap), ended: Ended::Open }
    }

    /// Returns the logical endpoint that the connection went to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the purpose of the connection.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns the bytes that the player sent: the policy request, or nothing.
    pub fn sent(&self) -> &[u8] {
        &POLICY_REQUEST[..self.exchange.sent()]
    }

    /// Returns the bytes that arrived: those before the decision, and those that followed within
    /// [`TimingProfile::watch_after_answer`](super::TimingProfile::watch_after_answer).
    pub fn received(&self) -> &[u8] {
        self.exchange.received()
    }

    /// Returns the way in which the connection ended.
    pub fn ended(&self) -> Ended {
        self.ended
    }

    /// Returns the evidence of the connection: its bytes with their times, and its end.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// Returns every step, in order. Bytes that arrived at the same time are one step, whatever
    /// segments they came in.
    pub fn transcript(&self) -> impl Iterator<Item = TranscriptEntry<'_>> {
        let mut sent = self.sent();
        let mut received = self.received();
        self.exchange.steps().iter().map(move |stamp| {
            let step = match stamp.kind {
                StampKind::Sent(count) => TranscriptStep::Sent(split_off(&mut sent, count)),
                StampKind::Received(count) => {
                    TranscriptStep::Received(split_off(&mut received, count))
                }
                StampKind::Fin => TranscriptStep::Fin,
                StampKind::Rst => TranscriptStep::Rst,
            };
            TranscriptEntry { at: stamp.at, step }
        })
    }

    pub(super) fn has_sent(&mut self, count: usize, at: Duration) {
        self.exchange.record_sent(count, at);
    }

    /// Records bytes that arrived. Returns the end of the answer once it is complete.
    pub(super) fn has_received(&mut self, bytes: &[u8], at: Duration) -> Option<AnswerEnd> {
        self.exchange.record_bytes(bytes, at)
    }

    /// Records how the connection ended. A reset behind the peer's FIN changes nothing, because the
    /// stream had ended.
    pub(super) fn has_ended(&mut self, ended: Ended, at: Duration) {
        match ended {
            Ended::PeerClosed => self.exchange.record_fin(at),
            Ended::Reset => self.exchange.record_rst(at),
            _ => {}
        }
        if self.ended != Ended::PeerClosed {
            self.ended = ended;
        }
    }
}

/// Takes the first `count` bytes off a slice.
fn split_off<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (first, rest) = bytes.split_at(count.min(bytes.len()));
    *bytes = rest;
    first
}

/// One step of a connection, with the player's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TranscriptEntry<'a> {
    /// The player's time, counted from `connect()`.
    pub at: Duration,
    /// The step.
    pub step: TranscriptStep<'a>,
}

/// A step of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranscriptStep<'a> {
    /// The player sent these bytes.
    Sent(&'a [u8]),
    /// These bytes arrived, in one segment or several.
    Received(&'a [u8]),
    /// The peer closed its side.
    Fin,
    /// The peer reset the connection.
    Rst,
}

/// The purpose of a connection. A policy connection never carries the SWF's data (rulebook W8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The policy request and its answer.
    Policy,
    /// The SWF's own data.
    Payload,
}

ids! {
    /// The end of a connection. The ids ([`Ended::as_str`]) are stable.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Ended {
        /// The peer sent a FIN.
        PeerClosed = "peer-closed",
        /// The client closed first.
        ClientClosed = "client-closed",
        /// The peer sent a RST.
        Reset = "reset",
        /// The player's deadline passed first.
        Deadline = "deadline",
        /// The connection was still open at the decision.
        Open = "open",
    }
}
