//! [`ServerUnderTest`]: a real server, as a child process of the test (feature `process`).
//!
//! It starts the server, waits until it is ready, keeps its output, and stops it. It knows nothing
//! of policies.

mod child;
mod deadline;
mod readiness;
mod start_error;
mod template;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use child::ChildProcess;
use deadline::Deadline;
use readiness::Readiness;

pub use start_error::StartError;
use start_error::{FailedStart, Kind};
use template::Ports;

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
}

impl ServerUnderTest {
    /// Returns a builder for a server that the shell line `command` starts. [`ServerUnderTest`]
    /// describes the placeholders in it.
    pub fn command(command: impl Into<String>) -> ServerUnderTestBuilder {
        ServerUnderTestBuilder {
            command: command.into(),
            env: Vec::new(),
            current_dir: None,
            files: Vec::new(),
            templates: Vec::new(),
            ready: Readiness::Listening,
            ready_port: None,
            fixed_ports: Vec::new(),
            ready_within: Duration::from_secs(20),
            attempts: 5,
            grace: Duration::from_secs(2),
            cancelled: Arc::default(),
        }
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
    #[expect(clippy::disallowed_methods, reason = "a foreign process cannot be awaited")]
    pub fn exited_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Deadline::new(limit);
        loop {
            let exited = self.exited();
            if exited.is_some() || deadline.left().is_none() {
                return exited;
            }
            std::thread::sleep(deadline::POLL);
        }
    }

    /// Stops the server and everything it forked, as dropping it does. Returns `false` if it did
    /// not exit within the grace period after SIGTERM and had to be killed.
    pub fn stop(mut self) -> bool {
        self.process.stop()
    }
}

/// A description of a [`ServerUnderTest`] that has not started yet: its command, and when it counts
/// as ready.
///
/// Of the `ready_when_…` methods and [`ready_after`](Self::ready_after), the last call counts.
///
/// ```
/// # #[cfg(unix)] {
/// use flash_policy_fixture::process::ServerUnderTest;
///
/// let command = r#"cat "{dir}/greeting"; echo "on $PORT"; exec sleep 600"#;
/// let server = ServerUnderTest::command(command)
///     .file("greeting", "hello\n")
///     .env("PORT", "{port}")
///     .ready_when_output("on ")
///     .start();
/// assert_eq!(server.output(), format!("hello\non {}\n", server.port()));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing runs before `start` or `try_start`"]
pub struct ServerUnderTestBuilder {
    command: String,
    env: Vec<(String, String)>,
    current_dir: Option<PathBuf>,
    files: Vec<(PathBuf, Vec<u8>)>,
    templates: Vec<(PathBuf, String)>,
    ready: Readiness,
    ready_port: Option<String>,
    fixed_ports: Vec<u16>,
    ready_within: Duration,
    attempts: u32,
    grace: Duration,
    cancelled: Arc<AtomicBool>,
}

