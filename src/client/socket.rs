//! The live connection that a permitted SWF holds.

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
use crate::net::{Declared, Mark};

/// The SWF's connection to the backend, after the policy permitted it. The player has sent nothing on it
/// (rulebook E1). It reads and writes as a [`TcpStream`] does, and dereferences to one.
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
    pub(super) tally: Option<Tally>,
}

/// Tells a declared endpoint that a connection to it was closed, when dropped: hold it behind the socket.
#[derive(Debug)]
pub(crate) struct Tally {
    declared: Arc<dyn Declared>,
    released: AtomicBool,
    mark: Mark,
    local: Option<SocketAddr>,
}

impl FlashSocket {
    /// The bare TCP connection. A stage's journal then no longer waits for its end.
    pub fn into_tcp(self) -> TcpStream {
        if let Some(tally) = self.tally {
            tally.release();
        }
        self.stream
    }

    /// Speaks the NUL-delimited messages of ActionScript's `XMLSocket` over the connection.
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

impl Tally {
    /// For a connection that is about to be made.
    pub(super) fn new(declared: Arc<dyn Declared>) -> Self {
        Self { mark: declared.mark(), declared, released: AtomicBool::new(false), local: None }
    }

    /// The connection stands: its end is told from here on.
    pub(super) fn stands(&mut self, stream: &TcpStream) -> io::Result<()> {
        self.local = Some(stream.local_addr()?);
        Ok(())
    }

    /// Nothing is told any more.
    pub(super) fn release(&self) {
        self.released.store(true, Ordering::Relaxed);
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if let Some(local) = self.local.filter(|_| !self.released.load(Ordering::Relaxed)) {
            self.declared.closed(local, self.mark);
        }
    }
}
