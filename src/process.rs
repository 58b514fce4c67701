//! [`ServerUnderTest`]: a real server, as a child process of the test.

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
/// The command is one line for `sh -c` (`cmd /C` on Windows), so the shell's quoting, variables and pipes mean what they mean
/// in a terminal. The server must stay in the foreground. Before the shell sees the line, placeholders are replaced:
/// - `{port}`, and any other lower-case name such as `{policy}`, by a TCP port that was free a moment ago, a different one for
///   each name, the same one wherever that name occurs;
/// - `{dir}` by the server's temporary directory (quote it: `"{dir}/policy.xml"`).
///
/// `${name}` is left to the shell, `{{name}}` stands for a literal `{name}`, and other braces are left alone.
///
/// On unix the server leads a process group of its own. Stopping it sends the group SIGTERM, waits for at most the *grace*,
/// sends SIGKILL to what is left and reaps the child: when [`stop`](Self::stop) or drop returns, what it forked is gone too,
/// except a process that left the group (a daemon). Elsewhere only the child itself is ended.
///
/// ```no_run
/// use flash_policy_fixture::process::ServerUnderTest;
///
/// let server = ServerUnderTest::command("node server.js --port {port} --policy-port {policy}")
///     .env("NODE_ENV", "test")
///     .start();
/// let game = std::net::TcpStream::connect(server.addr()).expect("the server listens");
/// let policy = std::net::TcpStream::connect(server.addr_named("policy")).expect("so does its policy port");
/// ```
#[derive(Debug)]
#[must_use = "the server is stopped when this value is dropped"]
pub struct ServerUnderTest {
    process: ChildProcess,
    ports: Ports,
}

impl ServerUnderTest {
    /// Describes a server that is started by the shell line `command`; see [`ServerUnderTest`] for its placeholders.
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

    /// The port that replaced `{port}`.
    ///
    /// # Panics
    ///
    /// When neither command, environment nor templates name `{port}`.
    #[must_use]
    #[track_caller]
    pub fn port(&self) -> u16 {
        self.port_named("port")
    }

    /// The port that replaced the placeholder `name`, written without braces.
    ///
    /// # Panics
    ///
    /// When neither command, environment nor templates name `{name}`.
    #[must_use]
    #[track_caller]
    pub fn port_named(&self, name: &str) -> u16 {
        match self.ports.of(name) {
            Some(port) => port,
            None => panic!("the server has no port `{{{name}}}`; its ports are: {}", self.ports),
        }
    }

    /// `127.0.0.1` with [`port`](Self::port), and its panic.
    #[must_use]
    #[track_caller]
    pub fn addr(&self) -> SocketAddr {
        self.addr_named("port")
    }

    /// `127.0.0.1` with [`port_named`](Self::port_named), and its panic.
    #[must_use]
    #[track_caller]
    pub fn addr_named(&self, name: &str) -> SocketAddr {
        loopback(self.port_named(name))
    }

    /// The picked ports by the names of their placeholders.
    pub fn ports(&self) -> impl Iterator<Item = (&str, u16)> {
        self.ports.iter()
    }

    /// What the server wrote to stdout and stderr so far, in order: the last MiB, invalid UTF-8 replaced.
    ///
    /// It is shown on stderr by itself when the server is dropped by a panicking test.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// The process id of the child, which on unix is also that of its process group.
    ///
    /// It may be the shell's: begin the command with `exec` where it must be the server's own.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// How it ended, if it has ended by itself.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.process.exited()
    }

    /// Waits for at most `limit` until the server ends by itself. Returns how it ended, or `None` where
    /// it still runs.
    #[expect(clippy::disallowed_methods, reason = "a foreign process cannot be awaited")]
    pub fn exited_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Deadline::new(limit);
        loop {
            match (self.exited(), deadline.left()) {
                (None, Some(_)) => std::thread::sleep(deadline::POLL),
                (exited, _) => return exited,
            }
        }
    }

    /// Ends the server and all it forked, as dropping it does; `false` if it had to be killed, for it did not end within the
    /// grace after SIGTERM.
    pub fn stop(mut self) -> bool {
        self.process.end()
    }
}

