//! The verdict of a connection attempt, and its true cause.

use crate::ids;

ids! {
    /// The verdict of a connection attempt.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Verdict {
        /// A policy or the sandbox grants the connection, and it is established.
        Permitted = "permitted",
        /// Nothing grants the connection.
        Denied = "denied",
        /// The connection is granted, but the backend cannot be reached.
        Unreachable = "unreachable",
    }
}

ids! {
    /// The reason for a verdict. The list is closed, and the ids ([`Cause::as_str`]) are stable.
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
        /// The connection is established.
        Connected = "connected",
        /// The matching rule came from a port of 1024 or more, which cannot grant a lower port
        /// (P1).
        LowPort = "low-port",
        /// The matching rule is only for SWFs loaded over HTTPS (`secure="true"`), and this one was
        /// not (X9).
        SecureOnly = "secure-only",
        /// Rules name the requester, but none of them lists the port.
        PortNotListed = "port-not-listed",
        /// No rule names the requester.
        DomainNotListed = "domain-not-listed",
        /// The answer is not a policy file that the player accepts (X1).
        MalformedPolicy = "malformed-policy",
        /// No location answered with a policy file.
        NoPolicy = "no-policy",
        /// The master's meta-policy is `none`: no policy file of the host counts (L5).
        MetaPolicyNone = "meta-policy-none",
        /// The master allows no other policy file, and does not grant the connection itself (L6).
        /// It is the cause only where that kept out a location which the SWF had named, or where
        /// the master has no rules at all. Otherwise the nearest miss is the cause.
        MasterOnly = "master-only",
        /// `Socket.timeout` ran out before a verdict (T4). In a profile without that timeout, the
        /// client's [patience](super::TimingProfile::patience) did.
        TimedOut = "timed-out",
        /// A SWF in the sandbox `local-with-file` may not use sockets (R3).
        SandboxLocalWithFile = "sandbox-local-with-file",
        /// The page embeds the SWF with `allowNetworking="none"` (R5).
        NetworkingDisabled = "networking-disabled",
        /// The port is not a number from 0 to 65535 (P8).
        InvalidPort = "invalid-port",
        /// The destination refuses connections: nothing listens there.
        BackendRefused = "backend-refused",
        /// The destination never answered the SYN.
        BackendTimedOut = "backend-timed-out",
        /// The destination reset the connection while it was being opened.
        BackendReset = "backend-reset",
        /// The destination's name does not resolve.
        NameNotFound = "name-not-found",
    }
}

impl Cause {
    /// Returns the verdict that this cause belongs to.
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

    /// Returns the distance of this miss from a grant; 0 is the nearest. When several policies
    /// miss, the nearest cause is reported.
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
