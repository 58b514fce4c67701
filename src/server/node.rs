//! One real address with what is declared for it: its state, its scripts, its journal.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc as ack;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flash_policy_core::player::Endpoint;
use flash_policy_core::wire::{Declaration, EndpointState, Playback};
use flash_policy_net::RealTime;
use tokio::sync::mpsc;

use super::journal::{Exchange, ExchangeEnd, Journal, Traffic};
use super::port::Port;
use crate::net::{Claim, Declared, Mark, Play, Route};

/// How long the journal waits at most for connections that clients of this process have closed.
const BARRIER: Duration = Duration::from_secs(30);

/// One real address. The test holds it, the host's thread serves it, and clients ask it what it is going to do.
#[derive(Debug)]
pub(crate) struct Node {
    port: Port,
    /// Where it stands on a stage; `None` of a server alone.
    pub(super) endpoint: Option<Endpoint>,
    /// Held while the state changes, so that two threads change it one after the other.
    changing: Mutex<()>,
    state: Mutex<NodeState>,
    changed: Condvar,
    commands: mpsc::UnboundedSender<StateChange>,
    pub(super) real_time: RealTime,
}

/// How many policy requests some scripts have answered. A connection keeps the count of those that stood when it came.
pub(super) type Turns = Arc<AtomicUsize>;
/// By which an announced connection is played.
pub(super) type Plays = mpsc::UnboundedReceiver<Play>;

#[derive(Debug, Default)]
struct NodeState {
    endpoint_state: EndpointState,
    declaration: Declaration,
    is_prompt: bool,
    turns: Turns,
    exchanges: Vec<Exchange>,
    /// Which exchanges were read to their end.
    consumed: Vec<bool>,
    taking: Taking,
    /// Connections that were announced, and not accepted yet.
    claims: HashMap<SocketAddr, Plays>,
    /// Connections that clients of this process have closed, and whose end was not seen to be read yet.
    closed: Vec<(SocketAddr, Mark)>,
    downs: usize,
    stopped: bool,
}

/// Who takes the exchanges that are over, and whose places others may have. Such a node has no clients of this process,
/// which would look for theirs.
#[derive(Debug, Default)]
struct Taking {
    taker: Option<mpsc::UnboundedSender<(SocketAddr, Exchange)>>,
    free: Vec<usize>,
    /// Where its connections are served, once they are.
    runtime: Option<tokio::runtime::Handle>,
}

/// A change of the state. A listener comes with it where there is none.
#[derive(Debug)]
pub(super) struct StateChange {
    pub(super) endpoint_state: EndpointState,
    pub(super) listener: Option<TcpListener>,
    pub(super) done: ack::Sender<io::Result<()>>,
}

impl Node {
    pub(super) fn new(
        port: Port,
        declaration: Declaration,
        commands: mpsc::UnboundedSender<StateChange>,
        real_time: RealTime,
        endpoint: Option<Endpoint>,
    ) -> Self {
        let (endpoint_state, is_prompt) = (declaration.state(), declaration.is_prompt());
        Self {
            port,
            endpoint,
            state: Mutex::new(NodeState {
                endpoint_state,
                declaration,
                is_prompt,
                ..NodeState::default()
            }),
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
        Route { address: self.addr(), declared: Some(self.clone()) }
    }

    /// What is declared, as it is now: with its state, and without what was played already.
    pub(crate) fn declaration_now(&self) -> Declaration {
        let state = self.lock();
        state
            .declaration
            .clone()
            .in_state(state.endpoint_state)
            .after(state.turns.load(Ordering::Relaxed))
    }

    /// Listens, refuses and ends its connections, or drops the SYNs of new ones. It is so when this returns.
    pub(crate) fn set_state(&self, endpoint_state: EndpointState) -> io::Result<()> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let opens =
            self.state() == EndpointState::Refused && endpoint_state != EndpointState::Refused;
        let (done, is_done) = ack::channel();
        let command = StateChange {
            endpoint_state,
            listener: opens.then(|| self.port.listen()).transpose()?,
            done,
        };
        // A server that was stopped drops the command, and `done` with it.
        let _ = self.commands.send(command);
        is_done
            .recv()
            .map_err(|_| io::Error::new(io::ErrorKind::NotConnected, "the server was stopped"))?
    }

    /// What came so far. It waits until what clients of this process sent and closed has been read.
    #[track_caller]
    pub(crate) fn journal(&self) -> Journal {
        if let Some(peer) = self.settle() {
            panic!(
                "the connection from {peer} was dropped by its client, but something still keeps it open, or the server \
                 has not read it: does a second handle (try_clone) outlive the socket? Use into_tcp()"
            );
        }
        Journal { exchanges: self.lock().exchanges.clone() }
    }

    /// Waits until what clients of this process sent and closed has been read. When one of them never was: where it came
    /// from.
    pub(super) fn settle(&self) -> Option<SocketAddr> {
        let waited =
            self.changed.wait_timeout_while(self.lock(), BARRIER, |state| state.owes().is_some());
        waited.unwrap_or_else(PoisonError::into_inner).0.owes()
    }

