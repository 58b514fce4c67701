//! The simulated Flash client.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flash_policy_core::debug_as_text;
use flash_policy_core::or_panic;
use flash_policy_core::player::{Endpoint, InvalidSwf, Profile, Session, Swf};
use flash_policy_net::RealTime;
use tokio::sync::Notify;

use super::attempt::ConnectAttempt;
use super::{Network, Outcome, Route};

/// A simulated Flash Player with one SWF in it. One client is one player session: it remembers policies as the
/// player does (rulebook C), and its concurrent connects share a load.
///
/// It needs a tokio runtime with I/O, and with time where it waits for servers that are not of this crate; without
/// them tokio panics.
///
/// ```
/// use flash_policy_fixture::{Backend, FlashClient, PolicyFile, PolicyServer};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let policy = PolicyServer::start(PolicyFile::builder().allow("www.example.com", 5000).build());
/// let backend = Backend::echo().start();
///
/// FlashClient::from_swf("http://www.example.com/game.swf")?
///     .route("game.example.com:843", policy.addr())
///     .route("game.example.com:5000", backend.addr())
///     .connect("game.example.com", 5000)
///     .await
///     .expect_permitted();
/// # Ok::<(), flash_policy_fixture::InvalidSwf>(()) }).unwrap();
/// ```
#[must_use = "a client does nothing until `connect`"]
#[derive(Debug)]
pub struct FlashClient {
    swf: Swf,
    pub(super) network: Network,
    session: Mutex<Session>,
    pub(super) changed: Notify,
    pub(super) real_time: RealTime,
}

/// Why an attempt came to no outcome: the machine of the test failed, not the network under test.
pub struct ConnectError {
    kind: io::ErrorKind,
    text: String,
    source: Option<io::Error>,
}

impl FlashClient {
    /// A client whose SWF is this URL or [`Sandbox`](crate::Sandbox), as Flash Player 10 would run it.
    ///
    /// # Errors
    ///
    /// The text is not the URL of a SWF.
    pub fn from_swf(swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Result<Self, InvalidSwf> {
        Ok(Self::new(swf.try_into().map_err(Into::into)?))
    }

    /// A client with this SWF, as Flash Player 10 would run it.
    pub fn new(swf: Swf) -> Self {
        Self {
            swf,
            network: Network::new(),
            session: Mutex::new(Session::new(Profile::default())),
            changed: Notify::new(),
            real_time: RealTime::default(),
        }
    }

    /// Makes it another player. The session starts anew.
    pub fn profile(self, profile: Profile) -> Self {
        Self { session: Mutex::new(Session::new(profile)), ..self }
    }

    /// Maps a logical endpoint to where it really is.
    ///
    /// # Panics
    ///
    /// At the caller's line, if `at` is not a `host:port`.
    #[track_caller]
    pub fn route(mut self, at: &str, route: impl Into<Route>) -> Self {
        self.network.route(or_panic(at.parse()), route);
        self
    }

    /// Gives it a whole map.
    pub fn network(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// `Security.loadPolicyFile(url)`: names a location that later connects may ask (rulebook L14). Like the
    /// player it reports nothing; an outcome's notes say so if the URL is no `xmlsocket://host:port`.
    pub fn load_policy_file(&self, url: &str) -> &Self {
        self.session().load_policy_file(url);
        self
    }

    /// Says what address a logical host has, for a profile that files policies by address (rulebook Q9).
    pub fn resolve(&self, host: &str, address: IpAddr) -> &Self {
        self.session().resolve(host, address);
        self
    }

    /// `Socket.connect(host, port)`: the policy lookup, and then the connection, on real sockets. It comes back at
    /// the decision; what the player reports later is computed.
    ///
    /// # Panics
    ///
    /// With the text of [`ConnectError`] and the caller's line, where the machine of the test fails.
    #[track_caller]
    pub fn connect(
        &self,
        host: &str,
        port: impl Into<i64>,
    ) -> impl Future<Output = Outcome> + Send {
        let place = Location::caller();
        let attempt = self.try_connect(host, port);
        async move { attempt.await.unwrap_or_else(|error| panic!("{place}: {error}")) }
    }

    /// As [`FlashClient::connect`].
    ///
    /// # Errors
    ///
    /// The machine of the test failed: no descriptor or port was left, or the runtime's clock is paused while a
    /// server has to be waited for that is not of this crate.
    pub fn try_connect(
        &self,
        host: &str,
        port: impl Into<i64>,
    ) -> impl Future<Output = Result<Outcome, ConnectError>> + Send {
        let port = port.into();
        async move { ConnectAttempt::start(self, host, port).run().await }
    }

    /// The SWF.
    pub fn swf(&self) -> &Swf {
        &self.swf
    }

    pub(crate) fn counting_on(self, real_time: RealTime) -> Self {
        Self { real_time, ..self }
    }

    /// Returns a copy of the player session: what it has loaded and what was registered with it.
    pub fn session_so_far(&self) -> Session {
        self.session().clone()
    }

    /// Continues a session that another client began, perhaps on another stage.
    pub fn resuming(self, session: Session) -> Self {
        Self { session: Mutex::new(session), ..self }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectError {
    pub(super) fn io(endpoint: &Endpoint, error: io::Error) -> Self {
        let text = format!(
            "the test's own machine failed while connecting to {endpoint}: {error}; it says nothing about the policy"
        );
        Self { kind: error.kind(), text, source: Some(error) }
    }

    pub(super) fn paused_clock() -> Self {
        let text = "the runtime's clock is paused, and a server has to be waited for that is not of this crate: \
             its silence cannot be told from slowness. Leave out `start_paused` and `tokio::time::pause`; \
             against a Stage no wait costs time anyway";
        Self { kind: io::ErrorKind::Unsupported, text: text.to_owned(), source: None }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

debug_as_text!(ConnectError);

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        Self::new(error.kind, error)
    }
}
