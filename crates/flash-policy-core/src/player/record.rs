//! The record of one connection attempt. A lookup fills it in, and the outcome reads it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::answer::{Asked, Role};
use super::connection::{Connection, Purpose};
use super::endpoint::{Endpoint, canonical_host};
use super::picked_port::PickedPort;
use super::player_event::{PlayerEvent, events};
use super::profile::Profile;
use super::{Cause, Swf};
use crate::diagnostics::{Diagnostic, Position};
use crate::document::{AllowAccessFrom, MetaPolicy, SiteControl};

/// The record that a lookup fills in as it goes.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) swf: Swf,
    pub(super) target: Target,
    pub(super) asked: Vec<Asked>,
    pub(super) connections: Vec<Connection>,
    /// The diagnostics of the attempt itself, such as a bad URL of `loadPolicyFile`.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The location whose meta-policy kept the player from others, and that meta-policy.
    pub(super) kept_out: Option<(usize, MetaPolicy)>,
    /// The first location named with `loadPolicyFile` that was kept out.
    pub(super) first_kept_out: Option<Endpoint>,
    pub(super) granted_by: Option<Grantor>,
    pub(super) rule: Option<DecidingRule>,
    /// False when nothing is mapped at the destination of a granted connection.
    pub(super) is_target_mapped: bool,
    /// The ports that were picked to stand for endpoints.
    pub(super) picked: BTreeMap<Endpoint, PickedPort>,
    pub(super) cause: Option<Cause>,
    pub(super) decided_at: Duration,
    pub(super) events: Vec<PlayerEvent>,
    pub(super) reported_at: Vec<Option<Duration>>,
}

impl Record {
    pub(super) fn new(swf: &Swf, target: Target, diagnostics: &[Diagnostic]) -> Self {
        Self {
            swf: swf.clone(),
            target,
            asked: Vec::new(),
            connections: Vec::new(),
            diagnostics: diagnostics.to_vec(),
            kept_out: None,
            first_kept_out: None,
            granted_by: None,
            rule: None,
            is_target_mapped: true,
            picked: BTreeMap::new(),
            cause: None,
            decided_at: Duration::ZERO,
            events: Vec::new(),
            reported_at: Vec::new(),
        }
    }

    /// Returns the cause, or [`Cause::NoPolicy`] before the decision.
    pub(super) fn cause(&self) -> Cause {
        self.cause.unwrap_or(Cause::NoPolicy)
    }

    /// Returns the index of the location whose policy holds the deciding element.
    pub(super) fn deciding_location(&self) -> Option<usize> {
        let rule = self.rule.as_ref()?;
        self.asked.iter().position(|asked| asked.endpoint == rule.endpoint)
    }

    pub(super) fn is_granted(&self) -> bool {
        self.granted_by.is_some()
    }

    /// Returns true if a master answered with a policy file.
    pub(super) fn has_master(&self) -> bool {
        self.asked.iter().any(|asked| asked.role() == Role::Master && asked.policy().is_some())
    }

    /// Adds a connection that was just opened. An answer of more than `cap` bytes is too large.
    pub(super) fn opened(&mut self, endpoint: Endpoint, purpose: Purpose, cap: usize) {
        self.connections.push(Connection::open(endpoint, purpose, cap));
    }

    /// Returns the connection in progress.
    pub(super) fn connection(&mut self) -> &mut Connection {
        self.connections
            .last_mut()
            .expect("only what was opened is sent to, received from and ended")
    }

    /// Records the cause, and the events of the SWF with their times (rulebook T4, T5, E).
    pub(super) fn decide(&mut self, cause: Cause, at: Duration, profile: &Profile) {
        self.cause = Some(cause);
        self.decided_at = at;
        if cause == Cause::TimedOut {
            // An earlier grant did not decide.
            self.granted_by = None;
            self.rule = None;
        }
        (self.events, self.reported_at) = events(cause, at, profile).into_iter().unzip();
    }
}

/// The source of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grantor {
    /// The policy file at this location.
    Policy(Endpoint),
    /// The sandbox, which needs no policy (rulebook R3).
    Sandbox,
}

impl fmt::Display for Grantor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(endpoint) => endpoint.fmt(f),
            Self::Sandbox => f.write_str("sandbox"),
        }
    }
}

/// The element of a policy file that decided: the rule that grants, the nearest miss, or a
/// `site-control`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingRule {
    endpoint: Endpoint,
    element: String,
    /// The rule itself, unless the element is a `site-control`.
    rule: Option<AllowAccessFrom>,
    position: Option<Position>,
}

impl DecidingRule {
    pub(super) fn grant(endpoint: &Endpoint, rule: &AllowAccessFrom) -> Self {
        Self {
            endpoint: endpoint.clone(),
            element: rule.to_string(),
            rule: Some(rule.clone()),
            position: rule.position(),
        }
    }

    pub(super) fn control(endpoint: &Endpoint, control: &SiteControl) -> Self {
        Self {
            endpoint: endpoint.clone(),
            element: control.to_string(),
            rule: None,
            position: control.position(),
        }
    }

    /// Returns the `to-ports` of an `allow-access-from` as it is written, if it has one.
    pub fn to_ports(&self) -> Option<&str> {
        self.rule.as_ref()?.written_to_ports()
    }

    /// Returns the rule, unless the element is a `site-control`.
    pub(super) fn allow_access_from(&self) -> Option<&AllowAccessFrom> {
        self.rule.as_ref()
    }

    /// Returns the location of the policy file that holds the element.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the element as XML.
    pub fn element(&self) -> &str {
        &self.element
    }

    /// Returns the position of the element in its file.
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

/// The arguments of `connect(host, port)`. The port may be out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: i64,
}

impl Target {
    pub(super) fn new(host: &str, port: i64) -> Self {
        Self { host: canonical_host(host), port }
    }

    /// Returns the host, in ASCII lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns true if the port is from 0 to 65535 (rulebook P8).
    pub fn is_valid(&self) -> bool {
        u16::try_from(self.port).is_ok()
    }

    /// Returns the port, or 0 if it is out of range. An attempt with such a port is decided before
    /// any rule looks at the port.
    pub(super) fn port(&self) -> u16 {
        u16::try_from(self.port).unwrap_or(0)
    }

    /// Returns the port as the SWF gave it, which may be out of range.
    pub(super) fn written_port(&self) -> i64 {
        self.port
    }

    /// Returns the endpoint that the target names. A port out of range becomes 0.
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
