//! [`StartError`]: the error of a server under test that did not start.

use std::fmt::Write;
use std::process::ExitStatus;
use std::{error, fmt, io};

use super::failure::Failure;
use super::template::Ports;

/// The error of a server under test that did not start.
///
/// `Display` shows each attempt, the output of the last one, and what to do next.
///
/// ```
/// # #[cfg(unix)] {
/// use flash_policy_fixture::process::ServerUnderTest;
///
/// let error = ServerUnderTest::command("echo no such policy: {port}; exit 7")
///     .try_start()
///     .expect_err("it exits at once");
/// assert_eq!(error.exit_status().and_then(|status| status.code()), Some(7));
/// assert_eq!(error.attempts(), 1, "only a lost port is worth another attempt");
/// assert!(error.output().starts_with("no such policy"));
/// # }
/// ```
#[derive(Debug)]
pub struct StartError {
    command: String,
    kind: Box<Kind>,
}

impl StartError {
    /// Returns whether the server could not be started at all: for example, there is no shell, no
    /// such directory, no free port or no port to probe, or a file could not be written.
    #[must_use]
    pub fn is_spawn(&self) -> bool {
        matches!(*self.kind, Kind::Unstarted(_))
    }

    /// Returns whether the last attempt ran but was not ready in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.failure(), Some(Failure::NotReady { .. }))
    }

    /// Returns how the server exited, if the last attempt exited before it was ready.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.failure()?.exit_status()
    }

    /// Returns whether the process of the last attempt exited with success while its server went on
    /// without it. A server under test must stay in the foreground.
    #[must_use]
    pub fn is_in_background(&self) -> bool {
        matches!(self.failure(), Some(Failure::InBackground))
    }

    /// Returns whether the last attempt exited after a connection had asked whether it was ready,
    /// and had closed. Load balancers make such connections too, so this is a bug of the server.
    #[must_use]
    pub fn is_death_by_probe(&self) -> bool {
        matches!(self.failure(), Some(Failure::Exited { after_probe: true, .. }))
    }

    /// Returns the command line of the last attempt. If there was none, its placeholders are not
    /// replaced.
    #[must_use]
    pub fn command_line(&self) -> &str {
        self.failed().last().map_or(&self.command, |attempt| &attempt.command)
    }

    /// Returns the ports of the last attempt, each with the name of its placeholder.
    pub fn ports(&self) -> impl Iterator<Item = (&str, u16)> {
        self.failed().last().into_iter().flat_map(|attempt| attempt.ports.iter())
    }

    /// Returns the number of attempts that failed. It is 0 if the server could not be started at
    /// all.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.failed().len()
    }

    /// Returns what the last attempt wrote to stdout and stderr, or an empty text if there was no
    /// attempt.
    #[must_use]
    pub fn output(&self) -> &str {
        self.failed().last().map_or("", |attempt| &attempt.output)
    }

    /// Returns what went wrong, one line for each attempt.
    pub fn failures(&self) -> Vec<String> {
        if let Kind::Unstarted(error) = &*self.kind {
            return vec![format!("could not be started: {error}")];
        }
        let failed = self.failed().iter().enumerate();
        failed
            .map(|(i, one)| format!("attempt {}: (ports: {}) {}", i + 1, one.ports, one.failure))
            .collect()
    }

    /// Returns whether another process had an address of the last attempt: the server printed that
    /// it was in use, or exited while the port could not be bound.
    #[must_use]
    pub fn is_address_in_use(&self) -> bool {
        self.failure().is_some_and(Failure::is_lost_port)
    }

    pub(super) fn new(command: &str, kind: Kind) -> Self {
        Self { command: command.to_owned(), kind: Box::new(kind) }
    }

    fn failed(&self) -> &[FailedStart] {
        match &*self.kind {
            Kind::Unstarted(_) => &[],
            Kind::Failed(attempts) => attempts,
        }
    }

    fn failure(&self) -> Option<&Failure> {
        self.failed().last().map(|attempt| &attempt.failure)
    }

    fn facts(&self) -> String {
        let mut text =
            format!("the server under test did not start\n  command: {}", self.command_line());
        for failure in self.failures() {
            let _ = write!(text, "\n  {failure}");
        }
        if !self.failed().is_empty() {
            let output = self.output().trim_end();
            let output = if output.is_empty() { "(none)" } else { output };
            let output = output.replace('\n', "\n    ");
            let _ = write!(text, "\n  output of the last attempt:\n    {output}");
        }
        text
    }

    fn advice(&self) -> &'static str {
        match self.failure() {
            None => {
                "Check the current directory, the temporary one (TMPDIR), the names of the files, \
                 and that `sh` is on the PATH."
            }
            Some(Failure::Exited { after_probe: true, .. }) => {
                "Make it survive clients that connect and close without a word; until then, wait \
                 for something else: `ready_when_output`, `ready_after`."
            }
            Some(Failure::Exited { .. }) => {
                "Run the command by hand; a server must stay in the foreground."
            }
            Some(Failure::InBackground) => {
                "Start it in the foreground: many servers have an option for that."
            }
            Some(Failure::AddressInUse | Failure::PortTaken { .. }) => {
                "Check that it binds the ports that it is given, and no fixed one besides."
            }
            Some(Failure::NotReady { .. }) => {
                "Check that it listens on 127.0.0.1 on the port given, or wait for something else: \
                 `ready_when_output`, `ready_when_http`, a longer `ready_within`."
            }
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}", self.facts(), self.advice())
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &*self.kind {
            Kind::Unstarted(error) => Some(error),
            Kind::Failed(_) => None,
        }
    }
}

impl From<StartError> for io::Error {
    fn from(error: StartError) -> Self {
        let kind = match (&*error.kind, error.failure()) {
            (Kind::Unstarted(source), _) => source.kind(),
            (_, Some(Failure::NotReady { .. })) => io::ErrorKind::TimedOut,
            (_, Some(Failure::AddressInUse | Failure::PortTaken { .. })) => {
                io::ErrorKind::AddrInUse
            }
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// The kind of error.
#[derive(Debug)]
pub(super) enum Kind {
    /// No process was started, or there was no port to probe.
    Unstarted(io::Error),
    /// Every attempt failed. They are in order, and there is at least one.
    Failed(Vec<FailedStart>),
}

/// One attempt that failed.
#[derive(Debug)]
pub(super) struct FailedStart {
    pub(super) ports: Ports,
    /// The command line, with its placeholders replaced.
    pub(super) command: String,
    pub(super) failure: Failure,
    pub(super) output: String,
}
