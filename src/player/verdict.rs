//! What a connection attempt comes to: the verdict, its true cause, and what the SWF is told.

use std::fmt;

/// Whether the SWF gets its connection, as far as policy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// `permitted`: a policy or the sandbox grants, and the connection stands.
    Permitted,
    /// `denied`: nothing grants.
    Denied,
    /// `unreachable`: it is granted, and the backend cannot be reached.
    Unreachable,
}

/// Why. The list is closed, and the ids ([`Cause::as_str`]) are an interface.
///
/// ```
/// use flash_policy_fixture::{Cause, Verdict};
///
/// assert_eq!(Cause::BackendRefused.as_str(), "backend-refused");
/// assert_eq!(Cause::BackendRefused.verdict(), Verdict::Unreachable);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// `connected`.
    Connected,
    /// `low-port`: a policy from a port of 1024 or more cannot grant a lower one (P1).
    LowPort,
    /// `secure-only`: `secure="true"` and the SWF was not loaded over https (X9).
    SecureOnly,
    /// `port-not-listed`: a rule names the requester, none its port.
    PortNotListed,
    /// `domain-not-listed`: no rule names the requester.
    DomainNotListed,
    /// `malformed-policy`: what answered is not a policy file that the player accepts (X1).
    MalformedPolicy,
    /// `no-policy`: nothing answered with a policy file.
    NoPolicy,
    /// `meta-policy-none`: the master allows no policy at all (L5).
    MetaPolicyNone,
    /// `master-only`: the master allows no other policy, and does not grant itself (L6).
    MasterOnly,
    /// `timed-out`: `Socket.timeout` ran out before a verdict (T4).
    TimedOut,
    /// `sandbox-local-with-file`: such a SWF may not use sockets (R3).
    SandboxLocalWithFile,
    /// `networking-disabled`: the page embeds the SWF with `allowNetworking="none"` (R5).
    NetworkingDisabled,
    /// `invalid-port`: not a port from 0 to 65535 (P8).
    InvalidPort,
    /// `backend-refused`: nothing listens at the destination.
    BackendRefused,
    /// `backend-timed-out`: the destination never answered the SYN.
    BackendTimedOut,
    /// `backend-reset`: the destination reset the connection before it stood.
    BackendReset,
    /// `name-not-found`: the destination's name does not resolve.
    NameNotFound,
}

/// What the SWF is told. Displayed as `connect`, `securityError#2048`, `ioError#2031`, `throw#2010`.
///
/// The number does not make the kind: an `ioError` can carry #2048 (rulebook E8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlayerEvent {
    /// The socket is connected (E1).
    Connect,
    /// A `securityError` event with this number (E2).
    SecurityError(u16),
    /// An `ioError` event with this number (E3).
    IoError(u16),
    /// A load is complete.
    Complete,
    /// An error thrown by the call itself.
    Throw(u16),
}

impl Verdict {
    /// The id: `permitted`, `denied` or `unreachable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permitted => "permitted",
            Self::Denied => "denied",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Cause {
    /// The id, as JSON and scenario files spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::LowPort => "low-port",
            Self::SecureOnly => "secure-only",
            Self::PortNotListed => "port-not-listed",
            Self::DomainNotListed => "domain-not-listed",
            Self::MalformedPolicy => "malformed-policy",
            Self::NoPolicy => "no-policy",
            Self::MetaPolicyNone => "meta-policy-none",
            Self::MasterOnly => "master-only",
            Self::TimedOut => "timed-out",
            Self::SandboxLocalWithFile => "sandbox-local-with-file",
            Self::NetworkingDisabled => "networking-disabled",
            Self::InvalidPort => "invalid-port",
            Self::BackendRefused => "backend-refused",
            Self::BackendTimedOut => "backend-timed-out",
            Self::BackendReset => "backend-reset",
            Self::NameNotFound => "name-not-found",
        }
    }

    /// The verdict that this is a cause of.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Connected => Verdict::Permitted,
            Self::BackendRefused | Self::BackendTimedOut | Self::BackendReset | Self::NameNotFound => {
                Verdict::Unreachable
            }
            _ => Verdict::Denied,
        }
    }

    /// How near a denial was to a grant: the smaller, the nearer. It picks among several policies' causes.
    pub(super) fn distance(self) -> u8 {
        match self {
            Self::LowPort => 0,
            Self::SecureOnly => 1,
            Self::PortNotListed => 2,
            Self::DomainNotListed => 3,
            Self::MalformedPolicy => 4,
            _ => 5,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for PlayerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::SecurityError(number) => write!(f, "securityError#{number}"),
            Self::IoError(number) => write!(f, "ioError#{number}"),
            Self::Complete => f.write_str("complete"),
            Self::Throw(number) => write!(f, "throw#{number}"),
        }
    }
}