impl ServerUnderTestBuilder {
    /// Sets an environment variable. Placeholders in `value` are replaced. The rest of the
    /// environment is inherited.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs the command in the directory `dir`. Default: the test's own current directory.
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(dir.into());
        self
    }

    /// Writes these bytes to `{dir}/name` before the server starts. `name` may have parent
    /// directories, but no `..`.
    pub fn file(mut self, name: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), bytes.into()));
        self
    }

    /// Writes a text to `{dir}/name` before the server starts, with its placeholders replaced. Use
    /// it for configuration files. [`file`](Self::file) writes bytes unchanged.
    pub fn template(mut self, name: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.templates.push((name.into(), text.into()));
        self
    }

    /// Counts the server as ready when every port accepts a connection on 127.0.0.1. This is the
    /// default.
    ///
    /// The server sees the probe as one connection to each port that closes at once, without a
    /// byte. Use [`ready_when_output`](Self::ready_when_output) instead for a server that counts
    /// its connections, serves only one, or closes late.
    pub fn ready_when_listening(mut self) -> Self {
        self.ready = Readiness::Listening;
        self
    }

    /// Counts the server as ready when a line of stdout or stderr contains `pattern`, as plain
    /// text. No probe connects.
    ///
    /// The output goes to a file, and many programs then buffer lines that a terminal would show at
    /// once. Make such a server flush (`python3 -u`, `stdbuf -oL`).
    pub fn ready_when_output(mut self, pattern: impl Into<String>) -> Self {
        self.ready = Readiness::Output(pattern.into());
        self
    }

    /// Counts the server as ready when `GET path` on `{port}`, or on the
    /// [`ready_port`](Self::ready_port), gets an HTTP status line. Any status will do.
    pub fn ready_when_http(mut self, path: impl Into<String>) -> Self {
        self.ready = Readiness::Http(path.into());
        self
    }

    /// Counts the server as ready when `pause` has passed and it is still alive. This is the last
    /// resort, for a server that cannot be probed and prints nothing.
    pub fn ready_after(mut self, pause: Duration) -> Self {
        self.ready = Readiness::After(pause);
        self
    }

    /// Probes only the port of the placeholder `{name}`: instead of all ports when listening
    /// counts, and instead of `{port}` when HTTP counts.
    pub fn ready_port(mut self, name: impl Into<String>) -> Self {
        self.ready_port = Some(name.into());
        self
    }

    /// Adds a port that the server binds whatever the command says. With
    /// [`ready_when_listening`](Self::ready_when_listening), this port must listen too.
    pub fn fixed_port(mut self, port: u16) -> Self {
        self.fixed_ports.push(port);
        self
    }

    /// Sets how long all attempts together may take until the server is ready. Default: 20 s.
    pub fn ready_within(mut self, limit: Duration) -> Self {
        self.ready_within = limit;
        self
    }

    /// Sets how often to start the server. Default: 5; 0 counts as 1.
    ///
    /// Another attempt follows when the server exits before it is ready, or prints that one of its
    /// ports is in use. Each attempt has new ports and a new `{dir}`.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets how long the server may take to exit after SIGTERM. After that it gets SIGKILL.
    /// Default: 2 s.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Returns the names of the ports to pick: the placeholders in the command, the environment and
    /// the templates. A name occurs as often as its placeholder.
    pub fn port_names(&self) -> Vec<String> {
        template::names(self.texts())
    }

    /// Makes no further attempt once `cancelled` holds: a server that exits is then not started
    /// again. A signal handler may set it, for example.
    pub fn cancelled_by(mut self, cancelled: Arc<AtomicBool>) -> Self {
        self.cancelled = cancelled;
        self
    }

    /// Starts the server, and returns when it is ready.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the text of the [`StartError`], where
    /// [`try_start`](Self::try_start) fails.
    #[track_caller]
    pub fn start(&self) -> ServerUnderTest {
        match self.try_start() {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts the server, and returns when it is ready.
    ///
    /// It blocks for at most [`ready_within`](Self::ready_within), plus the [`grace`](Self::grace)
    /// period for each failed attempt.
    ///
    /// # Errors
    ///
    /// Returns an error if the server could not be spawned, if it exited before it was ready at
    /// every attempt, or if it was not ready in time. Nothing is left running then.
    pub fn try_start(&self) -> Result<ServerUnderTest, StartError> {
        let unstarted = |error| StartError::new(&self.command, Kind::Unstarted(error));
        let deadline = Deadline::new(self.ready_within);
        let mut failed = Vec::new();
        loop {
            let mut server = self.launch().map_err(unstarted)?;
            let probed = self.probed(&server.ports).map_err(unstarted)?;
            let Err(failure) =
                self.ready.wait(&mut server.process, probed, &server.ports, deadline)
            else {
                return Ok(server);
            };
            let may_retry = failure.may_be_a_lost_port()
                && deadline.left().is_some()
                && !self.cancelled.load(Ordering::SeqCst);
            failed.push(FailedStart {
                ports: server.ports,
                failure,
                output: server.process.output(),
            });
            if !may_retry || failed.len() >= self.attempts as usize {
                return Err(StartError::new(&self.command, Kind::Failed(failed)));
            }
        }
    }

    fn launch(&self) -> io::Result<ServerUnderTest> {
        let ports = Ports::pick(self.texts())?;
        let home = child::Home::new()?;
        let fill = |text: &str| template::fill(text, |name| ports.value(name, home.dir()));
        for (name, bytes) in &self.files {
            home.write(name, bytes)?;
        }
        for (name, text) in &self.templates {
            home.write(name, fill(text).as_bytes())?;
        }
        let mut command = child::shell(&fill(&self.command));
        command.envs(self.env.iter().map(|(name, value)| (name, fill(value))));
        if let Some(dir) = &self.current_dir {
            command.current_dir(dir);
        }
        Ok(ServerUnderTest { process: ChildProcess::spawn(command, home, self.grace)?, ports })
    }

    /// Returns the texts whose placeholders are replaced.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let env = self.env.iter().map(|(_, value)| value);
        let templates = self.templates.iter().map(|(_, text)| text);
        [&self.command].into_iter().chain(env).chain(templates).map(String::as_str)
    }

    /// Returns the addresses to probe.
    ///
    /// # Errors
    ///
    /// Returns `InvalidInput` if there is none although the readiness needs one: the wait could
    /// never end.
    fn probed(&self, ports: &Ports) -> io::Result<Vec<SocketAddr>> {
        let probed: Vec<_> = match (&self.ready_port, &self.ready) {
            (_, Readiness::Output(_) | Readiness::After(_)) => return Ok(Vec::new()),
            (Some(name), _) => ports.of(name).into_iter().collect(),
            (None, Readiness::Listening) => {
                ports.all().chain(self.fixed_ports.iter().copied()).collect()
            }
            (None, Readiness::Http(_)) => ports.of("port").into_iter().collect(),
        };
        if probed.is_empty() {
            let text = "there is no port to probe: write {port} where the server takes its port \
                        (or name the `ready_port`), or wait with `ready_when_output`";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(probed.into_iter().map(loopback).collect())
    }
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
