//! [`PeerConnection`]: one TCP connection to a live peer.
//!
//! It sets no deadline itself; [`RealTime`](crate::RealTime) does.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use flash_policy_core::wire::Sent;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A TCP connection to a peer that may do anything.
///
/// It recognizes a reset even if the kernel reports a normal end. If a send fails, or if
/// [`check_for_reset`](Self::check_for_reset) finds a pending error after a send, the end of the
/// stream counts as a reset.
#[derive(Debug)]
pub struct PeerConnection {
    stream: TcpStream,
    /// True if the last send found the peer gone. The end of its stream is then a reset.
    was_reset: bool,
    is_over: bool,
}

impl PeerConnection {
    /// Connects to `addr`.
    ///
    /// # Errors
    ///
    /// Returns the system's error. [`ConnectFailure::of`] tells the peer's failures from this
    /// machine's. If nobody listens at `addr`, the system may connect the socket to itself. That is
    /// returned as `ConnectionRefused` too.
    pub async fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        if stream.local_addr()? == addr {
            return Err(ErrorKind::ConnectionRefused.into());
        }
        Ok(Self::new(stream))
    }

    /// Wraps an established connection.
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, was_reset: false, is_over: false }
    }

    /// Sends bytes. Returns whether the system accepted all of them.
    ///
    /// A failed send alone decides nothing, because the peer may have answered before it closed. Go
    /// on reading after it.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        let is_sent = self.stream.write_all(bytes).await.is_ok();
        self.was_reset = !is_sent;
        is_sent
    }

    /// Looks for an error that is pending on the socket, such as a reset that answered the last
    /// send. Returns whether there was one.
    pub fn check_for_reset(&mut self) -> bool {
        let is_pending = matches!(self.stream.take_error(), Ok(Some(_)));
        self.was_reset |= is_pending;
        is_pending
    }

    /// Waits for what comes next: a segment of up to 4096 bytes, or the end of the stream.
    pub async fn read(&mut self) -> Sent {
        let mut buffer = [0; 4096];
        let end = match self.stream.read(&mut buffer).await {
            Ok(0) if !self.was_reset => Sent::Fin,
            Ok(0) | Err(_) => Sent::Rst,
            Ok(count) => return Sent::Bytes(buffer[..count].to_vec()),
        };
        self.is_over = true;
        end
    }

    /// Reads exactly the bytes that a declared peer says it sends. Returns [`Sent::Rst`] if the
    /// stream ends before. A declared end is returned without a read.
    pub async fn read_declared(&mut self, sent: Sent) -> Sent {
        match sent {
            Sent::Bytes(mut bytes) => match self.stream.read_exact(&mut bytes).await {
                Ok(_) => Sent::Bytes(bytes),
                Err(_) => Sent::Rst,
            },
            end => end,
        }
    }

    /// Returns whether [`read`](Self::read) has met the end of the stream.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Sends a FIN. Reading may go on. An error is ignored, because a peer that is gone needs no
    /// FIN.
    pub async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Closes the connection with a RST.
    ///
    /// # Errors
    ///
    /// Returns the system's error. The connection is then closed normally.
    pub fn abort(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }

    /// Returns a reference to the bare connection.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Returns the bare connection.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }
}

/// The reason why a connection could not be made, if it lies with the peer or the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// A RST answered the SYN, or the network reported that the host cannot be reached.
    Refused,
    /// The connection was reset while it was being made.
    Reset,
    /// Nothing answered the SYN until the system gave up.
    TimedOut,
}

impl ConnectFailure {
    /// Returns the failure that the error of a connect stands for, or `None` if this machine
    /// failed.
    pub fn of(error: &io::Error) -> Option<Self> {
        match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable => Some(Self::Refused),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Some(Self::Reset),
            ErrorKind::TimedOut => Some(Self::TimedOut),
            _ => None,
        }
    }
}
