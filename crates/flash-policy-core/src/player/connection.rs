//! One TCP connection of an attempt, as the client saw it.

use super::endpoint::Endpoint;
use crate::ids;
use crate::wire::POLICY_REQUEST;

/// One TCP connection of an attempt, as the client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    endpoint: Endpoint,
    purpose: Purpose,
    pub(super) sent: usize,
    pub(super) received: Vec<u8>,
    pub(super) ended: Ended,
}

impl Connection {
    /// Creates the record of a connection that was just opened.
    pub(super) fn open(endpoint: Endpoint, purpose: Purpose) -> Self {
        Self { endpoint, purpose, sent: 0, received: Vec::new(), ended: Ended::Open }
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
        &POLICY_REQUEST[..self.sent]
    }

    /// Returns the bytes that arrived before the decision.
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// Returns the way in which the connection ended.
    pub fn ended(&self) -> Ended {
        self.ended
    }
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
