//! The sockets of the checks. No other module opens one.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use flash_policy_core::wire::{POLICY_REQUEST, Sent};
use flash_policy_net::{ConnectFailure, PeerConnection, RealTime};
use tokio::task::JoinSet;

use super::check::Step;
use super::observation::{End, Observation, Until};

/// The way to the server, and the clock of the run.
#[derive(Clone, Debug)]
pub(super) struct Target {
    addr: SocketAddr,
    port: u16,
    budget: Duration,
    time: RealTime,
    started: Instant,
}

/// One connection, and what was heard on it. Dropped, it is closed.
#[derive(Debug)]
pub(super) struct Conversation {
    /// `None` where it never stood.
    peer: Option<PeerConnection>,
    observation: Observation,
    target: Target,
    opened: Instant,
}

impl Target {
    pub(super) fn new(addr: SocketAddr, port: u16, budget: Duration) -> Self {
        Self { addr, port, budget, time: RealTime::default(), started: Instant::now() }
    }

    /// The port that the server stands for.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// How long a good answer may take.
    pub(super) fn budget(&self) -> Duration {
        self.budget
    }

    /// Since the run began.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Connects. A connection that does not stand is one on which nothing is observed.
    pub(super) async fn open(&self) -> io::Result<Conversation> {
        let opened = Instant::now();
        let observation = Observation::new();
        let mut conversation =
            Conversation { peer: None, observation, target: self.clone(), opened };
        let end = match self.limit(self.budget, PeerConnection::connect(self.addr)).await? {
            None => End::Dropped,
            Some(Ok(peer)) => {
                peer.stream().set_nodelay(true)?;
                conversation.peer = Some(peer);
                return Ok(conversation);
            }
            Some(Err(error)) => match ConnectFailure::of(&error) {
                Some(ConnectFailure::Refused) => End::Refused,
                Some(ConnectFailure::Reset) => End::Rst,
                Some(ConnectFailure::TimedOut) => End::Dropped,
                _ => return Err(error),
            },
        };
        conversation.observation.end(end, opened.elapsed());
        Ok(conversation)
    }

    /// One good request, and what is heard of it within the budget.
    pub(super) async fn ask(&self, until: Until) -> io::Result<Observation> {
        let mut line = self.open().await?;
        line.play(&[Step::Send(POLICY_REQUEST.to_vec())]).await?;
        line.hear(until, line.left()).await?;
        Ok(line.close())
    }

    /// So many at the same time.
    pub(super) async fn together<T, F>(
        &self,
        count: usize,
        one: impl Fn(Self) -> F,
    ) -> io::Result<Vec<T>>
    where
        T: Send + 'static,
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        let mut running = JoinSet::new();
        for _ in 0..count {
            running.spawn(one(self.clone()));
        }
        let mut done = Vec::with_capacity(count);
        while let Some(joined) = running.join_next().await {
            done.push(joined.map_err(io::Error::other)??);
        }
        Ok(done)
    }

    pub(super) async fn pause(&self, pause: Duration) -> io::Result<()> {
        self.limit(pause, std::future::pending::<()>()).await.map(|_| ())
    }

    /// What comes of `future`, unless it takes longer than `limit`.
    pub(super) async fn limit<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> io::Result<Option<F::Output>> {
        Ok(self.time.limit(limit, future).await?.0)
    }
}

impl Conversation {
    /// Does what is said, and listens in the pauses. What a peer that is gone cannot be sent is left out.
    pub(super) async fn play(&mut self, steps: &[Step]) -> io::Result<()> {
        for step in steps {
            match step {
                Step::Send(bytes) => self.send(bytes).await?,
                Step::Pause(pause) => self.hear(Until::End, *pause).await?,
                Step::Finish => {
                    if let Some(peer) = &mut self.peer {
                        peer.finish().await;
                    }
                }
            }
        }
        Ok(())
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let is_open = self.observation.how_it_ended() == End::Open;
        let Some(peer) = self.peer.as_mut().filter(|_| is_open) else {
            return Ok(());
        };
        if self.target.limit(self.target.budget, peer.send(bytes)).await? == Some(true) {
            peer.check_for_reset();
        }
        Ok(())
    }

    /// What is left of the budget of a request that was sent at once (rulebook T1).
    pub(super) fn left(&self) -> Duration {
        self.target.budget.saturating_sub(self.opened.elapsed())
    }

    /// Listens, but not longer than `limit`.
    pub(super) async fn hear(&mut self, until: Until, limit: Duration) -> io::Result<()> {
        let target = self.target.clone();
        target.limit(limit, self.listen(until)).await?;
        self.observation.wait(self.opened.elapsed());
        Ok(())
    }

    async fn listen(&mut self, until: Until) {
        while !self.observation.is_enough(until) {
            let Some(peer) = &mut self.peer else {
                return;
            };
            let sent = peer.read().await;
            let at = self.opened.elapsed();
            match sent {
                Sent::Bytes(bytes) => self.observation.receive(&bytes, at),
                Sent::Fin => self.observation.end(End::Fin, at),
                Sent::Rst => self.observation.end(End::Rst, at),
            }
        }
    }

    /// A peer that closed before it had read all resets at the next byte, which may still be on its
    /// way.
    pub(super) async fn await_reset(&mut self, limit: Duration) -> io::Result<()> {
        if self.observation.how_it_ended() == End::Fin {
            self.target.pause(limit).await?;
            if self.peer.as_mut().is_some_and(PeerConnection::check_for_reset) {
                self.observation.end(End::Rst, self.opened.elapsed());
            }
        }
        Ok(())
    }

    pub(super) fn observation(&self) -> &Observation {
        &self.observation
    }

    pub(super) fn close(self) -> Observation {
        self.observation
    }

    /// Closes with a RST.
    pub(super) fn abort(self) -> io::Result<()> {
        self.peer.map_or(Ok(()), PeerConnection::abort)
    }
}
