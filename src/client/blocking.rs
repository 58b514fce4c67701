//! The blocking client, for plain `#[test]` functions.
//!
//! It drives the async client on a runtime of its own, so both decide alike.

use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::ops::Deref;
use std::sync::Arc;

use flash_policy_core::or_panic;
use flash_policy_core::player::{InvalidSwf, Profile, Swf};
use tokio::runtime::{Builder, Handle, Runtime};

use super::xml_socket::{Messages, frame};
use super::{CloseReport, ConnectError, Network, Route};

/// The outcome of a connection attempt of a blocking [`FlashClient`], with the live socket.
pub type Outcome = flash_policy_core::Outcome<FlashSocket>;

/// A simulated Flash Player that runs one SWF, for tests without a runtime.
///
/// It drives the async [`FlashClient`](super::FlashClient), so both decide alike.
///
/// ```
/// use flash_policy_fixture::{PolicyFile, PolicyServer, blocking::FlashClient};
///
/// let server = PolicyServer::start(PolicyFile::builder().allow("www.example.com", 5000).build());
/// FlashClient::from_swf("http://evil.example/game.swf")?
///     .route("game.example.com:843", server.addr())
///     .connect("game.example.com", 5000)
///     .expect_denied();
/// # Ok::<(), flash_policy_fixture::InvalidSwf>(())
/// ```
#[must_use = "a client does nothing until `connect`"]
#[derive(Debug)]
pub struct FlashClient {
    client: super::FlashClient,
    runtime: Runtime,
}

impl FlashClient {
    /// Creates a client for a SWF, as [`super::FlashClient::from_swf`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not the URL of a SWF.
    ///
    /// # Panics
    ///
    /// Panics if this machine cannot start a runtime, because no descriptor is left.
    pub fn from_swf(swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Result<Self, InvalidSwf> {
        super::FlashClient::from_swf(swf).map(Self::new)
    }

    /// Creates the blocking form of an async client.
    ///
    /// # Panics
    ///
    /// Panics if this machine cannot start a runtime, because no descriptor is left.
    pub fn new(client: super::FlashClient) -> Self {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .unwrap_or_else(|error| panic!("this machine cannot start a runtime: {error}"));
        Self { client, runtime }
    }

    /// Sets the player to simulate, and starts a new session.
    pub fn profile(self, profile: Profile) -> Self {
        Self { client: self.client.profile(profile), ..self }
    }

    /// Maps a logical `host:port` to its real address. An endpoint that is not mapped is refused.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if `at` is not a `host:port`.
    #[track_caller]
    pub fn route(self, at: &str, route: impl Into<Route>) -> Self {
        Self { client: self.client.route(at, route), ..self }
    }

    /// Replaces the whole map.
    pub fn network(self, network: Network) -> Self {
        Self { client: self.client.network(network), ..self }
    }

    /// Calls `Security.loadPolicyFile(url)`, as [`super::FlashClient::load_policy_file`] does.
    pub fn load_policy_file(&self, url: &str) -> &Self {
        self.client.load_policy_file(url);
        self
    }

    /// Sets the address that a logical host resolves to, as [`super::FlashClient::resolve`] does.
    pub fn resolve(&self, host: &str, address: IpAddr) -> &Self {
        self.client.resolve(host, address);
        self
    }

    /// Calls `Socket.connect(host, port)`, as [`super::FlashClient::connect`] does, and waits for
    /// the decision.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line where [`try_connect`](Self::try_connect) fails, and inside a
    /// tokio runtime. Use the async client there.
    #[must_use = "an outcome says whether the SWF may connect: expect something of it"]
    #[track_caller]
    pub fn connect(&self, host: &str, port: impl Into<i64>) -> Outcome {
        or_panic(self.try_connect(host, port))
    }

    /// Does the same as [`connect`](Self::connect), but returns the failure of the test's own
    /// machine.
    ///
    /// # Errors
    ///
    /// Returns an error if no descriptor or port is left.
    ///
    /// # Panics
    ///
    /// Panics inside a tokio runtime, which it would block. Use the async client there.
    #[track_caller]
    pub fn try_connect(&self, host: &str, port: impl Into<i64>) -> Result<Outcome, ConnectError> {
        assert!(
            Handle::try_current().is_err(),
            "blocking::FlashClient would block this tokio runtime: \
             use flash_policy_fixture::FlashClient and .await here"
        );
        let outcome = self.runtime.block_on(self.client.try_connect(host, port))?;
        let endpoint = outcome.target().endpoint();
        outcome.try_map_socket(FlashSocket::new).map_err(|error| ConnectError::io(&endpoint, error))
    }
}

/// The SWF's connection to the backend, for blocking reads and writes. It dereferences to a
/// [`TcpStream`].
#[derive(Debug)]
pub struct FlashSocket {
    stream: TcpStream,
    /// Shared by the clones, and declared after the stream: the last clone to be dropped reports
    /// the close.
    close_report: Option<Arc<CloseReport>>,
}

impl FlashSocket {
    fn new(socket: super::FlashSocket) -> io::Result<Self> {
        let stream = socket.stream.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(Self { stream, close_report: socket.close_report.map(Arc::new) })
    }

    /// Returns another handle of the same connection, as [`TcpStream::try_clone`] does. The
    /// connection stays open until the last handle is dropped.
    ///
    /// # Errors
    ///
    /// Returns the system's error, for example if no descriptor is left.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { stream: self.stream.try_clone()?, close_report: self.close_report.clone() })
    }

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

impl Read for FlashSocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for FlashSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A connection that speaks NUL-delimited messages, as ActionScript's `XMLSocket` does.
#[derive(Debug)]
pub struct XmlSocket<S> {
    stream: S,
    messages: Messages,
}

impl<S: Read + Write> XmlSocket<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self { stream, messages: Messages::default() }
    }

    /// Sends one message, followed by a NUL.
    ///
    /// # Errors
    ///
    /// Returns `InvalidInput` if the message contains a NUL, which the peer would read as the end
    /// of the message. Other errors come from the stream.
    pub fn send(&mut self, message: &str) -> io::Result<()> {
        self.stream.write_all(&frame(message)?)?;
        self.stream.flush()
    }

    /// Waits for the next message, and returns it without its NUL. Returns `None` once the peer has
    /// closed.
    ///
    /// # Errors
    ///
    /// Returns `UnexpectedEof` if the peer closed inside a message, and `InvalidData` if a message
    /// is not UTF-8 or has no NUL after 1 MiB. Other errors come from the stream.
    pub fn receive(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(message) = self.messages.next()? {
                return Ok(Some(message));
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer)? {
                0 => return self.messages.end(),
                count => self.messages.push(&buffer[..count]),
            }
        }
    }
}
