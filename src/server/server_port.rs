//! [`ServerPort`]: the real port of a running server, with its controls and its journal.

use std::net::SocketAddr;
use std::sync::Arc;

use flash_policy_core::or_panic;
use flash_policy_core::wire::EndpointState;

use super::{Journal, Node};
use crate::net::Route;

/// The real port of a running [`PolicyServer`](super::PolicyServer) or
/// [`RunningBackend`](super::RunningBackend). Both dereference to it.
///
/// It has the real address, the journal, and the switches between up, down and firewalled.
///
/// ```
/// use std::net::TcpStream;
/// use flash_policy_fixture::Backend;
///
/// let backend = Backend::echo().start();
/// backend.down();
/// assert!(TcpStream::connect(backend.addr()).is_err());
/// backend.up();
/// assert!(TcpStream::connect(backend.addr()).is_ok());
/// ```
#[derive(Debug)]
pub struct ServerPort {
    pub(super) node: Arc<Node>,
}

impl ServerPort {
    /// Returns the real address.
    pub fn addr(&self) -> SocketAddr {
        self.node.addr()
    }

    /// Returns the real port number.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// Cuts the server's connections, and refuses new ones. It has happened when this returns.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if the server was stopped with its stage.
    #[track_caller]
    pub fn down(&self) {
        self.set_state(EndpointState::Refused);
    }

    /// Listens again, on the same port. It has happened when this returns.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if the server was stopped with its stage, or if no descriptor is
    /// left.
    #[track_caller]
    pub fn up(&self) {
        self.set_state(EndpointState::Up);
    }

    /// Drops the SYNs of new connections, as a firewall does. Established connections go on.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if the server was stopped with its stage, or if no descriptor is
    /// left. Also panics if the server is on no stage and the system is not Linux, because nothing
    /// can then keep its clients out.
    #[track_caller]
    pub fn firewall(&self) {
        self.set_state(EndpointState::Dropped);
    }

    /// Returns every connection so far. It first waits until the server has read everything that
    /// clients of this crate sent and closed.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if such a connection has not ended after 30 s, because something
    /// keeps it open.
    #[track_caller]
    pub fn journal(&self) -> Journal {
        self.node.journal()
    }

    #[track_caller]
    fn set_state(&self, state: EndpointState) {
        let changed = self.node.set_state(state);
        let addr = self.addr();
        or_panic(changed.map_err(|error| format!("cannot change the server at {addr}: {error}")));
    }
}

impl From<&ServerPort> for Route {
    fn from(port: &ServerPort) -> Self {
        port.node.route()
    }
}
