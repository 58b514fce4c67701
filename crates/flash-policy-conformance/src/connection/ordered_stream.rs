//! One TCP connection that keeps the order in which its peer's FIN and RST arrived.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use flash_policy_core::wire::Sent;
use flash_policy_net::PeerConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A TCP connection that does not take a reset behind a FIN for a reset of the stream.
///
/// The system reports a reset before a FIN as `ConnectionReset`, and one behind it as `BrokenPipe`.
#[derive(Debug)]
pub(super) struct OrderedStream {
    stream: TcpStream,
    /// True if a send met a reset before any FIN. The end of the stream is then that reset.
    was_reset: bool,
    /// True if a send met a reset behind the FIN.
    was_reset_after_close: bool,
}

impl OrderedStream {
    pub(super) async fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = PeerConnection::connect(addr).await?.into_stream();
        stream.set_nodelay(true)?;
        Ok(Self { stream, was_reset: false, was_reset_after_close: false })
    }

    /// Sends bytes. Returns whether the system accepted all of them. A failure decides nothing,
    /// because the peer may have answered before it closed.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> bool {
        let sent = self.stream.write_all(bytes).await;
        match sent.as_ref().map_err(io::Error::kind) {
            Ok(()) => {}
            Err(ErrorKind::BrokenPipe) => self.was_reset_after_close = true,
            Err(_) => self.was_reset = true,
        }
        sent.is_ok()
    }

    /// Waits for the next segment, or for the end of the stream.
    pub(super) async fn read(&mut self) -> Sent {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer).await {
            Ok(0) if !self.was_reset => Sent::Fin,
            Ok(0) | Err(_) => Sent::Rst,
            Ok(count) => Sent::Bytes(buffer[..count].to_vec()),
        }
    }

    /// Returns whether a reset arrived behind the FIN.
    pub(super) fn was_reset_after_close(&mut self) -> bool {
        self.was_reset_after_close |= matches!(self.stream.take_error(), Ok(Some(_)));
        self.was_reset_after_close
    }

    /// Sends a FIN. A peer that is gone needs none.
    pub(super) async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Closes the connection with a RST.
    pub(super) fn abort(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }
}
