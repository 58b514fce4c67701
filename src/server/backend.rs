//! [`Backend`] and [`RunningBackend`]: the fake backend, before and after its start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use flash_policy_core::wire::{Declaration, EndpointState, Script};
use flash_policy_core::{ids, or_panic};

use super::{Host, Node, ServerPort};
use crate::net::Route;

/// A fake backend: its script for each connection, and the state that it starts in.
///
/// A [`Stage`](crate::Stage) starts it, or [`Backend::start`] starts it alone.
///
/// ```
/// use flash_policy_fixture::{Backend, wire::Script};
///
/// let greeter = Backend::scripted(Script::new().write(b"welcome\0").read(4).fin());
/// let running = greeter.start();
/// running.down();      // refuses from here on
/// running.up();        // listens again, on the same port
/// ```
#[must_use = "a backend starts only when `start` is called, or a stage with it"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    script: Script,
    state: EndpointState,
}

impl Backend {
    /// Creates a backend that sends back everything it receives.
    pub fn echo() -> Self {
        Self::scripted(Script::echo())
    }

    /// Creates a backend that accepts and reads, and never sends anything.
    pub fn silent() -> Self {
        Self::scripted(Script::new())
    }

    /// Creates a backend that closes each connection as soon as it is established.
    pub fn closes() -> Self {
        Self::scripted(Script::new().fin())
    }

    /// Creates a backend that plays `script` on each connection.
    pub fn scripted(script: Script) -> Self {
        Self { script, state: EndpointState::Up }
    }

    /// Makes the backend refuse connections from the start, until [`up`](super::ServerPort::up).
    pub fn starting_down(self) -> Self {
        Self { state: EndpointState::Refused, ..self }
    }

    /// Makes the backend drop SYNs from the start, until [`up`](super::ServerPort::up).
    ///
    /// Except on Linux, this works only on a stage, and only towards the stage's own clients.
    pub fn starting_firewalled(self) -> Self {
        Self { state: EndpointState::Dropped, ..self }
    }

    /// Creates a backend that starts in a state.
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

    /// Starts the backend alone, on a free port of 127.0.0.1. It listens, or refuses as declared,
    /// when this returns.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line where [`try_start`](Self::try_start) fails.
    #[track_caller]
    pub fn start(self) -> RunningBackend {
        or_panic(self.try_start().map_err(|error| format!("cannot start a backend: {error}")))
    }

    /// Starts the backend alone, on a free port of 127.0.0.1. It listens, or refuses as declared,
    /// when this returns.
    ///
    /// # Errors
    ///
    /// Returns the system's error if no port, descriptor or thread is left. Returns `Unsupported`
    /// if the backend starts firewalled and the system is not Linux.
    pub fn try_start(self) -> io::Result<RunningBackend> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (host, port) = Host::alone(addr, self.declare(Declaration::new()))?;
        Ok(RunningBackend { port, _host: Some(host) })
    }

    /// Adds this backend to the declaration of an endpoint. A state other than up that was declared
    /// there before stays.
    pub fn declare(&self, declaration: Declaration) -> Declaration {
        let state = match declaration.state() {
            EndpointState::Up => self.state,
            other => other,
        };
        declaration.backend(self.script.clone()).in_state(state)
    }
}

ids! {
    /// The state of a fake backend. Scenario files and `flash-policy serve` use the ids.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum BackendState {
        /// It echoes.
        Up = "up",
        /// It refuses connections.
        Down = "down",
        /// It never answers the SYN.
        Firewalled = "firewalled",
        /// It accepts and reads, and never sends anything.
        Silent = "silent",
        /// It closes each connection as soon as it is established.
        Closes = "closes",
    }
}

/// A running backend. It dereferences to its [`ServerPort`].
///
/// Its port refuses connections once it is dropped.
#[derive(Debug)]
pub struct RunningBackend {
    port: ServerPort,
    _host: Option<Host>,
}

impl RunningBackend {
    pub(crate) fn on(node: Arc<Node>) -> Self {
        Self { port: ServerPort { node }, _host: None }
    }

    /// Waits until `connections` connections have come, for at most `timeout` of real time. Returns
    /// whether they have.
    #[must_use = "`false` means that the connections did not come"]
    pub fn wait_for(&self, connections: usize, timeout: Duration) -> bool {
        self.port.node.wait_until(timeout, |exchanges| exchanges.len() >= connections)
    }

    /// Stops the backend. Its port refuses when this returns. Dropping the backend does the same.
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
