//! [`ServerUnderTestBuilder`]: how a server is started, and when it counts as ready.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::child::{self, ChildProcess};
use super::deadline::Deadline;
use super::readiness::{Readiness, Wait};
use super::start_error::{FailedStart, Kind, StartError};
use super::template::{self, Ports};
use super::waiting::{Waiting, WaitingHook};
use super::{ServerUnderTest, loopback};

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
    hook: WaitingHook,
}

impl ServerUnderTestBuilder {
    pub(super) fn new(command: String) -> Self {
        Self {
            command,
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
            hook: WaitingHook::default(),
        }
    }

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

    /// Counts the server as ready when every port listens on 127.0.0.1. This is the default.
    ///
    /// On Linux no connection is made: the system lists the sockets that listen. Elsewhere this is
    /// the same as [`ready_when_accepting`](Self::ready_when_accepting).
    pub fn ready_when_listening(mut self) -> Self {
        self.ready = Readiness::Listening;
        self
    }

    /// Counts the server as ready when every port accepts a connection on 127.0.0.1.
    ///
    /// The server sees one connection to each port that closes at once, without a byte. Use
    /// [`ready_when_output`](Self::ready_when_output) instead for a server that counts its
    /// connections, serves only one, or dies of a client that leaves
    /// ([`StartError::is_death_by_probe`]).
    pub fn ready_when_accepting(mut self) -> Self {
        self.ready = Readiness::Accepting;
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

    /// Asks only the port of the placeholder `{name}`: instead of all ports when listening or
    /// accepting counts, and instead of `{port}` when HTTP counts.
    pub fn ready_port(mut self, name: impl Into<String>) -> Self {
        self.ready_port = Some(name.into());
        self
    }

    /// Adds a port that the server binds whatever the command says. With
    /// [`ready_when_listening`](Self::ready_when_listening) and
    /// [`ready_when_accepting`](Self::ready_when_accepting), this port must do so too.
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
    /// Another attempt follows only where another process took one of its ports: the server prints
    /// that a port is in use, or it exits and the port cannot be bound. Each attempt has new ports
    /// and a new `{dir}`. A server that exits for any other reason fails the start at once.
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

    /// Calls `hook` about once a second while the server is not ready.
    pub fn while_waiting(mut self, hook: impl Fn(&Waiting) + Send + Sync + 'static) -> Self {
        self.hook = WaitingHook::new(hook);
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
    /// Returns an error if the server could not be spawned, if it exited before it was ready, if it
    /// went into the background, if other processes took its ports at every attempt, or if it was
    /// not ready in time. Nothing is left running then, except a process that left the group.
    pub fn try_start(&self) -> Result<ServerUnderTest, StartError> {
        let unstarted = |error| StartError::new(&self.command, Kind::Unstarted(error));
        let deadline = Deadline::new(self.ready_within);
        let mut failed = Vec::new();
        loop {
            let mut server = self.launch().map_err(unstarted)?;
            let wait = Wait {
                probed: self.probed(&server.ports).map_err(unstarted)?,
                process: &mut server.process,
                ports: &server.ports,
                own_ports: &server.own_ports,
                deadline,
                hook: &self.hook,
            };
            let Err(failure) = self.ready.wait(wait) else {
                return Ok(server);
            };
            server.process.stop();
            let failure = failure.with_ports(&server.ports);
            let may_retry = failure.is_lost_port()
                && deadline.left().is_some()
                && !self.cancelled.load(Ordering::SeqCst);
            failed.push(FailedStart {
                failure,
                output: server.process.output(),
                command: server.command,
                ports: server.ports,
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
        let line = fill(&self.command);
        let mut command = child::shell(&line);
        command.envs(self.env.iter().map(|(name, value)| (name, fill(value))));
        if let Some(dir) = &self.current_dir {
            command.current_dir(dir);
        }
        let process = ChildProcess::spawn(command, home, self.grace)?;
        let own_ports = ports.all().chain(self.fixed_ports.iter().copied()).collect();
        Ok(ServerUnderTest { process, ports, own_ports, command: line })
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
            (None, Readiness::Listening | Readiness::Accepting) => {
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
