//! One connection attempt over real sockets.
//!
//! The attempt carries out the actions of a [`Lookup`] and reports back what happened and when. It
//! knows no rule of the player: the lookup decides.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use flash_policy_core::player::{Action, Endpoint, Event, Lookup, Purpose};
use flash_policy_core::wire::{EndpointState, MAX_ANSWER_BYTES, Sent, Stamped};
use flash_policy_net::{ConnectFailure, PausedClock, PeerConnection, RealTime};
use tokio::net::TcpSocket;
use tokio::sync::oneshot;

use super::{CloseReport, ConnectError, FlashClient, FlashSocket, Outcome};
use crate::net::{Claim, Declared, PlayRequest, Route};

/// The time to watch how a foreign peer reacts to this side's FIN. Only diagnostics depend on it,
/// and the player's clock does not count it.
const WATCH_AFTER_FIN: Duration = Duration::from_secs(1);

/// A connection attempt. If it is dropped before it is decided, the session abandons the load in
/// progress.
pub(super) struct ConnectAttempt<'a> {
    client: &'a FlashClient,
    /// `None` once the outcome was taken from it.
    lookup: Option<Lookup>,
    /// The player's time since `connect()`.
    clock: Duration,
    open: Option<OpenConnection>,
}

impl<'a> ConnectAttempt<'a> {
    pub(super) fn start(client: &'a FlashClient, host: &str, port: i64) -> Self {
        let mut session = client.session();
        for (at, port) in client.network.picked() {
            session.pick(at.clone(), port.clone());
        }
        let lookup = Lookup::start(&mut session, client.swf(), host, port);
        drop(session);
        Self { client, lookup: Some(lookup), clock: Duration::ZERO, open: None }
    }

    /// Runs the attempt to its outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if this machine failed, not the network under test.
    pub(super) async fn run(mut self) -> Result<Outcome, ConnectError> {
        while let Some(lookup) = &self.lookup {
            let received;
            let event = match lookup.action() {
                Action::Connect { endpoint, purpose, until } => {
                    self.connect(&endpoint, purpose, until).await?
                }
                Action::Send(bytes) => {
                    if let Some(open) = &mut self.open {
                        open.send(bytes).await;
                    }
                    Event::Sent
                }
                Action::Receive { until } => {
                    received = self.receive(until).await?;
                    received.as_ref().into()
                }
                Action::Close { watch } => {
                    self.close(watch).await;
                    Event::Closed
                }
                Action::Join { endpoint, until } => self.join(&endpoint, until).await?,
                Action::Decided => break,
            };
            self.report(event);
        }
        let socket = self.open.take().map(|open| FlashSocket {
            stream: open.connection.into_stream(),
            close_report: open.close_report,
        });
        Ok(self.lookup.take().expect("the lookup is taken here, once").finish(socket))
    }

    /// Reports an event to the lookup, at the player's time.
    fn report(&mut self, event: Event<'_>) {
        self.report_at(event, self.clock);
    }

    fn report_at(&mut self, event: Event<'_>, at: Duration) {
        if let Some(lookup) = &mut self.lookup {
            lookup.handle(&mut self.client.session(), event, at);
            self.client.session_changed.notify_waiters();
        }
    }

