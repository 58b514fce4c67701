//! The host's side of a node: its listener, and its changes of state.

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
use super::node::{Node, StateChange};
use super::port::{Firewall, Port};

/// How long a server waits before it accepts again, when the system could not.
const RESPITE: Duration = Duration::from_millis(10);

/// The host's side of a node.
#[derive(Debug)]
pub(crate) struct NodeTask {
    pub(crate) node: Arc<Node>,
    commands: mpsc::UnboundedReceiver<StateChange>,
    /// The listener before it is served, which takes a runtime.
    opening: Option<StdListener>,
    listener: Option<TcpListener>,
    firewall: Option<Firewall>,
    /// The connections that filled a queue: nobody's, and not to be journalled.
    fillers: Vec<SocketAddr>,
    connections: JoinSet<()>,
    /// Held by the connection that a serial server serves.
    serving: Arc<Mutex<()>>,
}

enum Next {
    Accepted(TcpStream, SocketAddr),
    /// Nothing can be accepted now, as when no descriptor is left.
    Exhausted,
    StateChange(StateChange),
}

impl NodeTask {
    /// Binds an address and, where the declaration says so, listens on it: from here on it answers. On a stage it has a
    /// logical endpoint too.
    pub(crate) fn open(
        addr: SocketAddr,
        declaration: Declaration,
        real_time: RealTime,
        endpoint: Option<Endpoint>,
    ) -> io::Result<Self> {
        let port = Port::reserve_at(addr)?;
        let state = declaration.state();
        let opening = (state != EndpointState::Refused).then(|| port.listen()).transpose()?;
        let firewall = match &opening {
            Some(listener) if state == EndpointState::Dropped => {
                Firewall::raise(SockRef::from(listener), port.addr(), endpoint.is_some())?
            }
            _ => None,
        };
        let (sender, commands) = mpsc::unbounded_channel();
        let node = Arc::new(Node::new(port, declaration, sender, real_time, endpoint));
        let (fillers, connections) = (Vec::new(), JoinSet::new());
        let serving = Arc::default();
        Ok(Self {
            node,
            commands,
            opening,
            listener: None,
            firewall,
            fillers,
            connections,
            serving,
        })
    }

    /// Serves until the future is dropped, polled or not. Called inside the runtime.
    pub(super) fn serve(mut self) -> impl Future<Output = ()> + Send {
        self.node.is_served_by(tokio::runtime::Handle::current());
        match self.opening.take().map(TcpListener::from_std).transpose() {
            Ok(listener) => self.listener = listener,
            Err(_) => self.node.has_state(EndpointState::Refused),
        }
        self.fillers.extend(self.firewall.as_ref().and_then(Firewall::filler));
        async move {
            while let Some(next) = self.next().await {
                match next {
                    Next::Accepted(stream, peer) => self.accept(stream, peer),
                    Next::Exhausted => {
                        let _ = self.node.real_time.limit(RESPITE, pending::<()>()).await;
                    }
                    Next::StateChange(change) => {
                        let changed = self.set_state(change.endpoint_state, change.listener).await;
                        let _ = change.done.send(changed);
                    }
                }
            }
        }
    }

    /// The next command or connection; commands first. `None` when the test holds the node no more.
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
        let (exchange, playback, turns, plays) = self.node.accepted(peer);
        let recorder = Recorder::new(self.node.clone(), exchange);
        let waits = playback.is_serial() && plays.is_none();
        let serving = if waits { self.serving.clone() } else { Arc::default() };
        let connection = ServedConnection::new(stream, playback, turns, recorder);
        self.connections.spawn(async move {
            let _turn = serving.lock().await;
            connection.serve(plays).await;
        });
    }

    async fn set_state(
        &mut self,
        state: EndpointState,
        opening: Option<StdListener>,
    ) -> io::Result<()> {
        self.drain()?;
        if let Some(listener) = opening {
            self.listener = Some(TcpListener::from_std(listener)?);
        }
        match (state, &self.listener) {
            (EndpointState::Up, Some(listener)) => {
                if let Some(firewall) = self.firewall.take() {
                    firewall.lower(listener)?;
                }
            }
            (EndpointState::Dropped, Some(listener)) if self.firewall.is_none() => {
                let (addr, on_stage) = (self.node.addr(), self.node.endpoint.is_some());
                self.firewall = Firewall::raise(SockRef::from(listener), addr, on_stage)?;
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
        self.node.has_state(state);
        Ok(())
    }

    /// Also where a child process that another thread forks just now still holds the listener until it runs `exec`.
    fn stop_listening(&mut self) {
        if let Some(listener) = self.listener.take() {
            let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
        }
    }

    /// Accepts what the kernel has accepted, so that no connection is cut that its client believes to stand.
    fn drain(&mut self) -> io::Result<()> {
        while let Some((socket, peer)) = self.waiting() {
            socket.set_nonblocking(true)?;
            let stream = TcpStream::from_std(socket.into())?;
            if let Some(peer) = peer.as_socket() {
                self.accept(stream, peer);
            }
        }
        Ok(())
    }

    /// The next connection that the kernel has accepted, with the peer as it was: one that was reset meanwhile tells it no
    /// more.
    fn waiting(&self) -> Option<(Socket, SockAddr)> {
        SockRef::from(self.open_listener()?).accept().ok()
    }

    /// The listener, unless it is behind a firewall.
    fn open_listener(&self) -> Option<&TcpListener> {
        self.listener.as_ref().filter(|_| self.firewall.is_none())
    }
}

/// However the host ends: what others have sent by now is journalled, and nobody waits for what will not be accepted.
impl Drop for NodeTask {
    fn drop(&mut self) {
        while let Some((socket, peer)) = self.waiting() {
            if let (Some(peer), Ok(())) = (peer.as_socket(), socket.set_nonblocking(true)) {
                Recorder::new(self.node.clone(), self.node.accepted(peer).0)
                    .record_waiting(SockRef::from(&socket));
            }
        }
        self.stop_listening();
        self.node.has_stopped();
    }
}

/// A connection that was gone before it was accepted says nothing about the next one.
fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}
