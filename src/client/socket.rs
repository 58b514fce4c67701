//! [`FlashSocket`]: the live connection of a permitted SWF.

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::XmlSocket;
use crate::net::{Declared, JournalMark};

/// The SWF's connection to the backend, after the policy permitted it.
///
/// The player has sent nothing on it yet (rulebook E1). It reads and writes as a [`TcpStream`]
/// does, and dereferences to one.
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use flash_policy_fixture::{Backend, PolicyFile, Stage};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let stage = Stage::builder()
///     .policy("game.example.com:843", PolicyFile::builder().allow("*", 5000).build())
///     .backend("game.example.com:5000", Backend::echo())
///     .start();
/// let client = stage.swf("http://www.example.com/game.swf");
/// let mut socket = client.connect("game.example.com", 5000).await.expect_permitted();
/// socket.write_all(b"hello").await?;
/// let mut answer = [0; 5];
/// socket.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"hello");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct FlashSocket {
    pub(super) stream: TcpStream,
    pub(super) close_report: Option<CloseReport>,
}

impl FlashSocket {
    /// Returns the bare TCP connection. A stage's journal then no longer waits for its end.
    pub fn into_tcp(self) -> TcpStream {
        if let Some(report) = self.close_report {
            report.cancel();
        }
        self.stream
    }

    /// Wraps the connection so that it speaks the NUL-delimited messages of ActionScript's
    /// `XMLSocket`.
    pub fn into_xml_socket(self) -> XmlSocket<Self> {
        XmlSocket::new(self)
    }
}

impl Deref for FlashSocket {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl AsyncRead for FlashSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for FlashSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A report to a declared endpoint that its client closed a connection, made on drop.
///
/// A struct must declare it after the socket, so that the socket is closed first.
#[derive(Debug)]
pub(crate) struct CloseReport {
    declared: Arc<dyn Declared>,
    mark: JournalMark,
    /// The client's address; `None` until the connection is made.
    local: Option<SocketAddr>,
    is_cancelled: AtomicBool,
}

impl CloseReport {
    /// Prepares the report of a connection that is about to be made.
    pub(super) fn new(declared: Arc<dyn Declared>) -> Self {
        Self { mark: declared.mark(), declared, local: None, is_cancelled: AtomicBool::new(false) }
    }

    /// Notes that the connection was made. From here on its end is reported.
    ///
    /// # Errors
    ///
    /// Returns an error if the system does not know the local address of `stream`.
    pub(super) fn connected(&mut self, stream: &TcpStream) -> io::Result<()> {
        self.local = Some(stream.local_addr()?);
        Ok(())
    }

    /// Cancels the report.
    pub(super) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }
}

impl Drop for CloseReport {
    fn drop(&mut self) {
        if self.is_cancelled.load(Ordering::Relaxed) {
            return;
        }
        if let Some(local) = self.local {
            self.declared.closed(local, self.mark);
        }
    }
}
