//! One accepted connection: its script in real time, or played on request for a client that announced itself.

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
use super::node::{Node, Plays, Turns};

/// Writes down one connection in the journal of its node.
pub(super) struct Recorder {
    node: Arc<Node>,
    exchange: usize,
    consumed: bool,
}

/// An accepted connection. It owns its socket before its task first runs, so that none is cut short unread.
pub(super) struct ServedConnection {
    stream: TcpStream,
    playback: Playback,
    turns: Turns,
    recorder: Recorder,
    is_over: bool,
}

/// The connection is over, and what remains is to drop it.
struct Over;

impl ServedConnection {
    pub(super) fn new(
        stream: TcpStream,
        playback: Playback,
        turns: Turns,
        recorder: Recorder,
    ) -> Self {
        // Segments are part of what is declared: none waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        Self { stream, playback, turns, recorder, is_over: false }
    }

    /// Plays what is declared on this connection until it ends.
    pub(super) async fn serve(mut self, plays: Option<Plays>) {
        let _over = match plays {
            Some(plays) => self.play_on_request(plays).await,
            None => self.play_live().await,
        };
        self.is_over = true;
    }

    /// For a client that announced itself: time passes by the script alone.
    async fn play_on_request(&mut self, mut plays: Plays) -> Result<(), Over> {
        let mut heard = 0;
        while let Some(play) = plays.recv().await {
            while heard < play.sent && !self.recorder.consumed {
                heard += self.hear().await?;
            }
            let stamped = self
                .playback
                .play_until(play.until, &mut || self.turns.fetch_add(1, Ordering::Relaxed));
            let _ = play.reply.send(stamped.clone());
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

    /// For everybody else: a wait takes its time.
    async fn play_live(&mut self) -> Result<(), Over> {
        loop {
            match self.playback.cue() {
                Cue::TakeTurn => {
                    self.playback.take_turn(self.turns.fetch_add(1, Ordering::Relaxed))
                }
                Cue::Read => {
                    if self.hear().await? == 0 {
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

    /// Lets time pass, and goes on reading meanwhile.
    async fn wait(&mut self, mut pause: Duration) -> Result<(), Over> {
        let real_time = self.recorder.node.real_time.clone();
        while !pause.is_zero() {
            let hear =
                async { if self.recorder.consumed { pending().await } else { self.hear().await } };
            let Ok((Some(heard), took)) = real_time.limit(pause, hear).await else { break };
            if heard? == 0 {
                self.playback.peer_ended();
            }
            pause = pause.saturating_sub(took);
        }
        Ok(())
    }

    /// Reads what there is; 0 at the end of the peer's stream.
    async fn hear(&mut self) -> Result<usize, Over> {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).await.map_err(|_| self.lost())?;
        if count == 0 {
            self.recorder.ended(ExchangeEnd::PeerClosed);
            self.recorder.consumed();
        } else {
            self.recorder.record(Traffic::Received(buffer[..count].to_vec()));
            self.playback.hear(&buffer[..count]);
        }
        Ok(count)
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), Over> {
        self.stream.write_all(&bytes).await.map_err(|_| self.lost())?;
        self.recorder.record(Traffic::Sent(bytes));
        Ok(())
    }

    async fn fin(&mut self) -> Result<(), Over> {
        self.recorder.ended(ExchangeEnd::ServerClosed);
        self.stream.shutdown().await.map_err(|_| self.lost())?;
        self.read_to_end().await
    }

    fn reset(&mut self) -> Result<(), Over> {
        let _ = self.stream.set_zero_linger();
        Err(self.lost())
    }

    async fn read_to_end(&mut self) -> Result<(), Over> {
        while !self.recorder.consumed && self.hear().await? > 0 {}
        Ok(())
    }

    fn lost(&mut self) -> Over {
        self.recorder.ended(ExchangeEnd::Reset);
        Over
    }
}

/// A connection that is cut short, even before its task ran, still tells what has come: the test judges it next. One that
/// ended by its script has read what the script reads.
impl Drop for ServedConnection {
    fn drop(&mut self) {
        if !self.is_over {
            self.recorder.record_waiting(SockRef::from(&self.stream));
        }
    }
}

impl Recorder {
    pub(super) fn new(node: Arc<Node>, exchange: usize) -> Self {
        Self { node, exchange, consumed: false }
    }

    /// Writes down what has come and was not read. The socket does not block: the error that ends the reading says that
    /// there is no more.
    pub(super) fn record_waiting(&self, socket: SockRef<'_>) {
        let mut bytes = Vec::new();
        let _ = Read::take(&*socket, MAX_ANSWER_BYTES as u64).read_to_end(&mut bytes);
        if !bytes.is_empty() {
            self.record(Traffic::Received(bytes));
        }
    }

    fn record(&self, traffic: Traffic) {
        self.node.record(self.exchange, traffic);
    }

    fn ended(&self, ended: ExchangeEnd) {
        self.node.ended(self.exchange, ended);
    }

    fn consumed(&mut self) {
        if !std::mem::replace(&mut self.consumed, true) {
            self.node.consumed(self.exchange);
        }
    }
}

/// Also when the connection's task is cut short: whoever waits for the journal is not left waiting.
impl Drop for Recorder {
    fn drop(&mut self) {
        self.ended(ExchangeEnd::ServerClosed);
        self.consumed();
        self.node.is_over(self.exchange);
    }
}
