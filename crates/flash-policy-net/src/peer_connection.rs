//! One TCP connection to a live peer: what the peer sends, and whether it ends with FIN or RST.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use flash_policy_core::wire::Sent;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A TCP connection to a peer that may do anything.
///
/// A reset is told from a normal end even where the kernel hides it: a send that fails, or an error
/// that is pending on the socket behind a send, makes the end of the stream a reset.
#[derive(Debug)]
pub struct PeerConnection {
    stream: TcpStream,
    /// A send met a peer that was gone, so the end of its stream was a reset.
    was_reset: bool,
    is_over: bool,
}

/// The reason why a connection does not stand, where it is the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// A RST answered the SYN, or the network said that the host cannot be reached.
    Refused,
    /// The connection was reset while it was being made.
    Reset,
    /// Nothing answered the SYN until the system gave up.
    TimedOut,
}

impl PeerConnection {
    /// Connects to `addr`.
    ///
    /// # Errors
    ///
    /// As the system; [`ConnectFailure::of`] tells a peer's fault from this machine's. Where nobody
    /// listens the system may connect a socket to itself; that is `ConnectionRefused` too.
    pub async fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        if stream.local_addr()? == addr {
            return Err(ErrorKind::ConnectionRefused.into());
        }
        Ok(Self::new(stream))
    }

    /// Wraps a connection that stands.
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, was_reset: false, is_over: false }
    }

    /// Sends `bytes`. Returns whether all of them were accepted by the system.
    ///
    /// A failed send is no verdict: the peer may have answered and gone. What can still be read
    /// decides.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        let is_sent = self.stream.write_all(bytes).await.is_ok();
        self.was_reset = !is_sent;
        is_sent
    }

    /// Looks for a reset that came behind the last send. Returns whether there was one.
    pub fn check_for_reset(&mut self) -> bool {
        let is_pending = matches!(self.stream.take_error(), Ok(Some(_)));
        self.was_reset |= is_pending;
        is_pending
    }

    /// Reads what comes next: a segment, or the end of the stream.
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

    /// Reads exactly the bytes that a declared peer says it sends. An end is taken at its word.
    pub async fn read_declared(&mut self, sent: Sent) -> Sent {
        match sent {
            Sent::Bytes(mut bytes) => match self.stream.read_exact(&mut bytes).await {
                Ok(_) => Sent::Bytes(bytes),
                Err(_) => Sent::Rst,
            },
            end => end,
        }
    }

    /// Returns whether the end of the stream was read.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Sends a FIN; reading goes on. A peer that is gone needs none, so an error is of no interest.
    pub async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Closes with a RST.
    ///
    /// # Errors
    ///
    /// As the system.
    pub fn abort(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }

    /// Returns the bare connection.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Gives up watching, and returns the bare connection.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }
}

impl ConnectFailure {
    /// Returns what a failed connect says about the peer; `None` where this machine failed.
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
