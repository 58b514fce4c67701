//! [`Node`]: one real address with its declared behaviour and its journal.
//!
//! Three parties share a node: the test changes it, the host's thread serves it, and clients ask it
//! what it is going to do. It opens no connection itself; `listener.rs` does.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc as acknowledgement;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flash_policy_core::player::Endpoint;
use flash_policy_core::wire::{Declaration, EndpointState, Playback};
use flash_policy_net::RealTime;
use tokio::runtime;
use tokio::sync::mpsc;

use super::journal::{Exchange, ExchangeEnd, Journal, Traffic};
use super::port::Port;
use crate::net::{Claim, Declared, JournalMark, PlayRequest, Route};

/// The longest wait for connections that clients of this process have closed to be read.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// One real address, with its declared behaviour and its journal.
#[derive(Debug)]
pub(crate) struct Node {
    port: Port,
    /// The logical endpoint on a stage; `None` for a server alone.
    pub(super) endpoint: Option<Endpoint>,
    /// Held during a change of the endpoint state, so that changes by two threads follow each
    /// other.
    changing: Mutex<()>,
    state: Mutex<NodeState>,
    /// Notified when `state` changes.
    changed: Condvar,
    commands: mpsc::UnboundedSender<StateChange>,
    pub(super) real_time: RealTime,
}

impl Node {
    pub(super) fn new(
        port: Port,
        declaration: Declaration,
        commands: mpsc::UnboundedSender<StateChange>,
        real_time: RealTime,
        endpoint: Option<Endpoint>,
    ) -> Self {
        let state = NodeState {
            endpoint_state: declaration.state(),
            is_prompt: declaration.is_prompt(),
            declaration,
            ..NodeState::default()
        };
        Self {
            port,
            endpoint,
            state: Mutex::new(state),
            changing: Mutex::new(()),
            changed: Condvar::new(),
            commands,
            real_time,
        }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    pub(crate) fn route(self: &Arc<Self>) -> Route {
        Route::declared(self.addr(), self.clone())
    }

    /// Returns the declaration as of now: in its current state, and without the scripts that were
    /// already played.
    pub(crate) fn declaration_now(&self) -> Declaration {
        let state = self.lock();
        state
            .declaration
            .clone()
            .in_state(state.endpoint_state)
            .after(state.turns.load(Ordering::Relaxed))
    }

    /// Changes the endpoint state: listens, refuses and cuts its connections, or drops the SYNs of
    /// new connections. The change has happened when this returns.
    ///
    /// # Errors
    ///
    /// Returns `NotConnected` if the server was stopped. Other errors come from the system.
    pub(crate) fn set_state(&self, endpoint_state: EndpointState) -> io::Result<()> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let opens =
            self.state() == EndpointState::Refused && endpoint_state != EndpointState::Refused;
        let listener = opens.then(|| self.port.listen()).transpose()?;
        let (done, is_done) = acknowledgement::channel();
        // A server that was stopped drops the command, and `done` with it.
        let _ = self.commands.send(StateChange { endpoint_state, listener, done });
        is_done
            .recv()
            .map_err(|_| io::Error::new(io::ErrorKind::NotConnected, "the server was stopped"))?
    }

    /// Changes the scripts for the connections that come from now on, and then the endpoint state.
    /// With `from_the_first`, the next policy request gets the first script again. The change has
    /// happened when this returns; after an error nothing has changed.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`set_state`](Self::set_state).
    pub(crate) fn redeclare(
        &self,
        declaration: Declaration,
        from_the_first: bool,
    ) -> io::Result<()> {
        let endpoint_state = declaration.state();
        // Setting the same state accepts what the kernel has accepted by now: it came before.
        self.set_state(self.state())?;
        let turns = if from_the_first { Arc::default() } else { self.lock().turns.clone() };
        let (old_declaration, old_turns) = self.replace(declaration, turns);
        self.set_state(endpoint_state)
            .inspect_err(|_| drop(self.replace(old_declaration, old_turns)))
    }