/// How a [`ServerUnderTest`] is to be started, and when it counts as ready.
///
/// Of the `ready_when_…` methods and `ready_after` the last one called holds.
///
/// ```
/// # #[cfg(unix)] {
/// use flash_policy_fixture::process::ServerUnderTest;
///
/// let server = ServerUnderTest::command(r#"cat "{dir}/greeting"; echo "on $PORT"; exec sleep 600"#)
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
    /// Sets an environment variable; placeholders in `value` are replaced. The rest is inherited.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs the command in `dir` instead of in the test's own current directory.
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(dir.into());
        self
    }

    /// Writes exactly these bytes to `{dir}/name` before the server starts. `name` may have parent directories, but no `..`.
    pub fn file(mut self, name: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), bytes.into()));
        self
    }

    /// Like [`file`](Self::file), for a configuration file in which placeholders are replaced.
    pub fn template(mut self, name: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.templates.push((name.into(), text.into()));
        self
    }

    /// Readiness when every port accepts a connection on 127.0.0.1 (the default).
    ///
    /// The server sees that probe: one connection for each port, closed at once and without a byte. A server that counts its
    /// connections, serves only one, or closes late, is better awaited by its output.
    pub fn ready_when_listening(mut self) -> Self {
        self.ready = Readiness::Listening;
        self
    }

    /// Readiness when a line of stdout or stderr contains `pattern`, as plain text. No probe connects.
    ///
    /// A server that writes to a file usually buffers what it would show on a terminal at once: make it flush
    /// (`python3 -u`, `stdbuf -oL`).
    pub fn ready_when_output(mut self, pattern: impl Into<String>) -> Self {
        self.ready = Readiness::Output(pattern.into());
        self
    }

    /// Readiness when `GET path` on `{port}`, or on the [`ready_port`](Self::ready_port), is answered by an HTTP status line,
    /// whichever status.
    pub fn ready_when_http(mut self, path: impl Into<String>) -> Self {
        self.ready = Readiness::Http(path.into());
        self
    }

    /// Readiness when this time has passed and the server is still alive: the last resort, for a server that cannot be probed
    /// and says nothing.
    pub fn ready_after(mut self, pause: Duration) -> Self {
        self.ready = Readiness::After(pause);
        self
    }

    /// Probes only the port `name`: for listening, instead of all; for HTTP, instead of `{port}`.
    pub fn ready_port(mut self, name: impl Into<String>) -> Self {
        self.ready_port = Some(name.into());
        self
    }

    /// A port that the server binds whatever it is told: it counts as ready when this one listens too.
    pub fn fixed_port(mut self, port: u16) -> Self {
        self.fixed_ports.push(port);
        self
    }

    /// How long all attempts together may take until the server is ready. Default: 20 s.
    pub fn ready_within(mut self, limit: Duration) -> Self {
        self.ready_within = limit;
        self
    }

    /// How often to start it, each time on new ports and in a new `{dir}`, when it exits before it is ready or says that one
    /// of its ports is in use. At least 1; default: 5.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// How long the server may take to end after SIGTERM, before SIGKILL. Default: 2 s.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Returns the names of the ports that it would pick: the placeholders of the command, of the
    /// environment and of the templates.
    pub fn port_names(&self) -> Vec<String> {
        template::names(self.texts())
    }

    /// Stops trying once `cancelled` holds: a server that has ended is then not started again. Set it
    /// from a signal handler, for instance.
    pub fn cancelled_by(mut self, cancelled: Arc<AtomicBool>) -> Self {
        self.cancelled = cancelled;
        self
    }

    /// Starts the server and returns when it is ready.
    ///
    /// # Panics
    ///
    /// With the text of the [`StartError`], at the caller's line, where [`try_start`](Self::try_start) fails.
    #[track_caller]
    pub fn start(&self) -> ServerUnderTest {
        match self.try_start() {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts the server and returns when it is ready. It blocks, within its bounds: [`ready_within`](Self::ready_within),
    /// and the [`grace`](Self::grace) for each failed attempt.
    ///
    /// # Errors
    ///
    /// When the server could not be spawned, exited before it was ready at every attempt, or was not ready in time. Nothing
    /// is left running then.
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
            let is_wanted = deadline.left().is_some() && !self.cancelled.load(Ordering::SeqCst);
            let again = failure.may_be_a_lost_port() && is_wanted;
            failed.push(FailedStart {
                ports: server.ports,
                failure,
                output: server.process.output(),
            });
            if !again || failed.len() >= self.attempts as usize {
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

    /// All in which placeholders are replaced.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let env = self.env.iter().map(|(_, value)| value);
        let templates = self.templates.iter().map(|(_, text)| text);
        [&self.command].into_iter().chain(env).chain(templates).map(String::as_str)
    }

    /// The addresses that the probe asks; none is an error, because then nothing would tell when the server is ready.
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
            let text = "there is no port to probe: write {port} where the server takes its port (or name the \
                        `ready_port`), or wait with `ready_when_output`";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(probed.into_iter().map(loopback).collect())
    }
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
