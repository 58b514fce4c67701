//! The messages of ActionScript's `XMLSocket`: text, each terminated by one NUL.
//!
//! [`Messages`] and [`frame`] know the framing and no socket. The blocking client uses them too.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The limit on the length of a received message that has no NUL yet: 1 MiB.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// A connection that speaks NUL-delimited messages, as ActionScript's `XMLSocket` does.
///
/// ```
/// use flash_policy_fixture::{Backend, Sandbox, Stage};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let stage = Stage::builder().backend("chat.example.com:5000", Backend::echo()).start();
/// let client = stage.swf(Sandbox::LocalTrusted);
/// let socket = client.connect("chat.example.com", 5000).await.expect_permitted();
///
/// let mut chat = socket.into_xml_socket();
/// chat.send("<message>hello</message>").await?;
/// assert_eq!(chat.receive().await?.as_deref(), Some("<message>hello</message>"));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct XmlSocket<S> {
    stream: S,
    messages: Messages,
}

impl<S> XmlSocket<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self { stream, messages: Messages::default() }
    }

    /// Returns the wrapped stream. Bytes that were received but not yet returned as a message are
    /// lost.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> XmlSocket<S> {
    /// Sends one message, followed by a NUL.
    ///
    /// # Errors
    ///
    /// Returns `InvalidInput` if the message contains a NUL, which the peer would read as the end
    /// of the message. Other errors come from the stream.
    pub async fn send(&mut self, message: &str) -> io::Result<()> {
        self.stream.write_all(&frame(message)?).await?;
        self.stream.flush().await
    }

    /// Receives the next message, without its NUL. Returns `None` once the peer has closed.
    ///
    /// # Errors
    ///
    /// Returns `UnexpectedEof` if the peer closed inside a message, and `InvalidData` if a message
    /// is not UTF-8 or has no NUL after 1 MiB. Other errors come from the stream.
    pub async fn receive(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(message) = self.messages.next()? {
                return Ok(Some(message));
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer).await? {
                0 => return self.messages.end(),
                count => self.messages.push(&buffer[..count]),
            }
        }
    }
}

/// The received bytes, which it splits into messages.
#[derive(Debug, Default)]
pub(super) struct Messages {
    received: Vec<u8>,
    /// The number of bytes at the start of `received` that are known to contain no NUL.
    searched: usize,
}

impl Messages {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// Takes the next complete message. Returns `None` if more bytes are needed.
    pub(super) fn next(&mut self) -> io::Result<Option<String>> {
        let nul = self.received[self.searched..].iter().position(|&byte| byte == 0);
        let Some(nul) = nul.map(|at| self.searched + at) else {
            self.searched = self.received.len();
            if self.received.len() > MAX_MESSAGE_BYTES {
                return Err(invalid("a message is longer than 1 MiB and has no NUL yet"));
            }
            return Ok(None);
        };
        let message = self.received.drain(..=nul).take(nul).collect();
        self.searched = 0;
        String::from_utf8(message).map(Some).map_err(|_| invalid("a message is not UTF-8"))
    }

    /// Returns `None` if the peer closed between two messages, and an error otherwise.
    pub(super) fn end(&self) -> io::Result<Option<String>> {
        match self.received.len() {
            0 => Ok(None),
            left => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("the peer closed inside a message: {left} bytes came without a NUL"),
            )),
        }
    }
}

/// Returns a message as it goes over the wire.
pub(super) fn frame(message: &str) -> io::Result<Vec<u8>> {
    if message.contains('\0') {
        let text = "a message cannot hold a NUL: the peer would read two";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok([message.as_bytes(), b"\0"].concat())
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
