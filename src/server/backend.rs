//! The fake backend.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use flash_policy_core::wire::{Declaration, EndpointState, Script};
use flash_policy_core::{ids, or_panic};

use super::{Host, Node, ServerPort};
use crate::net::Route;

/// What a fake backend does with a connection. It is started by a [`Stage`](crate::Stage), or by itself with
/// [`Backend::start`].
///
/// ```
/// use flash_policy_fixture::{Backend, wire::Script};
///
/// let greeter = Backend::scripted(Script::new().write(b"welcome\0").read(4).fin());
/// let running = greeter.start();
/// running.down();      // refuses from here on
/// running.up();        // listens again, on the same port
/// ```
#[must_use = "a backend runs when `start` was called, or a stage stands"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    script: Script,
    state: EndpointState,
}

ids! {
    /// The state of a fake backend, by the ids of scenario files and of `flash-policy serve`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum BackendState {
        /// It echoes.
        Up = "up",
        /// It refuses.
        Down = "down",
        /// It never answers the SYN.
        Firewalled = "firewalled",
        /// It accepts, reads, and never speaks.
        Silent = "silent",
        /// It closes each connection as soon as it stands.
        Closes = "closes",
    }
}

/// A backend that runs, and what there is to know and change about its [`ServerPort`]. When it is dropped its port
/// refuses.
#[derive(Debug)]
pub struct RunningBackend {
    port: ServerPort,
    _host: Option<Host>,
}

impl Backend {
    /// Writes back all that comes.
    pub fn echo() -> Self {
        Self::scripted(Script::echo())
    }

    /// Accepts, reads, and never speaks.
    pub fn silent() -> Self {
        Self::scripted(Script::new())
    }

    /// Closes each connection as soon as it stands.
    pub fn closes() -> Self {
        Self::scripted(Script::new().fin())
    }

    /// Does what `script` says on each connection.
    pub fn scripted(script: Script) -> Self {
        Self { script, state: EndpointState::Up }
    }

    /// Refuses from the start, until [`up`](super::ServerPort::up).
    pub fn starting_down(self) -> Self {
        Self { state: EndpointState::Refused, ..self }
    }

    /// Drops SYNs from the start, until [`up`](super::ServerPort::up). Elsewhere than on Linux it can only do so on a stage, to
    /// the stage's own clients.
    pub fn starting_firewalled(self) -> Self {
        Self { state: EndpointState::Dropped, ..self }
    }

    /// Creates a backend in this state.
    ///
    /// ```
    /// use flash_policy_fixture::Backend;
    /// use flash_policy_fixture::server::BackendState;
    ///
    /// assert_eq!(Backend::in_state(BackendState::Down), Backend::echo().starting_down());
    /// ```
    pub fn in_state(state: BackendState) -> Self {
        match state {
            BackendState::Up => Self::echo(),
            BackendState::Down => Self::echo().starting_down(),
            BackendState::Firewalled => Self::echo().starting_firewalled(),
            BackendState::Silent => Self::silent(),
            BackendState::Closes => Self::closes(),
        }
    }

    /// Starts it on a loopback port of its own.
    ///
    /// # Panics
    ///
    /// At the caller's line, if no port, descriptor or thread is left.
    #[track_caller]
    pub fn start(self) -> RunningBackend {
        or_panic(self.try_start().map_err(|error| format!("cannot start a backend: {error}")))
    }

    /// Starts it on a loopback port of its own.
    ///
    /// # Errors
    ///
    /// As the system: no port, descriptor or thread is left. `Unsupported` if it is to start firewalled elsewhere than on
    /// Linux.
    pub fn try_start(self) -> io::Result<RunningBackend> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (host, port) = Host::alone(addr, self.declare(Declaration::new()))?;
        Ok(RunningBackend { port, _host: Some(host) })
    }

    /// Declares this backend at an endpoint, beside what is declared there.
    pub fn declare(&self, declaration: Declaration) -> Declaration {
        let state = match declaration.state() {
            EndpointState::Up => self.state,
            shut => shut,
        };
        declaration.backend(self.script.clone()).in_state(state)
    }
}

impl RunningBackend {
    pub(crate) fn on(node: Arc<Node>) -> Self {
        Self { port: ServerPort { node }, _host: None }
    }

    /// Waits until `connections` connections have come, at most for `timeout` of real time; `false` if they have not.
    #[must_use = "false means that they have not come"]
    pub fn wait_for(&self, connections: usize, timeout: Duration) -> bool {
        self.port.node.wait_until(timeout, |exchanges| exchanges.len() >= connections)
    }

    /// Stops it: its port refuses when this returns.
    pub fn stop(self) {}
}

impl Deref for RunningBackend {
    type Target = ServerPort;

    fn deref(&self) -> &ServerPort {
        &self.port
    }
}

impl From<&RunningBackend> for Route {
    fn from(backend: &RunningBackend) -> Self {
        Self::from(&backend.port)
    }
}
