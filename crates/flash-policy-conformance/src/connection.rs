//! The sockets of the checks. No other module opens one. It does not know the checks.

mod ordered_stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flash_policy_core::diagnosis::Opening;
use flash_policy_core::player::Endpoint;
use flash_policy_core::wire::{POLICY_REQUEST, Sent};
use flash_policy_net::{ConnectFailure, RealTime};
use tokio::task::JoinSet;

use crate::lateness::Lateness;
use crate::observation::{ConnectionEnd, ListenUntil, Observation};
use crate::steps::Step;
use crate::verdicts::Location;
use ordered_stream::OrderedStream;

/// The time that the server has to close after this side has sent its FIN.
const LEAVING: Duration = Duration::from_millis(100);

/// The time between two measurements of how late this machine acts.
const HEARTBEAT: Duration = Duration::from_millis(5);

/// The server under test, the time it has for an answer, and the clock of the run.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    addr: SocketAddr,
    location: Location,
    budget: Duration,
    time: RealTime,
    lateness: Lateness,
    opened: Arc<AtomicUsize>,
    started: Instant,
}

impl Target {
    pub(crate) fn new(addr: SocketAddr, logical_port: u16, budget: Duration) -> Self {
        let location = Location::new(Endpoint::new(&addr.ip().to_string(), logical_port), budget);
        Self {
            addr,
            location,
            budget,
            time: RealTime::default(),
            lateness: Lateness::default(),
            opened: Arc::default(),
            started: Instant::now(),
        }
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the time in which an answer must be complete.
    pub(crate) fn budget(&self) -> Duration {
        self.budget
    }

    /// Returns the time since the run began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the number of connections that were opened so far.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// Returns how late this machine acts.
    pub(crate) fn lateness(&self) -> &Lateness {
        &self.lateness
    }

    /// Measures for ever how late this machine acts.
    pub(crate) async fn measure_lateness(self) -> io::Result<()> {
        loop {
            self.pause(HEARTBEAT).await?;
        }
    }

    /// Connects. If the server lets the connect fail, nothing arrives in the conversation.
    pub(crate) async fn open(&self) -> io::Result<Conversation> {
        let opened = Instant::now();
        let mut conversation = Conversation {
            peer: None,
            observation: Observation::new(),
            target: self.clone(),
            opened,
        };
        match self.limit(self.budget, OrderedStream::connect(self.addr)).await? {
            Some(Ok(peer)) => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                conversation.peer = Some(peer);
            }
            Some(Err(error)) => {
                let opening = failed_opening(error)?;
                conversation.observation = Observation::not_opened(opening, opened.elapsed());
            }
            None => {
                conversation.observation =
                    Observation::not_opened(Opening::Dropped, opened.elapsed());
            }
        }
        Ok(conversation)
    }

    /// Sends one correct request and returns what arrives within the budget.
    pub(crate) async fn request(&self, until: ListenUntil) -> io::Result<Observation> {
        let mut conversation = self.open().await?;
        conversation.play(&[Step::Send(POLICY_REQUEST.to_vec())]).await?;
        conversation.listen(until, conversation.remaining_budget()).await?;
        conversation.leave().await
    }

    /// Starts `count` tasks at the same time and returns all their results.
    pub(crate) async fn concurrently<T, F>(
        &self,
        count: usize,
        task: impl Fn(Self) -> F,
    ) -> io::Result<Vec<T>>
    where
        T: Send + 'static,
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        let mut running = JoinSet::new();
        for _ in 0..count {
            running.spawn(task(self.clone()));
        }
        let mut results = Vec::with_capacity(count);
        while let Some(joined) = running.join_next().await {
            results.push(joined.map_err(io::Error::other)??);
        }
        Ok(results)
    }

    /// Leaves all conversations at the same time.
    pub(crate) async fn leave_all(
        conversations: Vec<Conversation>,
    ) -> io::Result<Vec<Observation>> {
        let mut leaving = JoinSet::new();
        for conversation in conversations {
            leaving.spawn(conversation.leave());
        }
        let mut observations = Vec::new();
        while let Some(left) = leaving.join_next().await {
            observations.push(left.map_err(io::Error::other)??);
        }
        Ok(observations)
    }

    pub(crate) async fn pause(&self, pause: Duration) -> io::Result<()> {
        self.limit(pause, std::future::pending::<()>()).await?;
        Ok(())
    }

    /// Returns the output of `future`, or `None` if it takes longer than `limit`.
    pub(crate) async fn limit<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> io::Result<Option<F::Output>> {
        let (output, took) = self.time.limit(limit, future).await?;
        if output.is_none() {
            self.lateness.record(limit, took);
        }
        Ok(output)
    }
}

