//! [`Failure`]: why one attempt to start a server failed.

use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitStatus;
use std::time::Duration;
use std::{fmt, io};

use super::template::Ports;

/// The reason why one attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server exited. `after_probe` is true if a connection had asked whether it was ready.
    Exited { status: ExitStatus, after_probe: bool },
    /// The child exited with success, and its server goes on without it.
    InBackground,
    /// The server wrote that an address is in use.
    AddressInUse,
    /// The server exited, and another process has this port.
    PortTaken { status: ExitStatus, port: u16 },
    /// The time was over.
    NotReady { awaited: String, within: Duration },
}

impl Failure {
    /// Returns what this failure is, now that the server is stopped: a port of an exited server
    /// that cannot be bound belongs to another process. Many servers exit without a word then.
    pub(super) fn with_ports(self, ports: &Ports) -> Self {
        let is_taken = |port: &u16| {
            let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, *port));
            bound.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
        };
        match self {
            Self::Exited { status, after_probe } => match ports.all().find(is_taken) {
                Some(port) => Self::PortTaken { status, port },
                None => Self::Exited { status, after_probe },
            },
            other => other,
        }
    }

    /// Returns whether another process took a port, so that an attempt with other ports may
    /// succeed.
    pub(super) fn is_lost_port(&self) -> bool {
        matches!(self, Self::AddressInUse | Self::PortTaken { .. })
    }

    /// Returns how the server exited, if it did.
    pub(super) fn exit_status(&self) -> Option<ExitStatus> {
        match self {
            Self::Exited { status, .. } | Self::PortTaken { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { status, after_probe: false } => {
                write!(f, "exited before it was ready ({status})")
            }
            Self::Exited { status, after_probe: true } => write!(
                f,
                "exited ({status}) after a connection had asked whether it was ready, and had \
                 closed"
            ),
            Self::InBackground => f.write_str(
                "went into the background: its process exited with success, and the server went \
                 on without it",
            ),
            Self::AddressInUse => f.write_str("said that its address is in use"),
            Self::PortTaken { status, port } => {
                write!(f, "exited ({status}), and another process has the port {port}")
            }
            Self::NotReady { awaited, within } => {
                write!(f, "was not ready within {within:?}, waiting for {awaited}")
            }
        }
    }
}