    /// Returns what came so far. It first waits until everything that clients of this process sent
    /// and closed has been read.
    ///
    /// # Panics
    ///
    /// Panics if that takes more than 30 s.
    #[track_caller]
    pub(crate) fn journal(&self) -> Journal {
        if let Some(peer) = self.settle() {
            panic!(
                "the connection from {peer} was dropped by its client, but something still keeps \
                 it open, or the server has not read it: does a second handle (try_clone) outlive \
                 the socket? Use into_tcp()"
            );
        }
        Journal { exchanges: self.lock().exchanges.clone() }
    }

    /// Waits until everything that clients of this process sent and closed has been read, for at
    /// most 30 s. Returns the address of a client whose connection is still unread then.
    pub(super) fn settle(&self) -> Option<SocketAddr> {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), SETTLE_LIMIT, |state| state.unread_peer().is_some());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.unread_peer()
    }

    /// Waits until `is_ready` holds for the journal. Returns `false` if `timeout` of real time
    /// passes first.
    pub(super) fn wait_until(
        &self,
        timeout: Duration,
        is_ready: impl Fn(&[Exchange]) -> bool,
    ) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), timeout, |state| !is_ready(&state.exchanges));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Opens an exchange for a new connection, and returns how to serve the connection.
    pub(super) fn begin_exchange(&self, peer: SocketAddr) -> AcceptedConnection {
        let mut state = self.lock();
        let playback = Playback::new(&state.declaration);
        let turns = state.turns.clone();
        let requests = state.claims.remove(&peer).filter(|requests| !requests.is_closed());
        let exchange = state.add_exchange(peer);
        AcceptedConnection { exchange, playback, turns, requests }
    }

    pub(super) fn record_traffic(&self, exchange: usize, traffic: Traffic) {
        self.change(|state| state.exchanges[exchange].add(traffic));
    }

    pub(super) fn record_end(&self, exchange: usize, end: ExchangeEnd) {
        self.change(|state| state.exchanges[exchange].end(end));
    }

    /// Records that everything the peer sent was read.
    pub(super) fn record_consumed(&self, exchange: usize) {
        self.change(|state| state.consumed[exchange] = true);
    }

    /// Hands a finished exchange over, if the node does that, and frees its place.
    pub(super) fn finish_exchange(&self, exchange: usize) {
        let mut state = self.lock();
        if let Some(receiver) = state.hand_over.receiver.clone() {
            let peer = state.exchanges[exchange].peer();
            let finished = std::mem::replace(&mut state.exchanges[exchange], Exchange::new(peer));
            state.hand_over.free.push(exchange);
            let _ = receiver.send((self.addr(), finished));
        }
    }

    /// Hands every exchange over when it ends, with the address of this node, instead of keeping it
    /// for the journal.
    pub(crate) fn hand_over_to(&self, receiver: mpsc::UnboundedSender<(SocketAddr, Exchange)>) {
        self.lock().hand_over.receiver = Some(receiver);
    }

    /// Records the runtime that serves the node's connections.
    pub(super) fn set_runtime(&self, runtime: runtime::Handle) {
        self.lock().runtime = Some(runtime);
    }

    /// Returns the runtime that serves the node's connections, once there is one.
    pub(crate) fn runtime(&self) -> Option<runtime::Handle> {
        self.lock().runtime.clone()
    }

    /// Records that the endpoint is in this state from now on.
    pub(super) fn record_state(&self, endpoint_state: EndpointState) {
        self.change(|state| {
            state.endpoint_state = endpoint_state;
            state.downs += usize::from(endpoint_state == EndpointState::Refused);
        });
    }

    /// Records that nothing will be accepted any more.
    pub(super) fn record_stop(&self) {
        self.change(|state| state.is_stopped = true);
    }

    fn replace(&self, declaration: Declaration, turns: TurnCount) -> (Declaration, TurnCount) {
        let mut state = self.lock();
        state.is_prompt = declaration.is_prompt();
        let old_declaration = std::mem::replace(&mut state.declaration, declaration);
        let old_turns = std::mem::replace(&mut state.turns, turns);
        (old_declaration, old_turns)
    }

    /// Changes the node's state, and wakes everything that waits for a change.
    fn change(&self, change: impl FnOnce(&mut NodeState)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, NodeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the endpoint as the test names it: the logical one, or the real one for a server alone.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint {
            Some(endpoint) => endpoint.fmt(f),
            None => self.addr().fmt(f),
        }
    }
}

impl Declared for Node {
    fn state(&self) -> EndpointState {
        self.lock().endpoint_state
    }