    async fn connect(
        &mut self,
        endpoint: &Endpoint,
        purpose: Purpose,
        until: Duration,
    ) -> Result<Event<'static>, ConnectError> {
        let map = &self.client.network;
        if map.is_unknown(endpoint.host()) {
            return Ok(Event::NameNotFound);
        }
        let Some(route) = map.find(endpoint) else {
            return Ok(Event::NotMapped);
        };
        if route.declared.as_ref().is_some_and(|declared| declared.is_stopped()) {
            return Ok(Event::Stopped);
        }
        let is_stand_in =
            route.declared.as_ref().is_some_and(|declared| declared.is_backend_only());
        let close_report = route.declared.clone().map(CloseReport::new);
        let connected = match &route.declared {
            None => {
                let connecting = PeerConnection::connect(route.address);
                let Some(connected) = self.limit(until, connecting).await? else {
                    return Ok(Event::Elapsed);
                };
                connected.map(|connection| (connection, Peer::Foreign))
            }
            Some(declared) if declared.state() == EndpointState::Dropped => {
                self.clock = until;
                return Ok(Event::Elapsed);
            }
            Some(declared) if purpose == Purpose::Policy && !declared.is_prompt() => {
                connect_claimed(route, declared).await
            }
            Some(_) => PeerConnection::connect(route.address)
                .await
                .map(|connection| (connection, Peer::Prompt)),
        };
        let opened = connected.and_then(|(connection, peer)| {
            OpenConnection::new(connection, peer, close_report, self.clock)
        });
        match opened {
            Ok(open) => {
                self.open = Some(open);
                Ok(if is_stand_in { Event::ConnectedToStandIn } else { Event::Connected })
            }
            Err(error) => peer_failure(&error).ok_or_else(|| ConnectError::io(endpoint, error)),
        }
    }

    /// Receives what comes next. Returns `None` if the player's time `until` comes first.
    async fn receive(&mut self, until: Duration) -> Result<Option<Sent>, ConnectError> {
        let Some(mut open) = self.open.take() else {
            return Ok(Some(Sent::Rst));
        };
        let received = match &open.peer {
            Peer::Foreign => self.limit(until, open.read()).await?,
            Peer::Prompt => Some(open.read().await),
            Peer::Scripted(..) => {
                let (at, received) = open.play(until).await.unzip();
                self.clock = at.unwrap_or(until);
                received
            }
        };
        open.is_over |= received.is_none();
        self.open = Some(open);
        Ok(received)
    }

    /// Closes the policy connection, and reports what is still seen of the peer within `watch`.
    async fn close(&mut self, watch: Duration) {
        if let Some(mut open) = self.open.take() {
            for Stamped { at, sent } in open.drain(self.clock, watch, &self.client.real_time).await
            {
                self.report_at(Some(&sent).into(), at);
            }
        }
    }

    /// Waits until another attempt of this session has loaded `endpoint` (rulebook C4).
    ///
    /// The wait costs the player's time that the load cost the other attempt. At a declared
    /// endpoint that is the script's time, and elsewhere the real time.
    async fn join(
        &mut self,
        endpoint: &Endpoint,
        until: Duration,
    ) -> Result<Event<'static>, ConnectError> {
        let client = self.client;
        let loaded = async {
            loop {
                let mut changed = pin!(client.session_changed.notified());
                changed.as_mut().enable();
                if !client.session().is_loading(endpoint) {
                    break;
                }
                changed.await;
            }
        };
        let is_foreign =
            client.network.find(endpoint).is_some_and(|route| route.declared.is_none());
        let is_loaded = if is_foreign {
            self.limit(until, loaded).await?.is_some()
        } else {
            loaded.await;
            let took = client.session().answer(endpoint).map(|answer| answer.took());
            self.clock = (self.clock + took.unwrap_or_default()).min(until);
            self.clock < until
        };
        Ok(if is_loaded { Event::Joined } else { Event::Elapsed })
    }

    /// Waits for a foreign peer by the real clock, and advances the player's clock by the same
    /// time. Returns `None` if the player's time `until` comes first.
    async fn limit<F: Future>(
        &mut self,
        until: Duration,
        future: F,
    ) -> Result<Option<F::Output>, ConnectError> {
        let limit = until.saturating_sub(self.clock);
        let waited = self.client.real_time.limit(limit, future).await;
        let (output, took) = waited.map_err(|PausedClock| ConnectError::paused_clock())?;
        self.clock = if output.is_some() { (self.clock + took).min(until) } else { until };
        Ok(output)
    }
}

impl Drop for ConnectAttempt<'_> {
    fn drop(&mut self) {
        if let Some(location) = self.lookup.as_ref().and_then(Lookup::loading) {
            self.client.session().abandon(location);
            self.client.session_changed.notify_waiters();
        }
    }
}

/// The connection in progress.
struct OpenConnection {
    connection: PeerConnection,
    /// Declared after the connection, so that it reports the close when the socket is closed.
    close_report: Option<CloseReport>,
    peer: Peer,
    opened_at: Duration,
    /// The number of bytes that were sent.
    sent: usize,
    /// True once nothing more is to be read. A scripted peer leaves it unset, because its script
    /// ends by itself.
    is_over: bool,
}

/// The kind of peer, which says by which clock to wait for it.
enum Peer {
    /// A peer that is not of this crate. The real clock runs.
    Foreign,
    /// A declared peer without pauses. No time passes.
    Prompt,
    /// A declared peer with pauses. Its script's time passes. The queue holds what the script sends
    /// and the lookup has not received yet.
    Scripted(Claim, VecDeque<Stamped>),
}

impl OpenConnection {
    fn new(
        connection: PeerConnection,
        peer: Peer,
        mut close_report: Option<CloseReport>,
        opened_at: Duration,
    ) -> io::Result<Self> {
        if let Some(report) = &mut close_report {
            report.connected(connection.stream())?;
        }
        Ok(Self { connection, close_report, peer, opened_at, sent: 0, is_over: false })
    }

    /// Sends bytes.
    ///
    /// A foreign peer that had already closed answers with a reset. The end of its stream would
    /// hide the reset, so it is looked for at once. A declared peer's behaviour is known.
    async fn send(&mut self, bytes: &[u8]) {
        if self.connection.send(bytes).await {
            self.sent += bytes.len();
            if matches!(self.peer, Peer::Foreign) {
                self.connection.check_for_reset();
            }
        }
    }

