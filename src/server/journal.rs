//! [`Journal`]: what a server saw, connection by connection.
//!
//! It is plain data. [`Node`](super::Node) fills it.

use std::fmt;
use std::net::SocketAddr;

use flash_policy_core::ids;
use flash_policy_core::wire::{POLICY_REQUEST, escape};

/// A record of every connection that a server accepted, in the order in which it accepted them.
///
/// `Display` lists each connection with its bytes.
///
/// ```
/// use flash_policy_fixture::{PolicyFile, Stage};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let stage = Stage::builder()
///     .policy("game.example.com:843", PolicyFile::builder().build())
///     .start();
/// let client = stage.swf("http://www.example.com/game.swf");
/// client.connect("game.example.com", 5000).await.expect_denied();
///
/// let journal = stage.policy_server("game.example.com:843").journal();
/// assert_eq!(journal.policy_requests(), 1);
/// assert_eq!(journal.exchanges()[0].received(), b"<policy-file-request/>\0");
/// # });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    pub(super) exchanges: Vec<Exchange>,
}

impl Journal {
    /// Returns every connection, in the order in which the server accepted them.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// Returns the number of connections that began with the policy request.
    pub fn policy_requests(&self) -> usize {
        self.exchanges.iter().filter(|exchange| exchange.is_policy_request()).count()
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.exchanges.is_empty() {
            return f.write_str("no connection came\n");
        }
        for (index, exchange) in self.exchanges.iter().enumerate() {
            write!(f, "{}. {exchange}", index + 1)?;
        }
        Ok(())
    }
}

/// One connection, as the server saw it.
///
/// It keeps the first [`MAX_BYTES`](Self::MAX_BYTES) of each direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    peer: SocketAddr,
    traffic: Vec<Traffic>,
    /// The number of received bytes that may still be kept.
    received_room: usize,
    /// The number of sent bytes that may still be kept.
    sent_room: usize,
    left_out: usize,
    ended: ExchangeEnd,
}

impl Exchange {
    /// The number of bytes that the journal keeps of each direction of a connection: 1 MiB.
    pub const MAX_BYTES: usize = 1024 * 1024;

    pub(super) fn new(peer: SocketAddr) -> Self {
        Self {
            peer,
            traffic: Vec::new(),
            received_room: Self::MAX_BYTES,
            sent_room: Self::MAX_BYTES,
            left_out: 0,
            ended: ExchangeEnd::Open,
        }
    }

    /// Returns the address that the connection came from.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Returns the bytes of both directions, in order, as far as they were kept.
    pub fn traffic(&self) -> &[Traffic] {
        &self.traffic
    }

    /// Returns all bytes that the peer sent, as far as they were kept.
    pub fn received(&self) -> Vec<u8> {
        self.bytes(|traffic| matches!(traffic, Traffic::Received(_)))
    }

    /// Returns all bytes that the server sent, as far as they were kept.
    pub fn sent(&self) -> Vec<u8> {
        self.bytes(|traffic| matches!(traffic, Traffic::Sent(_)))
    }

    /// Returns the number of bytes, of both directions together, that were not kept because they
    /// came after the first [`MAX_BYTES`](Self::MAX_BYTES) of their direction.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Returns how the connection ended.
    pub fn ended(&self) -> ExchangeEnd {
        self.ended
    }

    /// Returns whether the connection began with the 23 bytes of a policy request.
    pub fn is_policy_request(&self) -> bool {
        self.received().starts_with(POLICY_REQUEST)
    }

    fn bytes(&self, is_wanted: impl Fn(&Traffic) -> bool) -> Vec<u8> {
        let wanted = self.traffic.iter().filter(|traffic| is_wanted(traffic));
        wanted
            .map(|(Traffic::Received(bytes) | Traffic::Sent(bytes))| bytes.as_slice())
            .collect::<Vec<_>>()
            .concat()
    }

    pub(super) fn add(&mut self, mut traffic: Traffic) {
        let (room, bytes) = match &mut traffic {
            Traffic::Received(bytes) => (&mut self.received_room, bytes),
            Traffic::Sent(bytes) => (&mut self.sent_room, bytes),
        };
        self.left_out += bytes.len().saturating_sub(*room);
        bytes.truncate(*room);
        *room -= bytes.len();
        if bytes.is_empty() {
            return;
        }
        match (self.traffic.last_mut(), traffic) {
            (Some(Traffic::Received(before)), Traffic::Received(bytes))
            | (Some(Traffic::Sent(before)), Traffic::Sent(bytes)) => before.extend(bytes),
            (_, traffic) => self.traffic.push(traffic),
        }
    }

    /// Records how the connection ended. Only the first call counts.
    pub(super) fn end(&mut self, ended: ExchangeEnd) {
        if self.ended == ExchangeEnd::Open {
            self.ended = ended;
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "from {}: {}", self.peer, self.ended)?;
        for traffic in &self.traffic {
            match traffic {
                Traffic::Received(bytes) => writeln!(f, "     > {}", escape(bytes))?,
                Traffic::Sent(bytes) => writeln!(f, "     < {}", escape(bytes))?,
            }
        }
        if self.left_out > 0 {
            writeln!(f, "     … {} more bytes", self.left_out)?;
        }
        Ok(())
    }
}

/// Bytes that crossed a connection in one direction, until the direction changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Traffic {
    /// Bytes that the peer sent.
    Received(Vec<u8>),
    /// Bytes that the server sent.
    Sent(Vec<u8>),
}

ids! {
    /// The end of a connection, from the server's point of view. The ids ([`ExchangeEnd::as_str`])
    /// are an interface.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum ExchangeEnd {
        /// The connection has not ended.
        Open = "open",
        /// The peer closed first.
        PeerClosed = "peer-closed",
        /// The server closed first, or was stopped.
        ServerClosed = "server-closed",
        /// One of them sent a RST.
        Reset = "reset",
    }
}
