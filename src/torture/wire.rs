//! The sockets: the one place of this room that opens any.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::check::Step;
use super::heard::{End, Heard, Until};
use crate::client::{PausedClock, RealTime};
use crate::wire::POLICY_REQUEST;

/// The way to the server, and the clock of the run.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    addr: SocketAddr,
    port: u16,
    budget: Duration,
    time: RealTime,
    started: Instant,
}

/// One connection, and what was heard on it. Dropped, it is closed.
#[derive(Debug)]
pub(super) struct Line {
    /// None where it never stood.
    stream: Option<TcpStream>,
    heard: Heard,
    wire: Wire,
    opened: Instant,
    /// A send met a peer that was gone, so that the end of its stream was a reset.
    was_reset: bool,
}

impl Wire {
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

    /// Connects. A connection that does not stand is one on which nothing is heard.
    pub(super) async fn open(&self) -> io::Result<Line> {
        let opened = Instant::now();
        let mut line = Line { stream: None, heard: Heard::new(), wire: self.clone(), opened, was_reset: false };
        let end = match self.limit(self.budget, TcpStream::connect(self.addr)).await? {
            None => End::Dropped,
            // The system may connect a socket to itself where nobody listens.
            Some(Ok(stream)) if stream.local_addr()? == self.addr => End::Refused,
            Some(Ok(stream)) => {
                stream.set_nodelay(true)?;
                line.stream = Some(stream);
                return Ok(line);
            }
            Some(Err(error)) => match error.kind() {
                ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                    End::Refused
                }
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => End::Rst,
                ErrorKind::TimedOut => End::Dropped,
                _ => return Err(error),
            },
        };
        line.heard.end(end, opened.elapsed());
        Ok(line)
    }

    /// One good request, and what is heard of it within the budget.
    pub(super) async fn ask(&self, until: Until) -> io::Result<Heard> {
        let mut line = self.open().await?;
        line.play(&[Step::Send(POLICY_REQUEST.to_vec())]).await?;
        line.hear(until, line.left()).await?;
        Ok(line.close())
    }

    /// So many at the same time.
    pub(super) async fn together<T, F>(&self, count: usize, one: impl Fn(Self) -> F) -> io::Result<Vec<T>>
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
    pub(super) async fn limit<F: Future>(&self, limit: Duration, future: F) -> io::Result<Option<F::Output>> {
        let paused = |PausedClock| io::Error::new(ErrorKind::Unsupported, "the runtime's clock is paused");
        Ok(self.time.limit(limit, future).await.map_err(paused)?.0)
    }
}

impl Line {
    /// Does what is said, and listens in the pauses. What a peer that is gone cannot be sent is left out.
    pub(super) async fn play(&mut self, steps: &[Step]) -> io::Result<()> {
        for step in steps {
            match step {
                Step::Send(bytes) => self.send(bytes).await?,
                Step::Pause(pause) => self.hear(Until::End, *pause).await?,
                Step::Finish => {
                    if let Some(stream) = &mut self.stream {
                        // A peer that is gone needs no FIN.
                        let _ = stream.shutdown().await;
                    }
                }
            }
        }
        Ok(())
    }

    /// A failed send is no verdict: the peer may have answered and gone. What can be read decides.
    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(stream) = self.stream.as_mut().filter(|_| self.heard.how_it_ended() == End::Open) else {
            return Ok(());
        };
        self.was_reset = match self.wire.limit(self.wire.budget, stream.write_all(bytes)).await? {
            Some(Ok(())) => matches!(stream.take_error(), Ok(Some(_))),
            Some(Err(_)) => true,
            None => false,
        };
        Ok(())
    }

    /// What is left of the budget of a request that was sent at once (rulebook T1).
    pub(super) fn left(&self) -> Duration {
        self.wire.budget.saturating_sub(self.opened.elapsed())
    }

    /// Listens, but not longer than `limit`.
    pub(super) async fn hear(&mut self, until: Until, limit: Duration) -> io::Result<()> {
        let wire = self.wire.clone();
        wire.limit(limit, self.listen(until)).await?;
        self.heard.wait(self.opened.elapsed());
        Ok(())
    }

    async fn listen(&mut self, until: Until) {
        let mut buffer = [0; 4096];
        while let Some(stream) = self.stream.as_mut().filter(|_| !self.heard.is_enough(until)) {
            let read = stream.read(&mut buffer).await;
            let at = self.opened.elapsed();
            match read {
                Ok(0) if !self.was_reset => self.heard.end(End::Fin, at),
                Ok(0) | Err(_) => self.heard.end(End::Rst, at),
                Ok(count) => self.heard.receive(&buffer[..count], at),
            }
        }
    }

    /// A peer that closed before it had read all resets at the next byte, which may still be on its way.
    pub(super) async fn await_reset(&mut self, limit: Duration) -> io::Result<()> {
        if self.heard.how_it_ended() == End::Fin {
            self.wire.pause(limit).await?;
            if self.stream.as_ref().is_some_and(|stream| matches!(stream.take_error(), Ok(Some(_)))) {
                self.heard.end(End::Rst, self.opened.elapsed());
            }
        }
        Ok(())
    }

    pub(super) fn heard(&self) -> &Heard {
        &self.heard
    }

    pub(super) fn close(self) -> Heard {
        self.heard
    }

    /// Closes with a RST.
    pub(super) fn abort(self) -> io::Result<()> {
        self.stream.map_or(Ok(()), |stream| stream.set_zero_linger())
    }
}
