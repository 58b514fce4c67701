//! [`PolicyServer`] and its builder: the fake policy server, and the traffic that it expects.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Bound, Deref, RangeBounds};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use flash_policy_core::document::PolicyDocument;
use flash_policy_core::or_panic;
use flash_policy_core::wire::{Declaration, Fault, FaultList, POLICY_REQUEST, Script};

use super::{Exchange, Host, Node, ServerPort};
use crate::net::Route;

/// The advice about a connection that `strict` does not allow.
const STRAY: &str = "a player sends its 23 bytes and no more: find the program behind that \
    address, or put a backend at this endpoint if its other traffic is meant to come here";

/// A running policy server, which answers policy requests and journals every connection. It
/// dereferences to its [`ServerPort`].
///
/// When it is dropped, its port refuses connections first. Then its expectations are judged, and
/// the drop panics if they were not met. They are not judged while the thread is already panicking.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use flash_policy_fixture::{PolicyFile, PolicyServer};
///
/// let policy = PolicyFile::builder().allow("*.example.com", 5000..=5010).build();
/// let server = PolicyServer::start(policy);
///
/// let mut player = TcpStream::connect(server.addr())?;
/// player.write_all(b"<policy-file-request/>\0")?;
/// let mut answer = Vec::new();
/// player.read_to_end(&mut answer)?;
/// assert!(answer.ends_with(b"</cross-domain-policy>\n\0"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct PolicyServer {
    port: ServerPort,
    /// The thread of a server alone; `None` on a stage, which has its own.
    host: Option<Host>,
    expected: Expectations,
}

impl PolicyServer {
    /// Starts a server alone, on a free port of 127.0.0.1. It listens when this returns, unless a
    /// fault says otherwise.
    ///
    /// It takes the text or the bytes of a policy, a [`PolicyFile`](crate::PolicyFile), or a
    /// [`builder`](Self::builder). To start a server at a logical endpoint, give the same to
    /// [`Stage::builder().policy`](crate::stage::StageBuilder::policy).
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if no port, descriptor or thread is left.
    #[track_caller]
    pub fn start(policy: impl Into<PolicyServerBuilder>) -> Self {
        policy.into().start()
    }

    /// Returns a builder for a server with faults and expectations.
    ///
    /// Without a [`document`](PolicyServerBuilder::document) the server serves an empty file, which
    /// is malformed. [`start`](PolicyServerBuilder::start) the server alone, or give the builder to
    /// [`Stage::builder().policy`](crate::stage::StageBuilder::policy).
    pub fn builder() -> PolicyServerBuilder {
        PolicyServerBuilder::from("")
    }

    pub(crate) fn on(node: Arc<Node>, builder: PolicyServerBuilder) -> Self {
        Self { port: ServerPort { node }, host: None, expected: builder.expected }
    }

    /// Waits until `requests` policy requests have come, for at most `timeout` of real time.
    /// Returns whether they have.
    #[must_use = "`false` means that the requests did not come"]
    pub fn wait_for(&self, requests: usize, timeout: Duration) -> bool {
        self.port.node.wait_until(timeout, |exchanges| {
            exchanges.iter().filter(|exchange| exchange.is_policy_request()).count() >= requests
        })
    }

    /// Stops the server and judges its expectations. Its port refuses when this returns. Dropping
    /// the server does the same.
    ///
    /// # Panics
    ///
    /// Panics if the server did not see the traffic that it expects.
    pub fn stop(self) {}

    fn verify(&self) {
        let journal = self.journal();
        let requests = journal.policy_requests();
        if let Some(expected) = self.expected.requests {
            assert!(
                (expected.least..=expected.most).contains(&requests),
                "{}: expected {expected} at {}, got {requests}:\n{journal}{}",
                expected.place,
                self.port.node,
                expected.advice(requests)
            );
        }
        if let Some(place) = self.expected.strict {
            let stray = journal.exchanges().iter().find(|exchange| !self.is_allowed(exchange));
            if let Some(stray) = stray {
                let node = &self.port.node;
                panic!(
                    "{place}: expected nothing but policy requests at {node}, \
                     got a connection {stray}{STRAY}"
                );
            }
        }
    }

    /// Returns whether `strict` allows this exchange: a bare policy request, or traffic for a
    /// backend at the same endpoint.
    fn is_allowed(&self, exchange: &Exchange) -> bool {
        let received = exchange.received();
        received == POLICY_REQUEST
            || (self.port.node.declaration_now().has_backend() && !exchange.is_policy_request())
    }
}

impl Deref for PolicyServer {
    type Target = ServerPort;

    fn deref(&self) -> &ServerPort {
        &self.port
    }
}

impl Drop for PolicyServer {
    fn drop(&mut self) {
        self.host.take();
        if !std::thread::panicking() {
            self.verify();
        }
    }
}

impl From<&PolicyServer> for Route {
    fn from(server: &PolicyServer) -> Self {
        Self::from(&server.port)
    }
}

/// A description of a policy server that has not started yet: its document, its faults and the
/// traffic that it expects.
///
/// ```
/// use flash_policy_fixture::{PolicyFile, PolicyServer, wire::Fault};
///
/// let first_silent = PolicyServer::builder()
///     .document(PolicyFile::builder().allow("*", 5000).build())
///     .faults([Fault::Silent, Fault::Ok])
///     .start();
/// # drop(first_silent);
/// ```
#[must_use = "a policy server starts only when `start` is called, or a stage with it"]
#[derive(Clone, Debug)]
pub struct PolicyServerBuilder {
    document: PolicyDocument,
    faults: FaultList,
    scripts: Vec<Script>,
    pub(crate) addr: SocketAddr,
    expected: Expectations,
}

