//! The evidence of one location that was asked for its policy.

use std::time::Duration;

use crate::player::Endpoint;
use crate::wire::Exchange;

/// The evidence of one location that was asked for its policy: how the connect went, every byte
/// with its time, and how long the client waited.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_core::diagnosis::{AnswerEvidence, Opening, diagnose_answer};
/// use flash_policy_core::player::{Profile, Role};
/// use flash_policy_core::wire::{Exchange, MAX_ANSWER_BYTES};
///
/// // The text `\0` instead of the byte, and a connection that stays open.
/// let mut exchange = Exchange::new(MAX_ANSWER_BYTES);
/// exchange.record_bytes(br"<cross-domain-policy/>\0", Duration::from_millis(1));
/// let evidence = AnswerEvidence::new("game.example.com:843".parse()?, Opening::Connected)
///     .with_exchange(exchange)
///     .waited(Duration::from_secs(3));
/// let found = diagnose_answer(&evidence, Role::Master, &Profile::flash_10());
/// let ids: Vec<_> = found.iter().map(|diagnostic| diagnostic.rule().id()).collect();
/// assert_eq!(ids, ["FSP-T16", "FSP-T14"]);
/// # Ok::<(), flash_policy_core::InvalidEndpoint>(())
/// ```
#[must_use = "evidence says nothing until it is diagnosed"]
#[derive(Clone, Debug)]
pub struct AnswerEvidence {
    pub(in crate::player) endpoint: Endpoint,
    pub(in crate::player) opening: Opening,
    /// The bytes, if the connection was opened.
    pub(in crate::player) exchange: Option<Exchange>,
    /// The time at which the load started, by the clock of the exchange.
    pub(in crate::player) started: Duration,
    /// The time that the client spent on the location.
    pub(in crate::player) waited: Duration,
    /// True if the player itself sets a deadline for the location.
    pub(in crate::player) has_deadline: bool,
}

impl AnswerEvidence {
    /// Creates the evidence of a location whose connect went this way.
    pub fn new(endpoint: Endpoint, opening: Opening) -> Self {
        Self {
            endpoint,
            opening,
            exchange: None,
            started: Duration::ZERO,
            waited: Duration::ZERO,
            has_deadline: true,
        }
    }

    /// Adds what was seen on the connection. Its times count from the start of the connect.
    pub fn with_exchange(mut self, exchange: Exchange) -> Self {
        self.exchange = Some(exchange);
        self
    }

    /// Sets the time that was spent on the location, from the start of the connect. If nothing had
    /// ended the answer by then, this is the time at which the client gave up.
    pub fn waited(mut self, waited: Duration) -> Self {
        self.waited = waited;
        self
    }

    /// Returns the location.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the result of the connect.
    pub fn opening(&self) -> Opening {
        self.opening
    }

    /// Returns true if a server sent anything. What a stand-in sends does not count.
    pub(in crate::player) fn received_bytes(&self) -> bool {
        let has_bytes = |exchange: &Exchange| !exchange.received().is_empty();
        self.opening == Opening::Connected && self.exchange.as_ref().is_some_and(has_bytes)
    }

    /// Returns what was seen on the connection, if there was one.
    pub fn exchange(&self) -> Option<&Exchange> {
        self.exchange.as_ref()
    }
}

/// The result of the connect to a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opening {
    /// The connection was established.
    Connected,
    /// The connection was established to a backend that this project plays, where no policy server
    /// is declared. What such a stand-in answers says nothing about the user's server.
    StandIn,
    /// The connection was refused.
    Refused,
    /// Nothing is mapped at the location, which counts as a refusal.
    NotMapped,
    /// The server of this project that stood there was stopped or dropped. It refuses.
    Stopped,
    /// Nothing answered the SYN.
    Dropped,
    /// The connection was reset while it was being opened.
    Reset,
    /// The host's name does not resolve.
    NameNotFound,
    /// The player loads no policy from this port, so nothing was sent.
    BlockedPort,
}
