//! [`Readiness`]: when a server counts as ready, and [`Failure`]: why an attempt failed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitStatus;
use std::time::Duration;
use std::{fmt, io, thread};

use super::child::ChildProcess;
use super::deadline::{Deadline, POLL};
use super::template::Ports;

/// The time after which a probe that is neither accepted nor refused is given up, to check the
/// process again.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// The sign that a server is ready.
#[derive(Debug, Clone)]
pub(super) enum Readiness {
    /// Every probed port accepts a connection.
    Listening,
    /// A line of the output contains this text.
    Output(String),
    /// `GET` of this path gets an HTTP answer.
    Http(String),
    /// This much time has passed.
    After(Duration),
}

impl Readiness {
    /// Waits until the server is ready and alive. `probed` must have an address if the readiness
    /// needs a probe.
    #[expect(clippy::disallowed_methods, reason = "a foreign process cannot be awaited")]
    pub(super) fn wait(
        &self,
        process: &mut ChildProcess,
        mut probed: Vec<SocketAddr>,
        ports: &Ports,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let started = Deadline::new(deadline.within);
        loop {
            let ready = match self {
                Self::After(pause) => started.waited() >= *pause,
                _ => self.is_met(process, &mut probed, deadline),
            };
            // Another program that took the port answers too, so the process is checked after the
            // probe.
            let exited = process.exited();
            if process.output().lines().any(|line| says_in_use(line, ports)) {
                return Err(Failure::AddressInUse);
            }
            if let Some(status) = exited {
                return Err(Failure::Exited(status));
            }
            if ready {
                return Ok(());
            }
            if deadline.left().is_none() {
                return Err(Failure::NotReady {
                    awaited: self.describe(&probed),
                    within: deadline.within,
                });
            }
            // Neither a bind nor output of a foreign process wakes this thread, so it polls.
            thread::sleep(POLL);
        }
    }

    /// Checks once. An address that has answered is taken out of `probed`.
    fn is_met(
        &self,
        process: &ChildProcess,
        probed: &mut Vec<SocketAddr>,
        deadline: Deadline,
    ) -> bool {
        let limit = deadline.left().unwrap_or(POLL).clamp(POLL, PROBE_LIMIT);
        match self {
            Self::Output(pattern) => {
                return process.output().lines().any(|line| line.contains(pattern.as_str()));
            }
            // The caller measures the time.
            Self::After(_) => return false,
            Self::Listening => probed.retain(|addr| connect(*addr, limit).is_err()),
            Self::Http(path) => {
                probed.retain(|addr| !answers_http(*addr, path, limit).unwrap_or(false))
            }
        }
        probed.is_empty()
    }

    /// Returns what the wait is for, for the error.
    fn describe(&self, probed: &[SocketAddr]) -> String {
        match self {
            Self::Listening => format!("{probed:?} to accept a connection"),
            Self::After(pause) => format!("{pause:?} to pass"),
            Self::Output(pattern) => format!("a line of output with {pattern:?}"),
            Self::Http(path) => format!("an HTTP answer to GET {path} on {probed:?}"),
        }
    }
}

/// The reason why one attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    Exited(ExitStatus),
    AddressInUse,
    NotReady { awaited: String, within: Duration },
}

impl Failure {
    /// Returns whether another attempt with other ports may succeed. Many servers exit without a
    /// word when their port is taken.
    pub(super) fn may_be_a_lost_port(&self) -> bool {
        matches!(self, Self::Exited(_) | Self::AddressInUse)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited before it was ready ({status})"),
            Self::AddressInUse => f.write_str("said that its address is in use"),
            Self::NotReady { awaited, within } => {
                write!(f, "was not ready within {within:?}, waiting for {awaited}")
            }
        }
    }
}

/// Connects to `addr`.
fn connect(addr: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, limit)?;
    // If nobody listens on an ephemeral port, the kernel may connect the probe to itself.
    if stream.local_addr()? == addr {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

/// Returns whether `GET path` gets an HTTP status line.
fn answers_http(addr: SocketAddr, path: &str, limit: Duration) -> io::Result<bool> {
    let mut stream = connect(addr, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status)?;
    Ok(status.starts_with(b"HTTP/"))
}

/// Returns whether `line` complains that an address is in use, and the address may be one of
/// `ports`.
///
/// The line must contain one of the ports, or no port at all: a server may go on after it failed to
/// bind a port of its own, such as 843. One or two digits after a colon are a time of day, not a
/// port.
fn says_in_use(line: &str, ports: &Ports) -> bool {
    let line = line.to_ascii_lowercase();
    if !["address already in use", "address in use", "eaddrinuse"]
        .iter()
        .any(|text| line.contains(text))
    {
        return false;
    }
    let not_digit = |c: char| !c.is_ascii_digit();
    let names_ours =
        line.split(not_digit).any(|digits| ports.all().any(|port| digits == port.to_string()));
    let names_any =
        line.split(':').skip(1).any(|after| after.find(not_digit).unwrap_or(after.len()) > 2);
    names_ours || !names_any
}
