//! [`Readiness`]: when a server counts as ready, and the wait for it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::child::ChildProcess;
use super::deadline::{Deadline, POLL};
use super::failure::Failure;
use super::listening_socket::ListeningSocket;
use super::template::Ports;
use super::waiting::{Waiting, WaitingHook};

/// The time after which a probe that is neither accepted nor refused is given up, to check the
/// process again.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// The time that a server may take to die of a connection that closes at once.
const DIES_WITHIN: Duration = Duration::from_millis(100);

/// The sign that a server is ready.
#[derive(Debug, Clone)]
pub(super) enum Readiness {
    /// Every probed port listens.
    Listening,
    /// Every probed port accepts a connection.
    Accepting,
    /// A line of the output contains this text.
    Output(String),
    /// `GET` of this path gets an HTTP answer.
    Http(String),
    /// This much time has passed.
    After(Duration),
}

/// One wait for a server.
pub(super) struct Wait<'a> {
    pub(super) process: &'a mut ChildProcess,
    /// The picked ports.
    pub(super) ports: &'a Ports,
    /// The picked ports, and those that the server has anyway.
    pub(super) own_ports: &'a [u16],
    /// The addresses that have not answered yet. There must be one if the readiness needs a probe.
    pub(super) probed: Vec<SocketAddr>,
    pub(super) deadline: Deadline,
    pub(super) hook: &'a WaitingHook,
}

impl Readiness {
    /// Returns this readiness as the system allows it: without a table of listening sockets, a port
    /// listens if it accepts a connection.
    fn on_this_system(&self) -> Self {
        match self {
            Self::Listening if !ListeningSocket::is_table_complete() => Self::Accepting,
            readiness => readiness.clone(),
        }
    }

    /// Waits until the server is ready and alive.
    #[expect(clippy::disallowed_methods, reason = "a foreign process cannot be awaited")]
    pub(super) fn wait(&self, mut wait: Wait<'_>) -> Result<(), Failure> {
        let readiness = self.on_this_system();
        let started = Deadline::new(wait.deadline.within);
        let mut seconds = 0;
        let mut has_connected = false;
        loop {
            let ready = match readiness {
                Self::After(pause) => started.waited() >= pause,
                _ => readiness.is_met(&mut wait, &mut has_connected),
            };
            if ready && has_connected {
                wait.process.exited_within(DIES_WITHIN);
            }
            // Another program that took the port answers too, so the process is checked after the
            // probe.
            let exited = wait.process.exited();
            if wait.process.output().lines().any(|line| says_in_use(line, wait.ports)) {
                return Err(Failure::AddressInUse);
            }
            if let Some(status) = exited {
                if status.success() && is_left_behind(wait.process, wait.own_ports) {
                    return Err(Failure::InBackground);
                }
                return Err(Failure::Exited { status, after_probe: has_connected });
            }
            if ready {
                return Ok(());
            }
            if wait.deadline.left().is_none() {
                let awaited = readiness.describe(&wait.probed);
                return Err(Failure::NotReady { awaited, within: wait.deadline.within });
            }
            let waited = wait.deadline.waited();
            if waited.as_secs() > seconds {
                seconds = waited.as_secs();
                let awaited = readiness.describe(&wait.probed);
                wait.hook.call(&Waiting { awaited, waited, within: wait.deadline.within });
            }
            // Neither a bind nor output of a foreign process wakes this thread, so it polls.
            thread::sleep(POLL);
        }
    }

    /// Checks once. An address that has answered is taken out of `probed`.
    fn is_met(&self, wait: &mut Wait<'_>, has_connected: &mut bool) -> bool {
        let limit = wait.deadline.left().unwrap_or(POLL).clamp(POLL, PROBE_LIMIT);
        match self {
            Self::Output(pattern) => {
                return wait.process.output().lines().any(|line| line.contains(pattern.as_str()));
            }
            // The caller measures the time.
            Self::After(_) => return false,
            Self::Listening => wait.probed.retain(|addr| !is_listening(addr.port())),
            Self::Accepting => wait.probed.retain(|addr| {
                let connected = connect(*addr, limit).is_ok();
                *has_connected |= connected;
                !connected
            }),
            Self::Http(path) => wait.probed.retain(|addr| {
                let answers = |stream| answers_http(stream, *addr, path, limit);
                !connect(*addr, limit).and_then(answers).unwrap_or(false)
            }),
        }
        wait.probed.is_empty()
    }

    /// Returns what the wait is for.
    fn describe(&self, probed: &[SocketAddr]) -> String {
        let addresses: Vec<_> = probed.iter().map(ToString::to_string).collect();
        let addresses = addresses.join(" and ");
        match self {
            Self::Listening => addresses,
            Self::Accepting => format!("{addresses} to accept a connection"),
            Self::After(pause) => format!("{pause:?} to pass"),
            Self::Output(pattern) => format!("a line of output with {pattern:?}"),
            Self::Http(path) => format!("an HTTP answer to GET {path} from {addresses}"),
        }
    }
}

/// Returns whether a server whose child has exited goes on without it: another of its processes
/// lives, or something listens on one of its ports.
pub(super) fn is_left_behind(process: &ChildProcess, own_ports: &[u16]) -> bool {
    process.has_relatives() || own_ports.iter().any(|port| is_listening(*port))
}

/// Returns whether a port listens. Without a table of listening sockets, it is not known to.
fn is_listening(port: u16) -> bool {
    ListeningSocket::on_port(port).is_some_and(|sockets| !sockets.is_empty())
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
fn answers_http(
    mut stream: TcpStream,
    addr: SocketAddr,
    path: &str,
    limit: Duration,
) -> io::Result<bool> {
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
