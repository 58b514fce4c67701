//! The builder of a [`Stage`], and the error of one that cannot start.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use flash_policy_core::debug_as_text;
use flash_policy_core::or_panic;
use flash_policy_core::player::{Endpoint, InvalidEndpoint, Profile};
use flash_policy_core::wire::Declaration;
use flash_policy_net::RealTime;

use super::Stage;
use crate::server::{Backend, Host, NodeTask, PolicyServer, PolicyServerBuilder, RunningBackend};

/// A description of a [`Stage`] that has not started yet.
///
/// An endpoint with both a policy and a backend answers policy requests in-band.
///
/// ```
/// use flash_policy_fixture::{Backend, PolicyFile, Stage};
///
/// let in_band = Stage::builder()
///     .policy("game.example.com:5000", PolicyFile::builder().allow("*", 5000).build())
///     .backend("game.example.com:5000", Backend::echo())
///     .start();
/// # drop(in_band);
/// ```
#[must_use = "a stage starts only when `start` is called"]
#[derive(Debug)]
pub struct StageBuilder {
    servers: BTreeMap<Endpoint, EndpointServers>,
    /// The first error that a builder method met. `try_start` returns it.
    error: Option<StageError>,
    unknown_hosts: Vec<String>,
    profile: Profile,
}

impl StageBuilder {
    pub(super) fn new() -> Self {
        Self {
            servers: BTreeMap::new(),
            error: None,
            unknown_hosts: Vec::new(),
            profile: Profile::default(),
        }
    }

    /// Adds a policy server at a logical `host:port`.
    ///
    /// It takes XML, a [`PolicyFile`](crate::PolicyFile), or a [`PolicyServer::builder`] with
    /// faults and expectations. [`start`](Self::start) reports an invalid or repeated endpoint.
    pub fn policy(self, at: &str, policy: impl Into<PolicyServerBuilder>) -> Self {
        self.add(at, "policies", |servers| servers.policy.replace(policy.into()).is_some())
    }

    /// Adds a backend at a logical `host:port`.
    ///
    /// [`start`](Self::start) reports an invalid or repeated endpoint.
    pub fn backend(self, at: &str, backend: Backend) -> Self {
        self.add(at, "backends", |servers| servers.backend.replace(backend).is_some())
    }

    /// Makes a host name one that does not resolve.
    pub fn unknown_name(mut self, host: &str) -> Self {
        self.unknown_hosts.push(host.to_owned());
        self
    }

    /// Sets the player that the stage's clients simulate. Default: [`Profile::default`].
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// Starts the stage. Every server listens, or refuses as declared, when this returns.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the text of the [`StageError`], where
    /// [`try_start`](Self::try_start) fails.
    #[track_caller]
    pub fn start(self) -> Stage {
        or_panic(self.try_start())
    }

    /// Starts the stage. Every server listens, or refuses as declared, when this returns.
    ///
    /// # Errors
    ///
    /// Returns an error if an endpoint is not a `host:port`, if one has two policies or two
    /// backends, or if no port, descriptor or thread is left.
    pub fn try_start(self) -> Result<Stage, StageError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let real_time = RealTime::default();
        let mut tasks = Vec::new();
        let mut nodes = BTreeMap::new();
        let mut policy_servers = BTreeMap::new();
        let mut backends = BTreeMap::new();
        for (endpoint, servers) in self.servers {
            let (addr, declaration) = servers.declare();
            let task =
                NodeTask::open(addr, declaration, real_time.clone(), Some(endpoint.clone()))?;
            let node = task.node.clone();
            tasks.push(task);
            if let Some(builder) = servers.policy {
                policy_servers.insert(endpoint.clone(), PolicyServer::on(node.clone(), builder));
            }
            if servers.backend.is_some() {
                backends.insert(endpoint.clone(), RunningBackend::on(node.clone()));
            }
            nodes.insert(endpoint, node);
        }
        Ok(Stage {
            _host: Host::start(tasks)?,
            nodes,
            policy_servers,
            backends,
            unknown_hosts: self.unknown_hosts,
            profile: self.profile,
            real_time,
        })
    }

    /// Adds a server at an endpoint with `insert`, which returns whether it replaced one of the
    /// same kind. `kind` names them in the error.
    fn add(
        mut self,
        at: &str,
        kind: &'static str,
        insert: impl FnOnce(&mut EndpointServers) -> bool,
    ) -> Self {
        let error = match at.parse::<Endpoint>() {
            Ok(endpoint) => {
                let is_repeated = insert(self.servers.entry(endpoint.clone()).or_default());
                is_repeated.then_some(StageErrorKind::Twice(endpoint, kind))
            }
            Err(error) => Some(StageErrorKind::Endpoint(error)),
        };
        self.error = self.error.or(error.map(|kind| StageError { kind }));
        self
    }
}

/// The servers at one endpoint.
#[derive(Debug, Default)]
struct EndpointServers {
    policy: Option<PolicyServerBuilder>,
    backend: Option<Backend>,
}

impl EndpointServers {
    /// Returns the real address to bind, and the declaration of both servers together.
    fn declare(&self) -> (SocketAddr, Declaration) {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (addr, declaration) = match &self.policy {
            None => (any_port, Declaration::new()),
            Some(policy) => (policy.addr, policy.declare()),
        };
        let declaration = match &self.backend {
            None => declaration,
            Some(backend) => backend.declare(declaration),
        };
        (addr, declaration)
    }
}

/// The error of a stage that cannot start.
pub struct StageError {
    kind: StageErrorKind,
}

#[derive(Debug)]
enum StageErrorKind {
    Endpoint(InvalidEndpoint),
    /// An endpoint has two servers of this kind.
    Twice(Endpoint, &'static str),
    Io(io::Error),
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StageErrorKind::Endpoint(error) => error.fmt(f),
            StageErrorKind::Twice(endpoint, kind) => {
                write!(
                    f,
                    "{endpoint} has two {kind}; give it one, or another endpoint to the second"
                )
            }
            StageErrorKind::Io(error) => write!(f, "this machine cannot start the stage: {error}"),
        }
    }
}

debug_as_text!(StageError);

impl std::error::Error for StageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            StageErrorKind::Endpoint(error) => Some(error),
            StageErrorKind::Twice(..) => None,
            StageErrorKind::Io(error) => Some(error),
        }
    }
}

impl From<io::Error> for StageError {
    fn from(error: io::Error) -> Self {
        Self { kind: StageErrorKind::Io(error) }
    }
}

impl From<StageError> for io::Error {
    fn from(error: StageError) -> Self {
        match error.kind {
            StageErrorKind::Io(error) => error,
            _ => Self::new(io::ErrorKind::InvalidInput, error),
        }
    }
}
