//! What is to stand on a stage.

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

/// What is to stand on a [`Stage`]. An endpoint with both a policy and a backend answers policy requests in-band.
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
#[must_use = "a stage stands when `start` was called"]
#[derive(Debug)]
pub struct StageBuilder {
    standing: BTreeMap<Endpoint, Standing>,
    /// The first thing that was wrong.
    wrong: Option<StageError>,
    unknown: Vec<String>,
    profile: Profile,
}

/// Why a stage could not be started.
pub struct StageError {
    kind: StageErrorKind,
}

#[derive(Debug)]
enum StageErrorKind {
    Endpoint(InvalidEndpoint),
    Twice(Endpoint, &'static str),
    Io(io::Error),
}

/// What stands at one endpoint.
#[derive(Debug, Default)]
struct Standing {
    policy: Option<PolicyServerBuilder>,
    backend: Option<Backend>,
}

impl StageBuilder {
    pub(super) fn new() -> Self {
        Self {
            standing: BTreeMap::new(),
            wrong: None,
            unknown: Vec::new(),
            profile: Profile::default(),
        }
    }

    /// Answers policy requests at a logical `host:port`: XML, a [`PolicyFile`](crate::PolicyFile), or a
    /// [`PolicyServer::builder`] with faults and expectations.
    pub fn policy(self, at: &str, policy: impl Into<PolicyServerBuilder>) -> Self {
        self.put(at, "policies", |here| here.policy.replace(policy.into()).is_some())
    }

    /// Puts a backend at a logical `host:port`.
    pub fn backend(self, at: &str, backend: Backend) -> Self {
        self.put(at, "backends", |here| here.backend.replace(backend).is_some())
    }

    /// Makes a host's name one that does not resolve.
    pub fn unknown_name(mut self, host: &str) -> Self {
        self.unknown.push(host.to_owned());
        self
    }

    /// Chooses the player of the stage's clients.
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// Starts all of it. Every server listens when this returns.
    ///
    /// # Panics
    ///
    /// At the caller's line, with the text of [`StageError`].
    #[track_caller]
    pub fn start(self) -> Stage {
        or_panic(self.try_start())
    }

    /// Starts all of it. Every server listens when this returns.
    ///
    /// # Errors
    ///
    /// An endpoint is not a `host:port`, or has two policies or two backends, or no port, descriptor or thread is left.
    pub fn try_start(self) -> Result<Stage, StageError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let real_time = RealTime::default();
        let (mut tasks, mut nodes) = (Vec::new(), BTreeMap::new());
        let (mut policy_servers, mut backends) = (BTreeMap::new(), BTreeMap::new());
        for (endpoint, standing) in self.standing {
            let (addr, declaration) = standing.declare();
            let task =
                NodeTask::open(addr, declaration, real_time.clone(), Some(endpoint.clone()))?;
            let node = task.node.clone();
            tasks.push(task);
            if let Some(builder) = standing.policy {
                policy_servers.insert(endpoint.clone(), PolicyServer::on(node.clone(), builder));
            }
            if standing.backend.is_some() {
                backends.insert(endpoint.clone(), RunningBackend::on(node.clone()));
            }
            nodes.insert(endpoint, node);
        }
        Ok(Stage {
            _host: Host::start(tasks)?,
            nodes,
            policy_servers,
            backends,
            unknown: self.unknown,
            profile: self.profile,
            real_time,
        })
    }

    /// Puts something at an endpoint; `put` tells whether such a thing stood there before.
    fn put(
        mut self,
        at: &str,
        what: &'static str,
        put: impl FnOnce(&mut Standing) -> bool,
    ) -> Self {
        let wrong = match at.parse::<Endpoint>() {
            Ok(endpoint) => put(self.standing.entry(endpoint.clone()).or_default())
                .then_some(StageErrorKind::Twice(endpoint, what)),
            Err(error) => Some(StageErrorKind::Endpoint(error)),
        };
        self.wrong = self.wrong.or(wrong.map(|kind| StageError { kind }));
        self
    }
}

impl Standing {
    fn declare(&self) -> (SocketAddr, Declaration) {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (addr, declaration) = match &self.policy {
            None => (any, Declaration::new()),
            Some(policy) => (policy.addr, policy.declare()),
        };
        let declaration = match &self.backend {
            None => declaration,
            Some(backend) => backend.declare(declaration),
        };
        (addr, declaration)
    }
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StageErrorKind::Endpoint(error) => error.fmt(f),
            StageErrorKind::Twice(endpoint, what) => {
                write!(
                    f,
                    "{endpoint} has two {what}; give it one, or another endpoint to the second"
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