    fn mark(&self) -> JournalMark {
        let state = self.lock();
        JournalMark { exchanges: state.exchanges.len(), downs: state.downs }
    }

    fn is_prompt(&self) -> bool {
        self.lock().is_prompt
    }

    fn is_backend_only(&self) -> bool {
        self.lock().declaration.is_backend_only()
    }

    fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }

    fn claim(&self, local: SocketAddr) -> Claim {
        let (claim, requests) = mpsc::unbounded_channel();
        self.lock().claims.insert(local, requests);
        claim
    }

    fn unclaim(&self, local: SocketAddr) {
        self.lock().claims.remove(&local);
    }

    fn closed(&self, local: SocketAddr, mark: JournalMark) {
        self.change(|state| state.closed.push((local, mark)));
    }
}

/// A change of the endpoint state, as a command to the host's thread.
#[derive(Debug)]
pub(super) struct StateChange {
    pub(super) endpoint_state: EndpointState,
    /// A new listener, if the node had none and needs one.
    pub(super) listener: Option<TcpListener>,
    pub(super) done: acknowledgement::Sender<io::Result<()>>,
}

/// A connection that was just accepted, with all that is needed to serve it.
#[derive(Debug)]
pub(super) struct AcceptedConnection {
    /// The index of its exchange in the journal.
    pub(super) exchange: usize,
    pub(super) playback: Playback,
    pub(super) turns: TurnCount,
    /// The client's requests, if it announced the connection.
    pub(super) requests: Option<PlayRequests>,
}

/// The number of policy requests that a set of scripts has answered. A connection keeps the counter
/// of the scripts that were declared when it came.
pub(super) type TurnCount = Arc<AtomicUsize>;
/// The requests of the client of an announced connection.
pub(super) type PlayRequests = mpsc::UnboundedReceiver<PlayRequest>;

#[derive(Debug, Default)]
struct NodeState {
    endpoint_state: EndpointState,
    declaration: Declaration,
    is_prompt: bool,
    turns: TurnCount,
    exchanges: Vec<Exchange>,
    /// For each exchange, whether everything the peer sent was read.
    consumed: Vec<bool>,
    hand_over: HandOver,
    /// The connections that were announced and not accepted yet.
    claims: HashMap<SocketAddr, PlayRequests>,
    /// The connections that clients of this process have closed, and that are not known to be read.
    closed: Vec<(SocketAddr, JournalMark)>,
    downs: usize,
    is_stopped: bool,
    /// The runtime that serves the connections, once there is one.
    runtime: Option<runtime::Handle>,
}

/// The receiver of finished exchanges, and the places of those that it took.
///
/// New exchanges reuse the places. A node with a receiver must have no clients of this process,
/// because those look for their exchanges by [`JournalMark`].
#[derive(Debug, Default)]
struct HandOver {
    receiver: Option<mpsc::UnboundedSender<(SocketAddr, Exchange)>>,
    free: Vec<usize>,
}

impl NodeState {
    /// Adds an exchange, and returns its index.
    fn add_exchange(&mut self, peer: SocketAddr) -> usize {
        if let Some(free) = self.hand_over.free.pop() {
            self.exchanges[free] = Exchange::new(peer);
            self.consumed[free] = false;
            return free;
        }
        self.exchanges.push(Exchange::new(peer));
        self.consumed.push(false);
        self.exchanges.len() - 1
    }

    /// Returns the client's address of a closed connection that the server has yet to read, and
    /// forgets the closed connections that are done with. One that is not accepted yet counts only
    /// while the endpoint is up, because then it will be accepted.
    fn unread_peer(&mut self) -> Option<SocketAddr> {
        let Self { endpoint_state, exchanges, consumed, closed, downs, is_stopped, .. } = self;
        let mut unread = None;
        closed.retain(|(peer, mark)| {
            let accepted =
                exchanges.iter().skip(mark.exchanges).position(|exchange| exchange.peer() == *peer);
            let is_done = match accepted {
                Some(offset) => consumed[mark.exchanges + offset],
                None => *is_stopped || *downs != mark.downs,
            };
            if !is_done && (accepted.is_some() || *endpoint_state == EndpointState::Up) {
                unread = unread.or(Some(*peer));
            }
            !is_done
        });
        unread
    }
}
