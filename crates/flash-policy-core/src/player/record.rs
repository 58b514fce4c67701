//! All that is known of one connection attempt.

use std::fmt;
use std::time::Duration;

use super::answer::{Asked, Role};
use super::endpoint::{Endpoint, canonical_host};
use super::profile::{Profile, RefusedBackend, SecurityErrorAt};
use super::{Cause, PlayerEvent, Swf};
use crate::diagnostics::{Diagnostic, Position};
use crate::ids;

/// One TCP connection of an attempt, as the client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    endpoint: Endpoint,
    purpose: Purpose,
    pub(super) sent: usize,
    pub(super) received: Vec<u8>,
    pub(super) ended: Ended,
}

/// What a connection is for. A policy connection never carries data (rulebook W8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The policy request and its answer.
    Policy,
    /// The SWF's own data.
    Payload,
}

ids! {
    /// How a connection ended; the ids ([`Ended::as_str`]) are an interface.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Ended {
        /// The peer sent FIN.
        PeerClosed = "peer-closed",
        /// This side closed first.
        ClientClosed = "client-closed",
        /// The peer sent RST.
        Reset = "reset",
        /// The player's deadline came first.
        Deadline = "deadline",
        /// It was open at the decision.
        Open = "open",
    }
}

/// Who granted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grantor {
    /// The policy file of this location.
    Policy(Endpoint),
    /// The sandbox: no policy was needed (rulebook R3).
    Sandbox,
}

/// The element of a policy file that decided: the rule that grants, the nearest miss, or a `site-control`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingRule {
    endpoint: Endpoint,
    element: String,
    position: Option<Position>,
}

/// What `connect(host, port)` was called with; the port may be out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: i64,
}

/// What a lookup writes down as it goes.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) swf: Swf,
    pub(super) target: Target,
    pub(super) asked: Vec<Asked>,
    pub(super) connections: Vec<Connection>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) granted_by: Option<Grantor>,
    pub(super) rule: Option<DecidingRule>,
    /// Whether anything stands where the granted connection was to go.
    pub(super) is_target_mapped: bool,
    pub(super) cause: Option<Cause>,
    pub(super) decided_at: Duration,
    pub(super) events: Vec<PlayerEvent>,
    pub(super) reported_at: Vec<Option<Duration>>,
}

impl Connection {
    /// Where it went, logically.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What it was for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The bytes that the player sent: the policy request, or nothing.
    pub fn sent(&self) -> &[u8] {
        &crate::wire::POLICY_REQUEST[..self.sent]
    }

    /// The bytes that came before the decision.
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// How it ended.
    pub fn ended(&self) -> Ended {
        self.ended
    }
}

impl fmt::Display for Grantor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(endpoint) => endpoint.fmt(f),
            Self::Sandbox => f.write_str("sandbox"),
        }
    }
}

impl DecidingRule {
    pub(super) fn new(
        endpoint: &Endpoint,
        element: &impl fmt::Display,
        position: Option<Position>,
    ) -> Self {
        Self { endpoint: endpoint.clone(), element: element.to_string(), position }
    }

    /// The location whose policy file it stands in.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The element, as XML.
    pub fn element(&self) -> &str {
        &self.element
    }

    /// Where it stands in that file.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}

impl fmt::Display for DecidingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.endpoint)?;
        if let Some(at) = self.position {
            write!(f, ", line {}, column {}", at.line, at.column)?;
        }
        write!(f, ": {}", self.element)
    }
}

impl Target {
    pub(super) fn new(host: &str, port: i64) -> Self {
        Self { host: canonical_host(host), port }
    }

    /// The host, in ASCII lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the port is one from 0 to 65535 (rulebook P8).
    pub fn is_valid(&self) -> bool {
        u16::try_from(self.port).is_ok()
    }

    /// The port; 0 where it is out of range, which is decided before any rule looks at it.
    pub(super) fn port(&self) -> u16 {
        u16::try_from(self.port).unwrap_or(0)
    }

    /// The endpoint that it names.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.host, self.port())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_valid() {
            self.endpoint().fmt(f)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Record {
    pub(super) fn new(swf: &Swf, target: Target, diagnostics: &[Diagnostic]) -> Self {
        Self {
            swf: swf.clone(),
            target,
            asked: Vec::new(),
            connections: Vec::new(),
            diagnostics: diagnostics.to_vec(),
            granted_by: None,
            rule: None,
            is_target_mapped: true,
            cause: None,
            decided_at: Duration::ZERO,
            events: Vec::new(),
            reported_at: Vec::new(),
        }
    }

    /// Why, once it is decided.
    pub(super) fn cause(&self) -> Cause {
        self.cause.unwrap_or(Cause::NoPolicy)
    }

    pub(super) fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().chain(self.asked.iter().flat_map(Asked::diagnostics))
    }

    pub(super) fn is_granted(&self) -> bool {
        self.granted_by.is_some()
    }

    /// Whether a master answered with a policy file.
    pub(super) fn has_master(&self) -> bool {
        self.asked.iter().any(|asked| asked.role() == Role::Master && asked.policy().is_some())
    }

    pub(super) fn opened(&mut self, endpoint: Endpoint, purpose: Purpose) {
        self.connections.push(Connection {
            endpoint,
            purpose,
            sent: 0,
            received: Vec::new(),
            ended: Ended::Open,
        });
    }

    /// The connection in progress.
    pub(super) fn connection(&mut self) -> &mut Connection {
        self.connections
            .last_mut()
            .expect("only what was opened is sent to, received from and ended")
    }

    /// Writes down the cause, and what the SWF is told when (rulebook T4, T5, E).
    pub(super) fn decide(&mut self, cause: Cause, at: Duration, profile: &Profile) {
        self.cause = Some(cause);
        self.decided_at = at;
        if cause == Cause::TimedOut {
            // Whatever a policy said before, it did not decide.
            (self.granted_by, self.rule) = (None, None);
        }
        let timeout = profile.timing.socket_timeout;
        let late = match profile.report.security_error {
            SecurityErrorAt::SocketTimeout => timeout,
            SecurityErrorAt::Decision => Some(at),
        };
        match cause {
            Cause::Connected => self.report(PlayerEvent::Connect, Some(at)),
            Cause::InvalidPort => self.report(PlayerEvent::Throw(2003), Some(at)),
            Cause::SandboxLocalWithFile => self.report(PlayerEvent::Throw(2010), Some(at)),
            Cause::NetworkingDisabled => self.report(PlayerEvent::Throw(2146), Some(at)),
            Cause::NameNotFound => self.report(PlayerEvent::IoError(2031), Some(at)),
            Cause::BackendTimedOut if timeout.is_none() => {
                self.report(PlayerEvent::IoError(2031), Some(at))
            }
            Cause::BackendRefused | Cause::BackendReset => match profile.report.refused_backend {
                RefusedBackend::SecurityError => {
                    self.report(PlayerEvent::SecurityError(2048), late)
                }
                RefusedBackend::IoErrorThenSecurityError if timeout.is_some() => {
                    self.report(PlayerEvent::IoError(2031), Some(at));
                    self.report(PlayerEvent::SecurityError(2048), timeout);
                }
                _ => self.report(PlayerEvent::IoError(2031), Some(at)),
            },
            _ => self.report(PlayerEvent::SecurityError(2048), late),
        }
    }

    fn report(&mut self, event: PlayerEvent, at: Option<Duration>) {
        self.events.push(event);
        self.reported_at.push(at);
    }
}
