//! The policy server.

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

/// A policy server that runs: it answers policy requests and journals every connection, and what there is to know and
/// change about its [`ServerPort`]. When it is dropped its port refuses, and what was expected of it is judged, though never while a panic unwinds.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use flash_policy_fixture::{PolicyFile, PolicyServer};
///
/// let server = PolicyServer::start(PolicyFile::builder().allow("*.example.com", 5000..=5010).build());
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
    host: Option<Host>,
    expected: Expectations,
}

/// What a policy server is to serve, how, and what is expected of its traffic.
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
#[must_use = "a policy server runs when `start` was called"]
#[derive(Clone, Debug)]
pub struct PolicyServerBuilder {
    document: PolicyDocument,
    faults: FaultList,
    scripts: Vec<Script>,
    pub(crate) addr: SocketAddr,
    expected: Expectations,
}

#[derive(Clone, Debug, Default)]
struct Expectations {
    requests: Option<Requests>,
    strict: Option<&'static Location<'static>>,
}

/// How many policy requests are expected, and where the test says so.
#[derive(Clone, Copy, Debug)]
struct Requests {
    least: usize,
    most: usize,
    place: &'static Location<'static>,
}

/// What to do about a connection that `strict` does not allow.
const STRAY: &str = "a player sends its 23 bytes and no more: find the program behind that address, or put a backend at this \
    endpoint if its other traffic is meant to come here";

impl PolicyServer {
    /// Starts a server on a loopback port of its own. It serves what it is given: the text or the bytes of a policy, a
    /// [`PolicyFile`](crate::PolicyFile), or a [`builder`](Self::builder). A server at a logical endpoint is started by
    /// [`Stage::builder().policy`](crate::stage::StageBuilder::policy), which takes the same.
    ///
    /// # Panics
    ///
    /// At the caller's line, if no port, descriptor or thread is left.
    #[track_caller]
    pub fn start(policy: impl Into<PolicyServerBuilder>) -> Self {
        policy.into().start()
    }

    /// A server to be, with faults and expectations. Without a [`document`](PolicyServerBuilder::document) it serves an
    /// empty file, which is malformed. [`start`](PolicyServerBuilder::start) it alone, or hand it to
    /// [`Stage::builder().policy`](crate::stage::StageBuilder::policy).
    pub fn builder() -> PolicyServerBuilder {
        PolicyServerBuilder::from("")
    }

    pub(crate) fn on(node: Arc<Node>, builder: PolicyServerBuilder) -> Self {
        Self { port: ServerPort { node }, host: None, expected: builder.expected }
    }

    /// Waits until `requests` policy requests have come, at most for `timeout` of real time; `false` if they have not.
    #[must_use = "false means that they have not come"]
    pub fn wait_for(&self, requests: usize, timeout: Duration) -> bool {
        self.port.node.wait_until(timeout, |exchanges| {
            exchanges.iter().filter(|exchange| exchange.is_policy_request()).count() >= requests
        })
    }

    /// Stops it: its port refuses when this returns, and what was expected of it is judged.
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
                    "{place}: expected nothing but policy requests at {node}, got a connection {stray}{STRAY}"
                );
            }
        }
    }

    fn is_allowed(&self, exchange: &Exchange) -> bool {
        let received = exchange.received();
        received == POLICY_REQUEST
            || (self.port.node.declaration_now().has_backend() && !exchange.is_policy_request())
    }
}

impl Requests {
    fn advice(&self, got: usize) -> &'static str {
        if got < self.least {
            "check that the client's route leads here, and that it has asked before this server is dropped"
        } else {
            "a player asks a location once in a session (rulebook C1): look for a second session, or another program"
        }
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

impl PolicyServerBuilder {
    /// What it serves, whether that is a policy file or not: text, bytes, or a [`PolicyFile`](crate::PolicyFile). The
    /// terminating NUL is added.
    pub fn document(self, document: impl Into<PolicyDocument>) -> Self {
        Self { document: document.into(), ..self }
    }

    /// Sets what it does wrong: a [`Fault`] of every connection, a list of faults by connection, or
    /// the state of its endpoint.
    ///
    /// ```
    /// use flash_policy_fixture::wire::EndpointState;
    /// use flash_policy_fixture::{PolicyServer, Stage};
    ///
    /// let nobody = PolicyServer::builder().fault(EndpointState::Refused);
    /// let stage = Stage::builder().policy("game.example.com:843", nobody).start();
    /// # drop(stage);
    /// ```
    pub fn fault(self, fault: impl Into<FaultList>) -> Self {
        Self { faults: fault.into(), ..self }
    }

    /// Sets what it does wrong on the first policy connection, the second, and so on; the last one
    /// repeats.
    pub fn faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.fault(FaultList::from_iter(faults))
    }

    /// Plays these scripts instead, on the first policy connection, the second, and so on; the last one repeats.
    pub fn scripts(self, scripts: impl IntoIterator<Item = Script>) -> Self {
        Self { scripts: scripts.into_iter().collect(), ..self }
    }

    /// Listens on this real address instead of a free port of 127.0.0.1; port 0 lets the system pick.
    pub fn listen(self, addr: SocketAddr) -> Self {
        Self { addr, ..self }
    }

    /// Expects so many policy requests until it is dropped.
    ///
    /// ```
    /// use flash_policy_fixture::{PolicyServer, Stage};
    ///
    /// let twice = PolicyServer::builder().document("<cross-domain-policy/>").expect_requests(2..=2);
    /// let stage = Stage::builder().policy("game.example.com:843", twice).start();
    /// for _ in 0..2 {
    ///     stage.blocking_swf("http://www.example.com/game.swf").connect("game.example.com", 5000).expect_denied();
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
        self.expected.requests = Some(Requests { least, most, place: Location::caller() });
        self
    }

    /// Expects no traffic but policy requests of exactly 23 bytes.
    #[track_caller]
    pub fn strict(mut self) -> Self {
        self.expected.strict = Some(Location::caller());
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// At the caller's line, if no port, descriptor or thread is left.
    #[track_caller]
    pub fn start(self) -> PolicyServer {
        or_panic(self.try_start().map_err(|error| format!("cannot start a policy server: {error}")))
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// As the system: no port, descriptor or thread is left. `Unsupported` where it is to drop SYNs
    /// elsewhere than on Linux.
    pub fn try_start(self) -> io::Result<PolicyServer> {
        let (host, port) = Host::alone(self.addr, self.declare())?;
        Ok(PolicyServer { port, host: Some(host), expected: self.expected })
    }

    /// Declares what stands at its endpoint.
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

impl fmt::Display for Requests {
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
