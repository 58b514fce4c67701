//! One attempt over real sockets: what the lookup asks for is done, and what happens is told to it.

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

use super::{ConnectError, FlashClient, FlashSocket, Outcome, Tally};
use crate::net::{Claim, Declared, Play, Route};

/// How long the end of a foreign policy connection is watched after the answer: first as it is, then after this
/// side's FIN. Only the notes depend on it, and the player's clock does not count it.
const FAREWELL: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// One attempt. If it is dropped before it is decided, the session forgets the load in progress.
pub(super) struct ConnectAttempt<'a> {
    client: &'a FlashClient,
    lookup: Option<Lookup>,
    /// The player's clock, counted from `connect()`.
    clock: Duration,
    open: Option<OpenConnection>,
}

/// The connection in progress. The stream stands before the tally, which speaks when it is closed.
struct OpenConnection {
    connection: PeerConnection,
    tally: Option<Tally>,
    peer: Peer,
    opened_at: Duration,
    sent: usize,
    /// Nothing more is to be read; a script knows that itself.
    over: bool,
}

/// Who is waited for, and so by whose clock.
enum Peer {
    /// Not of this crate: by the real clock.
    Foreign,
    /// Declared, and without pauses: no time passes.
    Prompt,
    /// Declared, with pauses: by its script.
    Scripted(Claim, VecDeque<Stamped>),
}

impl<'a> ConnectAttempt<'a> {
    pub(super) fn start(client: &'a FlashClient, host: &str, port: i64) -> Self {
        let lookup = Lookup::start(&mut client.session(), client.swf(), host, port);
        Self { client, lookup: Some(lookup), clock: Duration::ZERO, open: None }
    }

    pub(super) async fn run(mut self) -> Result<Outcome, ConnectError> {
        while let Some(lookup) = &self.lookup {
            let heard;
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
                    heard = self.hear(until).await?;
                    heard.as_ref().into()
                }
                Action::Close => {
                    self.close().await;
                    Event::Closed
                }
                Action::Join { endpoint, until } => self.join(&endpoint, until).await?,
                Action::Decided => break,
            };
            self.tell(event);
        }
        let socket = self
            .open
            .take()
            .map(|open| FlashSocket { stream: open.connection.into_stream(), tally: open.tally });
        Ok(self.lookup.take().expect("the lookup is taken here, once").finish(socket))
    }

    fn tell(&mut self, event: Event<'_>) {
        if let Some(lookup) = &mut self.lookup {
            lookup.handle(&mut self.client.session(), event, self.clock);
            self.client.changed.notify_waiters();
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
        let tally = route.declared.clone().map(Tally::new);
        let opened = match &route.declared {
            None => {
                let connecting = PeerConnection::connect(route.address);
                let Some(opened) = self.limit(until, connecting).await? else {
                    return Ok(Event::Elapsed);
                };
                opened.map(|connection| (connection, Peer::Foreign))
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
        match opened
            .and_then(|(connection, peer)| OpenConnection::new(connection, peer, tally, self.clock))
        {
            Ok(open) => {
                self.open = Some(open);
                Ok(Event::Connected)
            }
            Err(error) => failure(&error).ok_or_else(|| ConnectError::io(endpoint, error)),
        }
    }

    /// What comes next, until the player's time `until`.
    async fn hear(&mut self, until: Duration) -> Result<Option<Sent>, ConnectError> {
        let Some(mut open) = self.open.take() else {
            return Ok(Some(Sent::Rst));
        };
        let heard = match &open.peer {
            Peer::Foreign => self.limit(until, open.read()).await?,
            Peer::Prompt => Some(open.read().await),
            Peer::Scripted(..) => {
                let (at, heard) = open.play(until).await.unzip();
                self.clock = at.unwrap_or(until);
                heard
            }
        };
        open.over |= heard.is_none();
        self.open = Some(open);
        Ok(heard)
    }

    /// Closes the policy connection, and tells what is seen of the peer's end.
    async fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            for heard in open.rest(self.clock, &self.client.real_time).await {
                self.tell(Some(&heard).into());
            }
        }
    }

    /// Waits until another attempt of this session has loaded `endpoint` (rulebook C4). What it waits for costs what
    /// it cost the other one: by the script where the endpoint is declared, else by the real clock.
    async fn join(
        &mut self,
        endpoint: &Endpoint,
        until: Duration,
    ) -> Result<Event<'static>, ConnectError> {
        let client = self.client;
        let loaded = async {
            loop {
                let mut changed = pin!(client.changed.notified());
                changed.as_mut().enable();
                if !client.session().is_loading(endpoint) {
                    break;
                }
                changed.await;
            }
        };
        let foreign = client.network.find(endpoint).is_some_and(|route| route.declared.is_none());
        let joined = if foreign {
            self.limit(until, loaded).await?.is_some()
        } else {
            loaded.await;
            let took = client.session().answer(endpoint).map(|answer| answer.took());
            self.clock = (self.clock + took.unwrap_or_default()).min(until);
            self.clock < until
        };
        Ok(if joined { Event::Joined } else { Event::Elapsed })
    }

    /// Waits for a foreign peer by the real clock, which is the player's clock meanwhile. `None` at `until`.
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
            self.client.changed.notify_waiters();
        }
    }
}

