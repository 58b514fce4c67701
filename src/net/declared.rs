//! How an endpoint of ours says what it is going to do, so that the player's clock can jump.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use flash_policy_core::wire::{EndpointState, Stamped};
use tokio::sync::{mpsc, oneshot};

/// An endpoint that knows what it is going to do.
pub(crate) trait Declared: fmt::Debug + Send + Sync {
    /// Returns what becomes of a new connection now.
    fn state(&self) -> EndpointState;

    /// How far its journal is, before a connection is made: an address may have come before, for another client.
    fn mark(&self) -> Mark;

    /// Whether a policy request is answered, and the connection ended, without a pause: then nobody need ask.
    fn is_prompt(&self) -> bool;

    /// Announces a connection from `local`, before it is made: its script is then played on request, not in real
    /// time.
    fn claim(&self, local: SocketAddr) -> Claim;

    /// Takes an announcement back: the connection was not made.
    fn unclaim(&self, local: SocketAddr);

    /// Tells that the connection from `local`, made after `mark`, was closed on this side.
    fn closed(&self, local: SocketAddr, mark: Mark);
}

/// How far an endpoint's journal was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// How many connections had come.
    pub(crate) exchanges: usize,
    /// How often it had gone down, which ends connections that no journal has seen.
    pub(crate) downs: usize,
}

/// The client's end of an announced connection.
pub(crate) type Claim = mpsc::UnboundedSender<Play>;

/// A request to play a script on.
#[derive(Debug)]
pub(crate) struct Play {
    /// How many bytes the client has sent: they are read first.
    pub(crate) sent: usize,
    /// The script's time, counted from the start of the connection.
    pub(crate) until: Duration,
    /// What the script puts on the wire by then. It is really written after it was told.
    pub(crate) reply: oneshot::Sender<Vec<Stamped>>,
}
