//! [`NodeTask`]: the listener of a node, and its changes of state.
//!
//! It runs on the host's thread. What the connections then do is in `connection.rs`.

use std::future::{pending, poll_fn};
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use flash_policy_core::player::Endpoint;
use flash_policy_core::wire::{Declaration, EndpointState};
use flash_policy_net::RealTime;
use socket2::{SockAddr, SockRef, Socket};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::connection::{Recorder, ServedConnection};
use super::node::{AcceptedConnection, Node, StateChange};
use super::port::{Firewall, Port};

/// The pause before a server accepts again, after the system could not accept.
const ACCEPT_RETRY: Duration = Duration::from_millis(10);

/// The task that serves a node on the host's thread.
#[derive(Debug)]
pub(crate) struct NodeTask {
    pub(crate) node: Arc<Node>,
    commands: mpsc::UnboundedReceiver<StateChange>,
    /// The listener before it is served. A tokio listener needs a runtime.
    std_listener: Option<StdListener>,
    listener: Option<TcpListener>,
    firewall: Option<Firewall>,
    /// The addresses of connections that filled a firewall's queue. They are not journalled.
    fillers: Vec<SocketAddr>,
    connections: JoinSet<()>,
    /// Held by the connection that a serial server serves.
    serving: Arc<Mutex<()>>,
}

enum Next {
    Accepted(TcpStream, SocketAddr),
    /// Nothing can be accepted now, for example because no descriptor is left.
    Exhausted,
    StateChange(StateChange),
}

impl NodeTask {
    /// Binds an address and listens on it, unless the declaration refuses. From here on the kernel
    /// accepts connections. A node on a stage has a logical `endpoint` too.
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound, or if it is to drop SYNs and cannot.
    pub(crate) fn open(
        addr: SocketAddr,
        declaration: Declaration,
        real_time: RealTime,
        endpoint: Option<Endpoint>,
    ) -> io::Result<Self> {
        let port = Port::reserve_at(addr)?;
        let state = declaration.state();
        let std_listener = (state != EndpointState::Refused).then(|| port.listen()).transpose()?;
        let firewall = match &std_listener {
            Some(listener) if state == EndpointState::Dropped => {
                Firewall::raise(SockRef::from(listener), port.addr(), endpoint.is_some())?
            }
            _ => None,
        };
        let (sender, commands) = mpsc::unbounded_channel();
        let node = Arc::new(Node::new(port, declaration, sender, real_time, endpoint));
        Ok(Self {
            node,
            commands,
            std_listener,
            listener: None,
            firewall,
            fillers: Vec::new(),
            connections: JoinSet::new(),
            serving: Arc::default(),
        })
    }

    /// Returns the future that serves the node until it is dropped. Call this inside the runtime.
    /// If the future is dropped before it was polled, it cleans up all the same.
    pub(super) fn serve(mut self) -> impl Future<Output = ()> + Send {
        self.node.set_runtime(tokio::runtime::Handle::current());
        match self.std_listener.take().map(TcpListener::from_std).transpose() {
            Ok(listener) => self.listener = listener,
            Err(_) => self.node.record_state(EndpointState::Refused),
        }
        self.fillers.extend(self.firewall.as_ref().and_then(Firewall::filler));
        async move {
            while let Some(next) = self.next().await {
                match next {
                    Next::Accepted(stream, peer) => self.accept(stream, peer),
                    Next::Exhausted => {
                        let _ = self.node.real_time.limit(ACCEPT_RETRY, pending::<()>()).await;
                    }
                    Next::StateChange(change) => {
                        let changed = self.set_state(change.endpoint_state, change.listener).await;
                        let _ = change.done.send(changed);
                    }
                }
            }
        }
    }