/// Returns what a failed connect says about the server, or the error if this machine failed.
fn failed_opening(error: io::Error) -> io::Result<Opening> {
    match ConnectFailure::of(&error) {
        Some(ConnectFailure::Refused) => Ok(Opening::Refused),
        Some(ConnectFailure::Reset) => Ok(Opening::Reset),
        Some(ConnectFailure::TimedOut) => Ok(Opening::Dropped),
        _ => Err(error),
    }
}

/// One connection, and what was observed on it. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Conversation {
    /// `None` if the connect failed.
    peer: Option<OrderedStream>,
    observation: Observation,
    target: Target,
    opened: Instant,
}

impl Conversation {
    /// Does the steps in order, and listens during the pauses.
    pub(crate) async fn play(&mut self, steps: &[Step]) -> io::Result<()> {
        for step in steps {
            match step {
                Step::Send(bytes) => self.send(bytes).await?,
                Step::Pause(pause) => self.listen(ListenUntil::Close, *pause).await?,
                Step::Finish => self.finish().await,
            }
        }
        Ok(())
    }

    /// Sends `bytes`, unless the connection has ended.
    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(peer) = &mut self.peer else {
            return Ok(());
        };
        if !self.observation.is_open() {
            return Ok(());
        }
        if self.target.limit(self.target.budget, peer.send(bytes)).await? == Some(true) {
            self.observation.record_sent(bytes.len(), self.opened.elapsed());
        }
        Ok(())
    }

    async fn finish(&mut self) {
        if let Some(peer) = &mut self.peer {
            peer.finish().await;
        }
    }

    /// Returns the part of the budget that is left since the connect began (rulebook T1).
    pub(crate) fn remaining_budget(&self) -> Duration {
        self.target.budget.saturating_sub(self.opened.elapsed())
    }

    /// Observes the connection for at most `limit`.
    pub(crate) async fn listen(&mut self, until: ListenUntil, limit: Duration) -> io::Result<()> {
        let target = self.target.clone();
        target.limit(limit, self.read(until)).await?;
        self.observation.record_silence(self.opened.elapsed());
        Ok(())
    }

    async fn read(&mut self, until: ListenUntil) {
        while !self.observation.has_reached(until) {
            let Some(peer) = &mut self.peer else {
                return;
            };
            let sent = peer.read().await;
            let at = self.opened.elapsed();
            match sent {
                Sent::Bytes(bytes) => self.observation.record_bytes(&bytes, at),
                Sent::Fin => self.observation.record_fin(at),
                Sent::Rst => self.observation.record_rst(at),
            }
        }
    }

    /// Waits for a reset that follows a FIN: a peer that closes before it has read everything
    /// resets the connection when the next byte arrives.
    pub(crate) async fn await_reset(&mut self, limit: Duration) -> io::Result<()> {
        if self.observation.end() != ConnectionEnd::Fin {
            return Ok(());
        }
        self.target.pause(limit).await?;
        if self.peer.as_mut().is_some_and(OrderedStream::was_reset_after_close) {
            self.observation.record_rst(self.opened.elapsed());
        }
        Ok(())
    }

    pub(crate) fn observation(&self) -> &Observation {
        &self.observation
    }

    /// Leaves as a client that is done: reads everything, sends a FIN, and reads on for a moment.
    /// So no unread byte turns the close into a reset. Returns what was observed before.
    pub(crate) async fn leave(self) -> io::Result<Observation> {
        let Self { peer, mut observation, target, .. } = self;
        if let (Some(mut peer), true) = (peer, observation.is_open()) {
            peer.finish().await;
            let rest = async {
                while let Sent::Bytes(bytes) = peer.read().await {
                    if !observation.record_after_leaving(&bytes) {
                        break;
                    }
                }
            };
            target.limit(LEAVING.min(target.budget / 10), rest).await?;
        }
        Ok(observation)
    }

    /// Closes the connection with a RST.
    pub(crate) fn abort(self) -> io::Result<()> {
        self.peer.map_or(Ok(()), OrderedStream::abort)
    }
}