    /// Waits until `ready` says so of the journal; `false` when `timeout` ran out before.
    pub(super) fn wait_until(
        &self,
        timeout: Duration,
        ready: impl Fn(&[Exchange]) -> bool,
    ) -> bool {
        let waited =
            self.changed.wait_timeout_while(self.lock(), timeout, |state| !ready(&state.exchanges));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// What becomes of a new connection: its exchange, what is played, by which count, and on whose request.
    pub(super) fn accepted(&self, peer: SocketAddr) -> (usize, Playback, Turns, Option<Plays>) {
        let mut state = self.lock();
        let (playback, turns) = (Playback::new(&state.declaration), state.turns.clone());
        let plays = state.claims.remove(&peer).filter(|plays| !plays.is_closed());
        if let Some(free) = state.taking.free.pop() {
            state.exchanges[free] = Exchange::new(peer);
            state.consumed[free] = false;
            return (free, playback, turns, plays);
        }
        state.exchanges.push(Exchange::new(peer));
        state.consumed.push(false);
        (state.exchanges.len() - 1, playback, turns, plays)
    }

    pub(super) fn record(&self, exchange: usize, traffic: Traffic) {
        self.change(|state| state.exchanges[exchange].add(traffic));
    }

    pub(super) fn ended(&self, exchange: usize, ended: ExchangeEnd) {
        self.change(|state| state.exchanges[exchange].end(ended));
    }

    /// All that the peer sent was read.
    pub(super) fn consumed(&self, exchange: usize) {
        self.change(|state| state.consumed[exchange] = true);
    }

    /// Nothing more comes of a connection: its exchange goes to who takes them, and its place is free.
    pub(super) fn is_over(&self, exchange: usize) {
        let mut state = self.lock();
        if let Some(taker) = state.taking.taker.clone() {
            let peer = state.exchanges[exchange].peer();
            let over = std::mem::replace(&mut state.exchanges[exchange], Exchange::new(peer));
            state.taking.free.push(exchange);
            let _ = taker.send((self.addr(), over));
        }
    }

    /// Its connections are served by this runtime.
    pub(super) fn is_served_by(&self, runtime: tokio::runtime::Handle) {
        self.lock().taking.runtime = Some(runtime);
    }

    /// Where its connections are served, once they are.
    pub(crate) fn runtime(&self) -> Option<tokio::runtime::Handle> {
        self.lock().taking.runtime.clone()
    }

    /// Gives every exchange away when it is over, with the address of this node, instead of keeping it for the journal.
    pub(crate) fn hand_over_to(&self, taker: mpsc::UnboundedSender<(SocketAddr, Exchange)>) {
        self.lock().taking.taker = Some(taker);
    }

    /// Changes the scripts for the connections that come from now on, perhaps counted from the first script again, and
    /// then the state. It is so when this returns; after an error all is as it was.
    pub(crate) fn redeclare(
        &self,
        declaration: Declaration,
        from_the_first: bool,
    ) -> io::Result<()> {
        let endpoint_state = declaration.state();
        // What the kernel has accepted by now came before.
        self.set_state(self.state())?;
        let turns = if from_the_first { Arc::default() } else { self.lock().turns.clone() };
        let before = self.replace(declaration, turns);
        self.set_state(endpoint_state).inspect_err(|_| drop(self.replace(before.0, before.1)))
    }
    fn replace(&self, declaration: Declaration, turns: Turns) -> (Declaration, Turns) {
        let mut state = self.lock();
        state.is_prompt = declaration.is_prompt();
        (
            std::mem::replace(&mut state.declaration, declaration),
            std::mem::replace(&mut state.turns, turns),
        )
    }

    /// The state is so from now on.
    pub(super) fn has_state(&self, endpoint_state: EndpointState) {
        self.change(|state| {
            state.endpoint_state = endpoint_state;
            state.downs += usize::from(endpoint_state == EndpointState::Refused);
        });
    }

    /// Nothing will be accepted any more.
    pub(super) fn has_stopped(&self) {
        self.change(|state| state.stopped = true);
    }

    /// Changes what is known, and tells all who wait for it.
    fn change(&self, change: impl FnOnce(&mut NodeState)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, NodeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The endpoint as the test names it: the logical one, or of a server alone the real one.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint {
            Some(endpoint) => endpoint.fmt(f),
            None => self.addr().fmt(f),
        }
    }
}

impl NodeState {
    /// Where a closed connection came from that is still to be read. One that was not accepted yet will be, if it still
    /// can.
    fn owes(&mut self) -> Option<SocketAddr> {
        let Self { endpoint_state, exchanges, consumed, closed, downs, stopped, .. } = self;
        let mut owes = None;
        closed.retain(|(peer, mark)| {
            let accepted =
                exchanges.iter().skip(mark.exchanges).position(|exchange| exchange.peer() == *peer);
            let is_over = match accepted {
                Some(later) => consumed[mark.exchanges + later],
                None => *stopped || *downs != mark.downs,
            };
            if !is_over && (accepted.is_some() || *endpoint_state == EndpointState::Up) {
                owes = owes.or(Some(*peer));
            }
            !is_over
        });
        owes
    }
}

impl Declared for Node {
    fn state(&self) -> EndpointState {
        self.lock().endpoint_state
    }

    fn mark(&self) -> Mark {
        let state = self.lock();
        Mark { exchanges: state.exchanges.len(), downs: state.downs }
    }

    fn is_prompt(&self) -> bool {
        self.lock().is_prompt
    }

    fn claim(&self, local: SocketAddr) -> Claim {
        let (claim, plays) = mpsc::unbounded_channel();
        self.lock().claims.insert(local, plays);
        claim
    }

    fn unclaim(&self, local: SocketAddr) {
        self.lock().claims.remove(&local);
    }

    fn closed(&self, local: SocketAddr, mark: Mark) {
        self.change(|state| state.closed.push((local, mark)));
    }
}
