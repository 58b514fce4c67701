//! The running server of `run`, which is started again if it ends by itself.

use std::process::ExitStatus;
use std::time::Duration;

use flash_policy_core::player::Endpoint;
use flash_policy_fixture::ServerUnderTest;
use flash_policy_fixture::process::ListeningSocket;

use super::family::ProcessFamily;
use super::plan::RunPlan;
use super::start;
use crate::report::{self, ReportedError};

/// The time after an answer in which the end of the server counts as its end after that answer.
pub(super) const ENDS_WITHIN: Duration = Duration::from_millis(100);

/// No time: the server has ended already, or counts as running.
pub(super) const ENDED: Duration = Duration::ZERO;

/// The same time for a server that may be on its way into the background: its process and another
/// one listen on the same socket.
const FORKS_WITHIN: Duration = Duration::from_millis(500);

/// The server under test.
pub(super) struct RunningServer<'a> {
    plan: &'a RunPlan<'a>,
    family: &'a ProcessFamily,
    process: ServerUnderTest,
    /// The starts that ended before this one.
    ended: Vec<EndedStart>,
}

/// A start of the server that ended by itself.
struct EndedStart {
    status: ExitStatus,
    /// The time of its end, such as "after CASE".
    when: String,
    output: String,
}

/// The reason why an examination does not go on.
pub(super) enum Halt {
    /// The server went into the background.
    InBackground,
    Error(ReportedError),
}

impl From<ReportedError> for Halt {
    fn from(error: ReportedError) -> Self {
        Self::Error(error)
    }
}

impl<'a> RunningServer<'a> {
    pub(super) fn start(
        plan: &'a RunPlan<'a>,
        family: &'a ProcessFamily,
    ) -> Result<Self, ReportedError> {
        let process = start::start(plan, family)?;
        Ok(Self { plan, family, process, ended: Vec::new() })
    }

    /// Returns the process that runs now.
    pub(super) fn process(&self) -> &ServerUnderTest {
        &self.process
    }

    /// Starts the server again if it ends by itself within this time. Its picked ports change then.
    /// `when` says what had been done, such as "after CASE". Returns whether it was started again.
    pub(super) fn revive(&mut self, when: &str, limit: Duration) -> Result<bool, Halt> {
        let Some(status) = self.process.exited_within(limit) else {
            return Ok(false);
        };
        if self.family.is_interrupted() {
            return Ok(false);
        }
        if self.goes_on_without_its_process() {
            return Err(Halt::InBackground);
        }
        self.family.stop();
        let output = self.process.output();
        let process = start::start(self.plan, self.family).map_err(|error| {
            let ended = format!("the server under test ended by itself ({status}) {when}");
            let message = format!("{ended}, and did not start again");
            ReportedError { message, ..error }
        })?;
        self.ended.push(EndedStart { status, when: when.to_owned(), output });
        self.process = process;
        Ok(true)
    }

    /// Returns whether the process has ended with success, and the server goes on without it.
    pub(super) fn is_in_background(&mut self) -> bool {
        self.exited().is_some() && self.goes_on_without_its_process()
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        let limit = if self.shares_its_socket() { FORKS_WITHIN } else { ENDS_WITHIN };
        self.process.exited_within(limit)
    }

    fn goes_on_without_its_process(&mut self) -> bool {
        let has_succeeded = self.process.exited().is_some_and(|status| status.success());
        has_succeeded && (self.process.is_in_background() || self.family.lives())
    }

    /// Returns whether the process and another one of its family have the same listening socket.
    fn shares_its_socket(&self) -> bool {
        let own = self.process.pid();
        let sockets = self.process.ports().filter_map(|(_, port)| ListeningSocket::on_port(port));
        sockets.flatten().any(|socket| {
            socket.is_held_by(own) && self.family.is_socket_held_by_another(&socket, own)
        })
    }

    /// Stops the server, and returns the error for one that went into the background.
    pub(super) fn stop_in_background(self) -> ReportedError {
        let (command, output) = (self.process.command_line().to_owned(), self.output());
        self.process.stop();
        self.family.stop();
        start::in_background(&command, output)
    }

    /// Stops the server and describes its end.
    pub(super) fn stop(mut self, location: &Endpoint) -> report::ServerUnderTest {
        let last_exit = self.exited();
        let output = self.output();
        let command = self.process.command_line().to_owned();
        let ports = self.process.ports().map(|(name, port)| (name.to_owned(), port)).collect();
        let is_crash = |status: &ExitStatus| !status.success();
        let statuses = self.ended.iter().map(|ended| ended.status).chain(last_exit);
        let crashes = statuses.filter(is_crash).count();
        let mut remarks: Vec<_> = self.ended.iter().map(EndedStart::remark).collect();
        let stopped_on_request = self.process.stop();
        let left = self.family.stop();
        remarks.extend(
            last_exit.map(|status| format!("it ended by itself ({status}) before it was told to")),
        );
        if !stopped_on_request {
            remarks.push("it did not end on SIGTERM, and was killed".to_owned());
        }
        if left > 0 {
            remarks.push(format!(
                "{left} of its processes had left its process group, and were stopped"
            ));
        }
        report::ServerUnderTest {
            location: location.to_string(),
            command,
            ports,
            output,
            has_crashed: crashes > 0,
            ended: last_exit.map(|status| status.to_string()),
            crashes,
            restarts: self.ended.len(),
            remarks,
        }
    }

    /// Returns what all starts wrote, with a line between two of them.
    fn output(&self) -> String {
        let mut output = String::new();
        for ended in &self.ended {
            output += &ended.output;
            if !output.is_empty() && !output.ends_with('\n') {
                output.push('\n');
            }
            output += "(flash-policy started the server again)\n";
        }
        output + &self.process.output()
    }
}

impl EndedStart {
    fn remark(&self) -> String {
        let Self { status, when, .. } = self;
        format!("it ended by itself ({status}) {when}, and was started again")
    }
}
