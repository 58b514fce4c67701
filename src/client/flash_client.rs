//! [`FlashClient`]: one simulated player with one SWF, and its error.
//!
//! It holds the session and the map. `attempt.rs` performs the connection attempts.

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

/// A simulated Flash Player that runs one SWF.
///
/// One client is one player session. It caches policies as the player does (rulebook C), and
/// concurrent connects share one load of a policy file.
///
/// It needs a tokio runtime with I/O enabled. To wait for servers that are not of this crate, the
/// runtime needs time enabled too. Without them tokio panics.
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
    /// Notified whenever the session may have changed.
    pub(super) session_changed: Notify,
    pub(super) real_time: RealTime,
}

impl FlashClient {
    /// Creates a client for a SWF, which is a URL or a [`Sandbox`](crate::Sandbox). The player is
    /// [`Profile::default`], Flash Player 10.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not the URL of a SWF.
    pub fn from_swf(swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Result<Self, InvalidSwf> {
        Ok(Self::new(swf.try_into().map_err(Into::into)?))
    }

    /// Creates a client for a SWF. The player is [`Profile::default`], Flash Player 10.
    pub fn new(swf: Swf) -> Self {
        Self {
            swf,
            network: Network::new(),
            session: Mutex::new(Session::new(Profile::default())),
            session_changed: Notify::new(),
            real_time: RealTime::default(),
        }
    }

    /// Sets the player to simulate, and starts a new session.
    pub fn profile(self, profile: Profile) -> Self {
        Self { session: Mutex::new(Session::new(profile)), ..self }
    }

    /// Maps a logical `host:port` to its real address. An endpoint that is not mapped is refused.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if `at` is not a `host:port`.
    #[track_caller]
    pub fn route(mut self, at: &str, route: impl Into<Route>) -> Self {
        self.network.route(or_panic(at.parse()), route);
        self
    }

    /// Replaces the whole map.
    pub fn network(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// Calls `Security.loadPolicyFile(url)`, which names a policy location for later connects
    /// (rulebook L14).
    ///
    /// Like the player, it reports nothing by itself. If the URL is not an `xmlsocket://host:port`,
    /// the diagnostics of a later outcome say so.
    pub fn load_policy_file(&self, url: &str) -> &Self {
        self.session().load_policy_file(url);
        self
    }

    /// Sets the address that a logical host resolves to, for a profile that caches policies by
    /// address (rulebook Q9).
    pub fn resolve(&self, host: &str, address: IpAddr) -> &Self {
        self.session().resolve(host, address);
        self
    }

    /// Calls `Socket.connect(host, port)`: performs the policy lookup and then the connection, on
    /// real sockets.
    ///
    /// The port may be out of range, as in ActionScript. The future completes at the decision.
    /// Events that the player reports later are computed, not waited for.
    ///
    /// # Panics
    ///
    /// Panics with the caller's line and the text of the [`ConnectError`] where
    /// [`try_connect`](Self::try_connect) fails.
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

    /// Does the same as [`connect`](Self::connect), but returns the failure of the test's own
    /// machine.
    ///
    /// # Errors
    ///
    /// Returns an error if no descriptor or port is left, or if the runtime's clock is paused while
    /// the client has to wait for a server that is not of this crate.
    pub fn try_connect(
        &self,
        host: &str,
        port: impl Into<i64>,
    ) -> impl Future<Output = Result<Outcome, ConnectError>> + Send {
        let port = port.into();
        async move { ConnectAttempt::start(self, host, port).run().await }
    }

    /// Returns the SWF.
    pub fn swf(&self) -> &Swf {
        &self.swf
    }

    /// Returns a copy of the player session: its cached policies, and the locations that
    /// `loadPolicyFile` named.
    pub fn session_so_far(&self) -> Session {
        self.session().clone()
    }

    /// Continues a session that another client began, perhaps on another stage.
    pub fn resuming(self, session: Session) -> Self {
        Self { session: Mutex::new(session), ..self }
    }

    /// Shares the stage's count of real timers.
    pub(crate) fn counting_on(self, real_time: RealTime) -> Self {
        Self { real_time, ..self }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of an attempt that has no outcome, because the machine of the test failed. It says
/// nothing about the network under test.
pub struct ConnectError {
    kind: io::ErrorKind,
    text: String,
    source: Option<io::Error>,
}

impl ConnectError {
    pub(super) fn io(endpoint: &Endpoint, error: io::Error) -> Self {
        let text = format!(
            "the test's own machine failed while connecting to {endpoint}: {error}; \
             it says nothing about the policy"
        );
        Self { kind: error.kind(), text, source: Some(error) }
    }

    pub(super) fn paused_clock() -> Self {
        let text = "the runtime's clock is paused, and a server has to be waited for that is not \
             of this crate: its silence cannot be told from slowness. Leave out `start_paused` and \
             `tokio::time::pause`; against a Stage no wait costs time anyway";
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
