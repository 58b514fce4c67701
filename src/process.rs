//! [`ServerUnderTest`]: a real server, as a child process of the test (feature `process`).
//!
//! It starts the server, waits until it is ready, keeps its output, and stops it. It knows nothing
//! of policies.

mod builder;
mod child;
mod deadline;
mod failure;
mod listening_socket;
mod readiness;
mod relatives;
mod start_error;
mod template;
mod waiting;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitStatus;
use std::time::Duration;

use child::ChildProcess;
use template::Ports;

pub use builder::ServerUnderTestBuilder;
pub use listening_socket::ListeningSocket;
pub use start_error::StartError;
pub use waiting::Waiting;

/// A real server that runs as a child process until this value is dropped.
///
/// The command is one line for `sh -c` (`cmd /C` on Windows), so the shell's quoting, variables and
/// pipes work as in a terminal. The server must stay in the foreground.
///
/// # Placeholders
///
/// Before the shell sees the line, placeholders are replaced:
///
/// - `{port}`, or any other lower-case name such as `{policy}`, becomes a TCP port that was free a
///   moment ago. Each name gets a different port, and the same port wherever it occurs.
/// - `{dir}` becomes the server's temporary directory. Quote it: `"{dir}/policy.xml"`.
///
/// `${name}` is left to the shell. `{{name}}` stands for a literal `{name}`. Other braces stay as
/// they are.
///
/// # Stopping
///
/// On Unix the server leads a process group of its own. To stop it, the group gets SIGTERM. What is
/// left after the [`grace`](ServerUnderTestBuilder::grace) period gets SIGKILL, and the child is
/// reaped. When [`stop`](Self::stop) or the drop returns, everything that the server forked is gone
/// too, except a process that left the group (a daemon). On other systems only the child itself is
/// killed.
///
/// ```no_run
/// use std::net::TcpStream;
/// use flash_policy_fixture::process::ServerUnderTest;
///
/// let server = ServerUnderTest::command("node server.js --port {port} --policy-port {policy}")
///     .env("NODE_ENV", "test")
///     .start();
/// let game = TcpStream::connect(server.addr()).expect("the server listens");
/// let policy_port = server.addr_named("policy");
/// let policy = TcpStream::connect(policy_port).expect("the policy port listens too");
/// ```
#[derive(Debug)]
#[must_use = "the server is stopped when this value is dropped"]
pub struct ServerUnderTest {
    process: ChildProcess,
    ports: Ports,
    /// The picked ports, and those that the server has anyway.
    own_ports: Vec<u16>,
    command: String,
}

impl ServerUnderTest {
    /// Returns a builder for a server that the shell line `command` starts. [`ServerUnderTest`]
    /// describes the placeholders in it.
    pub fn command(command: impl Into<String>) -> ServerUnderTestBuilder {
        ServerUnderTestBuilder::new(command.into())
    }

    /// Returns the port that replaced `{port}`.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if `{port}` is not in the command, the environment or a
    /// template.
    #[must_use]
    #[track_caller]
    pub fn port(&self) -> u16 {
        self.port_named("port")
    }

    /// Returns the port that replaced the placeholder `{name}`. Pass the name without braces.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if `{name}` is not in the command, the environment or a
    /// template.
    #[must_use]
    #[track_caller]
    pub fn port_named(&self, name: &str) -> u16 {
        match self.ports.of(name) {
            Some(port) => port,
            None => panic!("the server has no port `{{{name}}}`; its ports are: {}", self.ports),
        }
    }

    /// Returns the address `127.0.0.1` with [`port`](Self::port).
    ///
    /// # Panics
    ///
    /// Panics as [`port`](Self::port) does.
    #[must_use]
    #[track_caller]
    pub fn addr(&self) -> SocketAddr {
        self.addr_named("port")
    }

    /// Returns the address `127.0.0.1` with [`port_named`](Self::port_named).
    ///
    /// # Panics
    ///
    /// Panics as [`port_named`](Self::port_named) does.
    #[must_use]
    #[track_caller]
    pub fn addr_named(&self, name: &str) -> SocketAddr {
        loopback(self.port_named(name))
    }

    /// Returns the picked ports, each with the name of its placeholder.
    pub fn ports(&self) -> impl Iterator<Item = (&str, u16)> {
        self.ports.iter()
    }

    /// Returns what the server wrote to stdout and stderr so far, in order. It is at most the last
    /// 1 MiB, with invalid UTF-8 replaced.
    ///
    /// When a panicking test drops the server, the output is printed to stderr by itself.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Returns the process id of the child. On Unix it is also the id of its process group.
    ///
    /// The child may be the shell. Begin the command with `exec` if the id must be the server's
    /// own.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Returns how the server exited, if it has exited by itself.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.process.exited()
    }

    /// Waits for at most `limit` until the server exits by itself. Returns how it exited, or `None`
    /// if it still runs.
    pub fn exited_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.process.exited_within(limit)
    }

    /// Returns whether the child has exited with success while its server goes on without it:
    /// another process of its group lives, one that writes to the same output, or something listens
    /// on one of its ports. Such a server may still run after [`stop`](Self::stop).
    pub fn is_in_background(&mut self) -> bool {
        let has_succeeded = self.exited().is_some_and(|status| status.success());
        has_succeeded && readiness::is_left_behind(&self.process, &self.own_ports)
    }

    /// Returns the command line that the shell got, with its placeholders replaced.
    #[must_use]
    pub fn command_line(&self) -> &str {
        &self.command
    }

    /// Stops the server and everything it forked, as dropping it does. Returns `false` if it did
    /// not exit within the grace period after SIGTERM and had to be killed.
    pub fn stop(mut self) -> bool {
        self.process.stop()
    }
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
