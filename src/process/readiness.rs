//! When a server is ready, and why it never will be.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitStatus;
use std::time::Duration;
use std::{fmt, io, thread};

use super::child::ChildProcess;
use super::deadline::{Deadline, POLL};
use super::template::Ports;

/// A probe that is neither accepted nor refused is given up after this, to look at the process again.
const PROBE: Duration = Duration::from_secs(1);

/// What a server is waited for.
#[derive(Debug, Clone)]
pub(super) enum Readiness {
    Listening,
    Output(String),
    Http(String),
    After(Duration),
}

impl Readiness {
    #[expect(clippy::disallowed_methods, reason = "a foreign process cannot be awaited")]
    /// Waits until the server is ready and alive. `probed` has at least one address, except for output.
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
                _ => self.reached(process, &mut probed, deadline),
            };
            // Whoever won the race for the port answers too, so the process is looked at after the probe.
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
                    awaited: self.awaited(&probed),
                    within: deadline.within,
                });
            }
            // A foreign process cannot be awaited: neither its bind nor its output wakes us. Hence sleep and look again.
            thread::sleep(POLL);
        }
    }

    fn reached(
        &self,
        process: &ChildProcess,
        probed: &mut Vec<SocketAddr>,
        deadline: Deadline,
    ) -> bool {
        let limit = deadline.left().unwrap_or(POLL).clamp(POLL, PROBE);
        match self {
            Self::Output(pattern) => {
                return process.output().lines().any(|line| line.contains(pattern.as_str()));
            }
            // It is waited for, not looked for.
            Self::After(_) => return false,
            Self::Listening => probed.retain(|addr| accepted(*addr, limit).is_err()),
            Self::Http(path) => {
                probed.retain(|addr| !answers_http(*addr, path, limit).unwrap_or(false))
            }
        }
        probed.is_empty()
    }

    fn awaited(&self, probed: &[SocketAddr]) -> String {
        match self {
            Self::Listening => format!("{probed:?} to accept a connection"),
            Self::After(pause) => format!("{pause:?} to pass"),
            Self::Output(pattern) => format!("a line of output with {pattern:?}"),
            Self::Http(path) => format!("an HTTP answer to GET {path} on {probed:?}"),
        }
    }
}

/// Why one attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    Exited(ExitStatus),
    AddressInUse,
    NotReady { awaited: String, within: Duration },
}

impl Failure {
    /// Another attempt, with other ports, may go well. Many servers exit without a word when their port is taken.
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

fn accepted(addr: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, limit)?;
    // Where nobody listens on an ephemeral port, the kernel may connect the probe to itself.
    if stream.local_addr()? == addr {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

fn answers_http(addr: SocketAddr, path: &str, limit: Duration) -> io::Result<bool> {
    let mut stream = accepted(addr, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status)?;
    Ok(status.starts_with(b"HTTP/"))
}

/// Whether `line` complains of an address in use that may be one of `ports`: it names one of them, or no port at all.
/// A server may well go on after it failed to bind, say, port 843. Two digits after a colon are a time of day.
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
