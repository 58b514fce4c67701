//! The blocking twin of the client, for plain `#[test]` functions.

use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::ops::Deref;
use std::sync::Arc;

use flash_policy_core::or_panic;
use flash_policy_core::player::{InvalidSwf, Profile, Swf};
use tokio::runtime::{Builder, Handle, Runtime};

use super::xml_socket::{Messages, frame};
use super::{ConnectError, Network, Route, Tally};

/// What came of a connection attempt of a blocking [`FlashClient`], with the live socket.
pub type Outcome = flash_policy_core::Outcome<FlashSocket>;

/// A simulated Flash Player with one SWF in it, for tests without a runtime. It drives the async
/// [`FlashClient`](super::FlashClient), so that it decides as that does.
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

/// The SWF's connection to the backend, for blocking reads and writes. It dereferences to a [`TcpStream`].
#[derive(Debug)]
pub struct FlashSocket {
    stream: TcpStream,
    /// Behind the stream of each clone: the last one that is dropped tells.
    tally: Option<Arc<Tally>>,
}

/// A connection that speaks NUL-delimited messages, as ActionScript's `XMLSocket` does.
#[derive(Debug)]
pub struct XmlSocket<S> {
    stream: S,
    messages: Messages,
}

impl FlashClient {
    /// As [`super::FlashClient::from_swf`].
    ///
    /// # Errors
    ///
    /// The text is not the URL of a SWF.
    pub fn from_swf(swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Result<Self, InvalidSwf> {
        super::FlashClient::from_swf(swf).map(Self::new)
    }

    /// Makes it another player. The session starts anew.
    pub fn profile(self, profile: Profile) -> Self {
        Self { client: self.client.profile(profile), ..self }
    }

    /// Maps a logical endpoint to where it really is.
    ///
    /// # Panics
    ///
    /// At the caller's line, if `at` is not a `host:port`.
    #[track_caller]
    pub fn route(self, at: &str, route: impl Into<Route>) -> Self {
        Self { client: self.client.route(at, route), ..self }
    }

    /// Gives it a whole map.
    pub fn network(self, network: Network) -> Self {
        Self { client: self.client.network(network), ..self }
    }

    /// As [`super::FlashClient::load_policy_file`].
    pub fn load_policy_file(&self, url: &str) -> &Self {
        self.client.load_policy_file(url);
        self
    }

    /// As [`super::FlashClient::resolve`].
    pub fn resolve(&self, host: &str, address: IpAddr) -> &Self {
        self.client.resolve(host, address);
        self
    }

    /// As [`super::FlashClient::connect`].
    ///
    /// # Panics
    ///
    /// Where the machine of the test fails, and inside a tokio runtime: use the async client there.
    #[must_use = "an outcome says whether the SWF may connect: expect something of it"]
    #[track_caller]
    pub fn connect(&self, host: &str, port: impl Into<i64>) -> Outcome {
        or_panic(self.try_connect(host, port))
    }

    /// As [`super::FlashClient::try_connect`].
    ///
    /// # Errors
    ///
    /// The machine of the test failed.
    ///
    /// # Panics
    ///
    /// Inside a tokio runtime: use the async client there.
    #[track_caller]
    pub fn try_connect(&self, host: &str, port: impl Into<i64>) -> Result<Outcome, ConnectError> {
        assert!(
            Handle::try_current().is_err(),
            "blocking::FlashClient would block this tokio runtime: use flash_policy_fixture::FlashClient and .await here"
        );
        let outcome = self.runtime.block_on(self.client.try_connect(host, port))?;
        let endpoint = outcome.target().endpoint();
        outcome.try_map_socket(FlashSocket::new).map_err(|error| ConnectError::io(&endpoint, error))
    }

    /// Creates the blocking twin of a client.
    ///
    /// # Panics
    ///
    /// This machine cannot start a runtime: no descriptor is left.
    pub fn new(client: super::FlashClient) -> Self {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        Self {
            client,
            runtime: runtime
                .unwrap_or_else(|error| panic!("this machine cannot start a runtime: {error}")),
        }
    }
}

impl FlashSocket {
    fn new(socket: super::FlashSocket) -> io::Result<Self> {
        let stream = socket.stream.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(Self { stream, tally: socket.tally.map(Arc::new) })
    }

    /// Another handle of the same connection, as [`TcpStream::try_clone`] makes it. The connection is open until the
    /// last one is dropped.
    ///
    /// # Errors
    ///
    /// As the system: no descriptor is left.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { stream: self.stream.try_clone()?, tally: self.tally.clone() })
    }

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

impl<S: Read + Write> XmlSocket<S> {
    /// Speaks over `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream, messages: Messages::default() }
    }

    /// As [`super::XmlSocket::send`].
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the message holds a NUL; else as the stream.
    pub fn send(&mut self, message: &str) -> io::Result<()> {
        self.stream.write_all(&frame(message)?)?;
        self.stream.flush()
    }

    /// As [`super::XmlSocket::receive`].
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the peer closed inside a message, `InvalidData` if a message is not UTF-8 or longer than
    /// 1 MiB; else as the stream.
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
