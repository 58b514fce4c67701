//! The trait by which a server of this crate says what it is going to do.
//!
//! The client asks it instead of waiting, so that the player's clock can jump.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use flash_policy_core::wire::{EndpointState, Stamped};
use tokio::sync::{mpsc, oneshot};

/// An endpoint that knows in advance what it is going to do.
pub(crate) trait Declared: fmt::Debug + Send + Sync {
    /// Returns what happens to a new connection at this moment.
    fn state(&self) -> EndpointState;

    /// Returns how far the journal has got.
    ///
    /// A client takes the mark before it connects. Its local address may have been used before by
    /// another client, and the mark tells the two connections apart.
    fn mark(&self) -> JournalMark;

    /// Returns whether the endpoint answers a policy request and closes without a pause. The client
    /// then simply reads, and need not ask for the script.
    fn is_prompt(&self) -> bool;

    /// Returns whether the endpoint has a backend alone, which takes a policy request for bytes of
    /// its own protocol.
    fn is_backend_only(&self) -> bool;

    /// Returns whether the server was stopped or dropped, so that it will never listen again.
    fn is_stopped(&self) -> bool;

    /// Announces a connection from `local` before it is made. The server then plays its script on
    /// request instead of in real time.
    fn claim(&self, local: SocketAddr) -> Claim;

    /// Withdraws an announcement, because the connection was not made.
    fn unclaim(&self, local: SocketAddr);

    /// Reports that the client closed its connection from `local`, which it made after `mark`.
    fn closed(&self, local: SocketAddr, mark: JournalMark);
}

/// A point in an endpoint's journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JournalMark {
    /// The number of connections that the endpoint had accepted.
    pub(crate) exchanges: usize,
    /// The number of times that it had gone down. Going down cuts connections that the journal has
    /// not seen.
    pub(crate) downs: usize,
}

/// The client's end of an announced connection.
pub(crate) type Claim = mpsc::UnboundedSender<PlayRequest>;

/// A request to play a script further.
#[derive(Debug)]
pub(crate) struct PlayRequest {
    /// The number of bytes that the client has sent so far. The server reads them first.
    pub(crate) sent: usize,
    /// The script's time to play to, counted from the start of the connection.
    pub(crate) until: Duration,
    /// Receives what the script sends by then. The server really writes it afterwards.
    pub(crate) reply: oneshot::Sender<Vec<Stamped>>,
}
