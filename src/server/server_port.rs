//! The real port of a running server.

use std::net::SocketAddr;
use std::sync::Arc;

use flash_policy_core::or_panic;
use flash_policy_core::wire::EndpointState;

use super::{Journal, Node};
use crate::net::Route;

/// The real port of a running [`PolicyServer`](super::PolicyServer) or [`RunningBackend`](super::RunningBackend): where
/// it is, what it does with new connections, and what came. Both dereference to it.
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
    /// The real address.
    pub fn addr(&self) -> SocketAddr {
        self.node.addr()
    }

    /// The real port.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// Ends its connections, and refuses from here on.
    ///
    /// # Panics
    ///
    /// At the caller's line, if its stage was stopped.
    #[track_caller]
    pub fn down(&self) {
        self.set_state(EndpointState::Refused);
    }

    /// Listens again, on the same port.
    ///
    /// # Panics
    ///
    /// At the caller's line, if its stage was stopped, or no descriptor is left.
    #[track_caller]
    pub fn up(&self) {
        self.set_state(EndpointState::Up);
    }

    /// Drops the SYNs of new connections from here on, as a firewall does. Connections that stand go on.
    ///
    /// # Panics
    ///
    /// At the caller's line, if its stage was stopped, or if it is on no stage and the system is not Linux: then nothing
    /// can keep its clients out.
    #[track_caller]
    pub fn firewall(&self) {
        self.set_state(EndpointState::Dropped);
    }

    /// Every connection so far. It waits until what clients of this crate sent to it and closed has been read.
    ///
    /// # Panics
    ///
    /// At the caller's line, if one of them is still not at its end after 30 s: something keeps it open.
    #[track_caller]
    pub fn journal(&self) -> Journal {
        self.node.journal()
    }

    #[track_caller]
    fn set_state(&self, state: EndpointState) {
        let changed = self.node.set_state(state);
        or_panic(
            changed
                .map_err(|error| format!("cannot change the server at {}: {error}", self.addr())),
        );
    }
}

impl From<&ServerPort> for Route {
    fn from(port: &ServerPort) -> Self {
        port.node.route()
    }
}
