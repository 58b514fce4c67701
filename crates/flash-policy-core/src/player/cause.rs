//! What a connection attempt comes to: the verdict, its true cause, and what the SWF is told.

use std::fmt;

use crate::ids;

ids! {
    /// Whether the SWF gets its connection, as far as policy goes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Verdict {
        /// A policy or the sandbox grants, and the connection stands.
        Permitted = "permitted",
        /// Nothing grants.
        Denied = "denied",
        /// It is granted, and the backend cannot be reached.
        Unreachable = "unreachable",
    }
}

ids! {
    /// Why. The list is closed, and the ids ([`Cause::as_str`]) are an interface.
    ///
    /// ```
    /// use flash_policy_core::{Cause, Verdict};
    ///
    /// assert_eq!(Cause::BackendRefused.as_str(), "backend-refused");
    /// assert_eq!(Cause::BackendRefused.verdict(), Verdict::Unreachable);
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Cause {
        /// The connection stands.
        Connected = "connected",
        /// A policy from a port of 1024 or more cannot grant a lower one (P1).
        LowPort = "low-port",
        /// `secure="true"` and the SWF was not loaded over https (X9).
        SecureOnly = "secure-only",
        /// A rule names the requester, none its port.
        PortNotListed = "port-not-listed",
        /// No rule names the requester.
        DomainNotListed = "domain-not-listed",
        /// What answered is not a policy file that the player accepts (X1).
        MalformedPolicy = "malformed-policy",
        /// Nothing answered with a policy file.
        NoPolicy = "no-policy",
        /// The master allows no policy at all (L5).
        MetaPolicyNone = "meta-policy-none",
        /// The master allows no other policy, and does not grant itself (L6).
        MasterOnly = "master-only",
        /// `Socket.timeout` ran out before a verdict (T4).
        TimedOut = "timed-out",
        /// Such a SWF may not use sockets (R3).
        SandboxLocalWithFile = "sandbox-local-with-file",
        /// The page embeds the SWF with `allowNetworking="none"` (R5).
        NetworkingDisabled = "networking-disabled",
        /// Not a port from 0 to 65535 (P8).
        InvalidPort = "invalid-port",
        /// Nothing listens at the destination.
        BackendRefused = "backend-refused",
        /// The destination never answered the SYN.
        BackendTimedOut = "backend-timed-out",
        /// The destination reset the connection before it stood.
        BackendReset = "backend-reset",
        /// The destination's name does not resolve.
        NameNotFound = "name-not-found",
    }
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

impl Cause {
    /// The verdict that this is a cause of.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Connected => Verdict::Permitted,
            Self::BackendRefused
            | Self::BackendTimedOut
            | Self::BackendReset
            | Self::NameNotFound => Verdict::Unreachable,
            _ => Verdict::Denied,
        }
    }

    /// Returns how near a miss was to a grant: the smaller, the nearer. Among the causes of several
    /// policies, the nearest is the one that is told.
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

impl PlayerEvent {
    /// The events that a SWF can get for a socket, by their ids (rulebook E).
    pub const OF_SOCKETS: &[(&str, Self)] = &[
        ("connect", Self::Connect),
        ("securityError#2048", Self::SecurityError(2048)),
        ("ioError#2031", Self::IoError(2031)),
        ("throw#2003", Self::Throw(2003)),
        ("throw#2010", Self::Throw(2010)),
        ("throw#2146", Self::Throw(2146)),
    ];
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