    /// Waits for the next command or connection; commands come first. Returns `None` once no
    /// command can come any more.
    async fn next(&mut self) -> Option<Next> {
        poll_fn(|cx| {
            while let Poll::Ready(Some(_)) = self.connections.poll_join_next(cx) {}
            if let Poll::Ready(command) = self.commands.poll_recv(cx) {
                return Poll::Ready(command.map(Next::StateChange));
            }
            let Some(listener) = self.open_listener() else {
                return Poll::Pending;
            };
            loop {
                match listener.poll_accept(cx) {
                    Poll::Ready(Ok((stream, peer))) => {
                        return Poll::Ready(Some(Next::Accepted(stream, peer)));
                    }
                    Poll::Ready(Err(error)) if is_transient(&error) => {}
                    Poll::Ready(Err(_)) => return Poll::Ready(Some(Next::Exhausted)),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }

    fn accept(&mut self, stream: TcpStream, peer: SocketAddr) {
        if let Some(filler) = self.fillers.iter().position(|filler| *filler == peer) {
            self.fillers.swap_remove(filler);
            return;
        }
        let AcceptedConnection { exchange, playback, turns, requests } =
            self.node.begin_exchange(peer);
        let recorder = Recorder::new(self.node.clone(), exchange);
        let waits_for_others = playback.is_serial() && requests.is_none();
        let serving = if waits_for_others { self.serving.clone() } else { Arc::default() };
        let connection = ServedConnection::new(stream, playback, turns, recorder);
        self.connections.spawn(async move {
            let _turn = serving.lock().await;
            connection.serve(requests).await;
        });
    }

    async fn set_state(
        &mut self,
        state: EndpointState,
        new_listener: Option<StdListener>,
    ) -> io::Result<()> {
        self.accept_waiting()?;
        if let Some(listener) = new_listener {
            self.listener = Some(TcpListener::from_std(listener)?);
        }
        match (state, &self.listener) {
            (EndpointState::Up, Some(listener)) => {
                if let Some(firewall) = self.firewall.take() {
                    firewall.lower(listener)?;
                }
            }
            (EndpointState::Dropped, Some(listener)) if self.firewall.is_none() => {
                let is_on_stage = self.node.endpoint.is_some();
                let listener = SockRef::from(listener);
                self.firewall = Firewall::raise(listener, self.node.addr(), is_on_stage)?;
                self.fillers.extend(self.firewall.as_ref().and_then(Firewall::filler));
            }
            (EndpointState::Refused, _) => {
                self.stop_listening();
                self.firewall = None;
                self.fillers.clear();
                self.connections.shutdown().await;
            }
            _ => {}
        }
        self.node.record_state(state);
        Ok(())
    }

    /// Stops listening. The shutdown takes effect even while a child process that another thread
    /// has just forked still holds the listener, before it runs `exec`.
    fn stop_listening(&mut self) {
        if let Some(listener) = self.listener.take() {
            let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
        }
    }

    /// Accepts every connection that the kernel has accepted. Their clients see them established,
    /// so none may be cut.
    fn accept_waiting(&mut self) -> io::Result<()> {
        while let Some((socket, peer)) = self.next_waiting() {
            socket.set_nonblocking(true)?;
            let stream = TcpStream::from_std(socket.into())?;
            if let Some(peer) = peer.as_socket() {
                self.accept(stream, peer);
            }
        }
        Ok(())
    }

    /// Returns the next connection that the kernel has accepted, with the peer's address as it was.
    /// A socket that was reset meanwhile no longer knows it.
    fn next_waiting(&self) -> Option<(Socket, SockAddr)> {
        SockRef::from(self.open_listener()?).accept().ok()
    }

    /// Returns the listener, unless it is behind a firewall.
    fn open_listener(&self) -> Option<&TcpListener> {
        if self.firewall.is_some() { None } else { self.listener.as_ref() }
    }
}

/// Journals what other programs have sent by now, and stops the waiting for connections that will
/// not be accepted.
impl Drop for NodeTask {
    fn drop(&mut self) {
        while let Some((socket, peer)) = self.next_waiting() {
            if let (Some(peer), Ok(())) = (peer.as_socket(), socket.set_nonblocking(true)) {
                let accepted = self.node.begin_exchange(peer);
                Recorder::new(self.node.clone(), accepted.exchange)
                    .record_waiting(SockRef::from(&socket));
            }
        }
        self.stop_listening();
        self.node.record_stop();
    }
}

/// Returns whether an accept error is about one connection that was gone before it was accepted.
/// Such an error says nothing about the next connection.
fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}