impl PolicyServerBuilder {
    /// Sets the document to serve: text, bytes, or a [`PolicyFile`](crate::PolicyFile). It need not
    /// be a valid policy file. The server adds the terminating NUL.
    pub fn document(self, document: impl Into<PolicyDocument>) -> Self {
        Self { document: document.into(), ..self }
    }

    /// Sets the fault of every policy connection, a list of faults by connection, or the state of
    /// the endpoint. It replaces an earlier choice.
    ///
    /// ```
    /// use flash_policy_fixture::wire::EndpointState;
    /// use flash_policy_fixture::{PolicyServer, Stage};
    ///
    /// let refusing = PolicyServer::builder().fault(EndpointState::Refused);
    /// let stage = Stage::builder().policy("game.example.com:843", refusing).start();
    /// # drop(stage);
    /// ```
    pub fn fault(self, fault: impl Into<FaultList>) -> Self {
        Self { faults: fault.into(), ..self }
    }

    /// Sets the [`Fault`] of the first policy connection, the second, and so on. The last one
    /// repeats.
    pub fn faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.fault(FaultList::from_iter(faults))
    }

    /// Sets scripts to play instead of the document and its faults: on the first policy connection,
    /// the second, and so on. The last one repeats.
    pub fn scripts(self, scripts: impl IntoIterator<Item = Script>) -> Self {
        Self { scripts: scripts.into_iter().collect(), ..self }
    }

    /// Sets the real address to listen on. Default: a free port of 127.0.0.1. With port 0 the
    /// system picks a port.
    pub fn listen(self, addr: SocketAddr) -> Self {
        Self { addr, ..self }
    }

    /// Expects a number of policy requests by the time the server is dropped. The drop panics, with
    /// the caller's line, if there were fewer or more.
    ///
    /// ```
    /// use flash_policy_fixture::{PolicyServer, Stage};
    ///
    /// let empty = "<cross-domain-policy/>";
    /// let twice = PolicyServer::builder().document(empty).expect_requests(2..=2);
    /// let stage = Stage::builder().policy("game.example.com:843", twice).start();
    /// for _ in 0..2 {
    ///     let new_session = stage.blocking_swf("http://www.example.com/game.swf");
    ///     new_session.connect("game.example.com", 5000).expect_denied();
    /// }
    /// stage.stop();
    /// ```
    #[track_caller]
    pub fn expect_requests(mut self, requests: impl RangeBounds<usize>) -> Self {
        let least = match requests.start_bound() {
            Bound::Included(least) => *least,
            Bound::Excluded(below) => below + 1,
            Bound::Unbounded => 0,
        };
        let most = match requests.end_bound() {
            Bound::Included(most) => *most,
            Bound::Excluded(above) => above.saturating_sub(1),
            Bound::Unbounded => usize::MAX,
        };
        self.expected.requests = Some(ExpectedRequests { least, most, place: Location::caller() });
        self
    }

    /// Expects no traffic but policy requests of exactly 23 bytes. At an endpoint that also has a
    /// backend, other traffic is allowed, as long as it does not begin with a policy request. The
    /// drop panics, with the caller's line, if anything else came.
    #[track_caller]
    pub fn strict(mut self) -> Self {
        self.expected.strict = Some(Location::caller());
        self
    }

    /// Starts the server alone. It listens when this returns, unless a fault says otherwise.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line where [`try_start`](Self::try_start) fails.
    #[track_caller]
    pub fn start(self) -> PolicyServer {
        or_panic(self.try_start().map_err(|error| format!("cannot start a policy server: {error}")))
    }

    /// Starts the server alone. It listens when this returns, unless a fault says otherwise.
    ///
    /// # Errors
    ///
    /// Returns the system's error if the address is in use, or if no port, descriptor or thread is
    /// left. Returns `Unsupported` if the server is to drop SYNs and the system is not Linux.
    pub fn try_start(self) -> io::Result<PolicyServer> {
        let (host, port) = Host::alone(self.addr, self.declare())?;
        Ok(PolicyServer { port, host: Some(host), expected: self.expected })
    }

    /// Returns the declaration of the server's endpoint.
    pub(crate) fn declare(&self) -> Declaration {
        let declaration = self.faults.declare(self.document.as_bytes());
        if self.scripts.is_empty() { declaration } else { declaration.policy(self.scripts.clone()) }
    }
}

impl<T: Into<PolicyDocument>> From<T> for PolicyServerBuilder {
    fn from(document: T) -> Self {
        Self {
            document: document.into(),
            faults: FaultList::default(),
            scripts: Vec::new(),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            expected: Expectations::default(),
        }
    }
}

/// The traffic that a policy server expects. It is judged when the server is dropped.
#[derive(Clone, Debug, Default)]
struct Expectations {
    requests: Option<ExpectedRequests>,
    /// The place in the test that asks for nothing but policy requests.
    strict: Option<&'static Location<'static>>,
}

/// The expected number of policy requests, and the place in the test that sets it.
#[derive(Clone, Copy, Debug)]
struct ExpectedRequests {
    least: usize,
    most: usize,
    place: &'static Location<'static>,
}

impl ExpectedRequests {
    fn advice(&self, got: usize) -> &'static str {
        if got < self.least {
            "check that the client's route leads here, \
             and that it has asked before this server is dropped"
        } else {
            "a player asks a location once in a session (rulebook C1): \
             look for a second session, or another program"
        }
    }
}

impl fmt::Display for ExpectedRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, most, .. } = *self;
        let (number, last) = match most {
            usize::MAX => (format!("at least {least}"), least),
            _ if least == most => (least.to_string(), most),
            _ => (format!("{least} to {most}"), most),
        };
        write!(f, "{number} policy request{}", if last == 1 { "" } else { "s" })
    }
}