impl OpenConnection {
    fn new(
        connection: PeerConnection,
        peer: Peer,
        mut tally: Option<Tally>,
        opened_at: Duration,
    ) -> io::Result<Self> {
        if let Some(tally) = &mut tally {
            tally.stands(connection.stream())?;
        }
        Ok(Self { connection, tally, peer, opened_at, sent: 0, over: false })
    }

    /// A foreign peer that had closed already answers with a reset, which the end of its stream would
    /// hide. What a declared peer does is known.
    async fn send(&mut self, bytes: &[u8]) {
        if self.connection.send(bytes).await {
            self.sent += bytes.len();
            if matches!(self.peer, Peer::Foreign) {
                self.connection.check_for_reset();
            }
        }
    }

    async fn read(&mut self) -> Sent {
        let sent = self.connection.read().await;
        self.over |= self.connection.is_over();
        sent
    }

    /// Asks the server to play on, and reads what its script says that it sends.
    async fn play(&mut self, until: Duration) -> Option<(Duration, Sent)> {
        let (opened_at, sent) = (self.opened_at, self.sent);
        let Peer::Scripted(claim, coming) = &mut self.peer else {
            return None;
        };
        if coming.is_empty() {
            let (reply, told) = oneshot::channel();
            // A server that is gone drops the request, and with it the reply.
            let _ = claim.send(Play { sent, until: until.saturating_sub(opened_at), reply });
            match told.await {
                Ok(stamped) => coming.extend(stamped),
                Err(_) => return Some((until, Sent::Rst)),
            }
        }
        let stamped = coming.pop_front()?;
        Some((opened_at + stamped.at, self.connection.read_declared(stamped.sent).await))
    }

    /// What is still seen of a peer whose answer is over.
    async fn rest(&mut self, clock: Duration, real_time: &RealTime) -> Vec<Sent> {
        let mut heard = Vec::new();
        match &mut self.peer {
            Peer::Prompt => self.read_end(&mut heard).await,
            Peer::Foreign => self.farewell(&mut heard, real_time).await,
            Peer::Scripted(_, coming) => {
                let due = coming
                    .iter()
                    .take_while(|stamped| self.opened_at + stamped.at <= clock)
                    .count();
                for stamped in coming.drain(..due) {
                    heard.push(self.connection.read_declared(stamped.sent).await);
                }
            }
        }
        heard
    }

    /// Watches for a while how a foreign peer ends the connection, which the player would just close: what it does by
    /// itself, and whether it resets when it is closed.
    async fn farewell(&mut self, heard: &mut Vec<Sent>, real_time: &RealTime) {
        let _ = real_time.limit(FAREWELL[0], self.read_end(heard)).await;
        if !self.over {
            self.connection.finish().await;
            let mut late = Vec::new();
            let _ = real_time.limit(FAREWELL[1], self.read_end(&mut late)).await;
            heard.extend(late.into_iter().filter(|late| matches!(late, Sent::Rst)));
        }
    }

    /// Reads until the peer's end, but no more than an answer may have.
    async fn read_end(&mut self, heard: &mut Vec<Sent>) {
        let mut room = MAX_ANSWER_BYTES;
        while !self.over && room > 0 {
            let next = self.read().await;
            if let Sent::Bytes(bytes) = &next {
                room = room.saturating_sub(bytes.len());
            }
            heard.push(next);
        }
    }
}

/// Connects from an address that the server was told of before, so that it plays its script on request.
async fn connect_claimed(
    route: &Route,
    declared: &Arc<dyn Declared>,
) -> io::Result<(PeerConnection, Peer)> {
    let (socket, any) = match route.address {
        SocketAddr::V4(_) => (TcpSocket::new_v4()?, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        SocketAddr::V6(_) => (TcpSocket::new_v6()?, SocketAddr::from((Ipv6Addr::LOCALHOST, 0))),
    };
    socket.bind(any)?;
    let local = socket.local_addr()?;
    let claim = declared.claim(local);
    let stream = socket.connect(route.address).await.inspect_err(|_| declared.unclaim(local))?;
    Ok((PeerConnection::new(stream), Peer::Scripted(claim, VecDeque::new())))
}

/// Returns what a failed connect means to the player; `None` where it is this machine that failed.
fn failure(error: &io::Error) -> Option<Event<'static>> {
    match ConnectFailure::of(error)? {
        ConnectFailure::Refused => Some(Event::Refused),
        ConnectFailure::Reset => Some(Event::Reset),
        ConnectFailure::TimedOut => Some(Event::Elapsed),
        _ => None,
    }
}
