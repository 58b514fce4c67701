//! [`ServedConnection`]: one accepted connection, which plays its script.
//!
//! It plays in real time, or on request for a client that announced itself.

use std::future::pending;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flash_policy_core::wire::{Cue, MAX_ANSWER_BYTES, Playback, Sent};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::journal::{ExchangeEnd, Traffic};
use super::node::{Node, PlayRequests, TurnCount};

/// An accepted connection.
///
/// It owns its socket before its task first runs, so that a connection that is cut before then
/// still gets its unread bytes journalled.
pub(super) struct ServedConnection {
    stream: TcpStream,
    playback: Playback,
    turns: TurnCount,
    recorder: Recorder,
    /// True once the script has ended.
    is_over: bool,
}

/// The sign that a connection is over and only remains to be dropped.
struct Over;

impl ServedConnection {
    pub(super) fn new(
        stream: TcpStream,
        playback: Playback,
        turns: TurnCount,
        recorder: Recorder,
    ) -> Self {
        // Segments are part of what is declared, so none may wait for an acknowledgement of the
        // last.
        let _ = stream.set_nodelay(true);
        Self { stream, playback, turns, recorder, is_over: false }
    }

    /// Plays what is declared on this connection until it ends.
    pub(super) async fn serve(mut self, requests: Option<PlayRequests>) {
        let _over = match requests {
            Some(requests) => self.play_on_request(requests).await,
            None => self.play_live().await,
        };
        self.is_over = true;
    }

    /// Plays for a client that announced itself. Time passes by the script alone.
    async fn play_on_request(&mut self, mut requests: PlayRequests) -> Result<(), Over> {
        let mut received = 0;
        while let Some(request) = requests.recv().await {
            while received < request.sent && !self.recorder.is_consumed {
                received += self.receive().await?;
            }
            let stamped = self
                .playback
                .play_until(request.until, &mut || self.turns.fetch_add(1, Ordering::Relaxed));
            let _ = request.reply.send(stamped.clone());
            for stamped in stamped {
                match stamped.sent {
                    Sent::Bytes(bytes) => self.write(bytes).await?,
                    Sent::Fin => return self.fin().await,
                    Sent::Rst => return self.reset(),
                }
            }
        }
        self.read_to_end().await
    }

    /// Plays for every other client. A pause of the script takes its time.
    async fn play_live(&mut self) -> Result<(), Over> {
        loop {
            match self.playback.cue() {
                Cue::TakeTurn => {
                    self.playback.take_turn(self.turns.fetch_add(1, Ordering::Relaxed))
                }
                Cue::Read => {
                    if self.receive().await? == 0 {
                        self.playback.peer_ended();
                    }
                }
                Cue::Write(bytes) => self.write(bytes).await?,
                Cue::Wait(pause) => self.wait(pause).await?,
                Cue::Fin => return self.fin().await,
                Cue::Rst => return self.reset(),
                Cue::Hold => return self.read_to_end().await,
            }
        }
    }

    /// Waits for `pause` of real time, and goes on reading meanwhile.
    async fn wait(&mut self, mut pause: Duration) -> Result<(), Over> {
        let real_time = self.recorder.node.real_time.clone();
        while !pause.is_zero() {
            let receiving = async {
                if self.recorder.is_consumed { pending().await } else { self.receive().await }
            };
            let Ok((Some(received), took)) = real_time.limit(pause, receiving).await else {
                break;
            };
            if received? == 0 {
                self.playback.peer_ended();
            }
            pause = pause.saturating_sub(took);
        }
        Ok(())
    }

    /// Receives the next bytes and gives them to the script. Returns their number, which is 0 at
    /// the end of the peer's stream.
    async fn receive(&mut self) -> Result<usize, Over> {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).await.map_err(|_| self.lost())?;
        if count == 0 {
            self.recorder.record_end(ExchangeEnd::PeerClosed);
            self.recorder.record_consumed();
        } else {
            self.recorder.record_traffic(Traffic::Received(buffer[..count].to_vec()));
            self.playback.hear(&buffer[..count]);
        }
        Ok(count)
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), Over> {
        self.stream.write_all(&bytes).await.map_err(|_| self.lost())?;
        self.recorder.record_traffic(Traffic::Sent(bytes));
        Ok(())
    }

    async fn fin(&mut self) -> Result<(), Over> {
        self.recorder.record_end(ExchangeEnd::ServerClosed);
        self.stream.shutdown().await.map_err(|_| self.lost())?;
        self.read_to_end().await
    }

    fn reset(&mut self) -> Result<(), Over> {
        let _ = self.stream.set_zero_linger();
        Err(self.lost())
    }

    async fn read_to_end(&mut self) -> Result<(), Over> {
        while !self.recorder.is_consumed && self.receive().await? > 0 {}
        Ok(())
    }

    /// Records that the connection was reset.
    fn lost(&mut self) -> Over {
        self.recorder.record_end(ExchangeEnd::Reset);
        Over
    }
}

/// Journals what has come and was not read, if the connection was cut before its script ended. The
/// test judges the journal next. A script that ended has read what it reads.
impl Drop for ServedConnection {
    fn drop(&mut self) {
        if !self.is_over {
            self.recorder.record_waiting(SockRef::from(&self.stream));
        }
    }
}

/// The writer of one connection's exchange in the journal of its node.
pub(super) struct Recorder {
    node: Arc<Node>,
    exchange: usize,
    /// True once everything the peer sent was read.
    is_consumed: bool,
}

impl Recorder {
    pub(super) fn new(node: Arc<Node>, exchange: usize) -> Self {
        Self { node, exchange, is_consumed: false }
    }

    /// Records the bytes that have come and were not read. The socket must be nonblocking: the
    /// error that ends the reading says that there are no more.
    pub(super) fn record_waiting(&self, socket: SockRef<'_>) {
        let mut bytes = Vec::new();
        let _ = Read::take(&*socket, MAX_ANSWER_BYTES as u64).read_to_end(&mut bytes);
        if !bytes.is_empty() {
            self.record_traffic(Traffic::Received(bytes));
        }
    }

    fn record_traffic(&self, traffic: Traffic) {
        self.node.record_traffic(self.exchange, traffic);
    }

    fn record_end(&self, end: ExchangeEnd) {
        self.node.record_end(self.exchange, end);
    }

    fn record_consumed(&mut self) {
        let was_consumed = std::mem::replace(&mut self.is_consumed, true);
        if !was_consumed {
            self.node.record_consumed(self.exchange);
        }
    }
}

/// Ends the exchange, even if the connection's task was cut, so that nothing waits for the journal
/// in vain.
impl Drop for Recorder {
    fn drop(&mut self) {
        self.record_end(ExchangeEnd::ServerClosed);
        self.record_consumed();
        self.node.finish_exchange(self.exchange);
    }
}