    async fn read(&mut self) -> Sent {
        let received = self.connection.read().await;
        self.is_over |= self.connection.is_over();
        received
    }

    /// Asks the server to play its script to the player's time `until`, and reads what the script
    /// sends next. Returns `None` if it sends nothing by then.
    async fn play(&mut self, until: Duration) -> Option<(Duration, Sent)> {
        let Peer::Scripted(claim, coming) = &mut self.peer else {
            return None;
        };
        if coming.is_empty() {
            let (reply, answer) = oneshot::channel();
            let until_in_script = until.saturating_sub(self.opened_at);
            // A server that has stopped drops the request, and with it the reply.
            let _ = claim.send(PlayRequest { sent: self.sent, until: until_in_script, reply });
            match answer.await {
                Ok(stamped) => coming.extend(stamped),
                Err(_) => return Some((until, Sent::Rst)),
            }
        }
        let stamped = coming.pop_front()?;
        let received = self.connection.read_declared(stamped.sent).await;
        Some((self.opened_at + stamped.at, received))
    }

    /// Reads what is still seen of a peer behind its answer, which ended at the player's time
    /// `clock`.
    async fn drain(
        &mut self,
        clock: Duration,
        watch: Duration,
        real_time: &RealTime,
    ) -> Vec<Stamped> {
        let mut received = Vec::new();
        match &mut self.peer {
            Peer::Prompt => self.read_to_end(&mut received).await,
            Peer::Foreign => self.watch_end(&mut received, watch, real_time).await,
            Peer::Scripted(..) => return self.drain_script(clock.saturating_add(watch)).await,
        }
        received.into_iter().map(|sent| Stamped { at: clock, sent }).collect()
    }

    /// Reads what a script still sends up to the player's time `until`.
    async fn drain_script(&mut self, until: Duration) -> Vec<Stamped> {
        let Peer::Scripted(_, coming) = &mut self.peer else {
            return Vec::new();
        };
        let opened_at = self.opened_at;
        let is_due = |stamped: &&Stamped| opened_at + stamped.at <= until;
        let due = coming.iter().take_while(is_due).count();
        let mut received = Vec::new();
        for Stamped { at, sent } in coming.drain(..due) {
            let sent = self.connection.read_declared(sent).await;
            received.push(Stamped { at: opened_at + at, sent });
        }
        received
    }

    /// Watches for a while how a foreign peer ends the connection: what it does by itself, and
    /// whether it resets when this side closes. The player would simply close.
    async fn watch_end(&mut self, received: &mut Vec<Sent>, watch: Duration, real_time: &RealTime) {
        let _ = real_time.limit(watch, self.read_to_end(received)).await;
        if !self.is_over {
            self.connection.finish().await;
            let mut late = Vec::new();
            let _ = real_time.limit(WATCH_AFTER_FIN, self.read_to_end(&mut late)).await;
            received.extend(late.into_iter().filter(|late| matches!(late, Sent::Rst)));
        }
    }

    /// Reads to the end of the peer's stream, but at most [`MAX_ANSWER_BYTES`] or one segment more.
    async fn read_to_end(&mut self, received: &mut Vec<Sent>) {
        let mut room = MAX_ANSWER_BYTES;
        while !self.is_over && room > 0 {
            let next = self.read().await;
            if let Sent::Bytes(bytes) = &next {
                room = room.saturating_sub(bytes.len());
            }
            received.push(next);
        }
    }
}

/// Connects from an address that was announced to the server before, so that the server plays its
/// script on request.
async fn connect_claimed(
    route: &Route,
    declared: &Arc<dyn Declared>,
) -> io::Result<(PeerConnection, Peer)> {
    let (socket, any_port) = match route.address {
        SocketAddr::V4(_) => (TcpSocket::new_v4()?, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        SocketAddr::V6(_) => (TcpSocket::new_v6()?, SocketAddr::from((Ipv6Addr::LOCALHOST, 0))),
    };
    socket.bind(any_port)?;
    let local = socket.local_addr()?;
    let claim = declared.claim(local);
    let stream = socket.connect(route.address).await.inspect_err(|_| declared.unclaim(local))?;
    Ok((PeerConnection::new(stream), Peer::Scripted(claim, VecDeque::new())))
}

/// Returns what a failed connect means to the player, or `None` if this machine failed.
fn peer_failure(error: &io::Error) -> Option<Event<'static>> {
    match ConnectFailure::of(error)? {
        ConnectFailure::Refused => Some(Event::Refused),
        ConnectFailure::Reset => Some(Event::Reset),
        ConnectFailure::TimedOut => Some(Event::Elapsed),
        _ => None,
    }
}
