//! Starts the server of `run`, and explains why it did not start.

use flash_policy_core::diagnostics::rules;
use flash_policy_fixture::{ServerUnderTest, StartError};

use super::family::ProcessFamily;
use super::listener::Listener;
use super::plan::RunPlan;
use crate::commands::status_line::StatusLine;
use crate::report::{ErrorKind, ReportedError};

const NOT_STARTED: &str = "the server under test did not start";

/// The number of starts, if another process takes the server's port each time.
const ATTEMPTS: usize = 5;

/// Starts the server. Another process may take its port before the server binds it; then it is
/// started again.
pub(super) fn start(
    plan: &RunPlan<'_>,
    family: &ProcessFamily,
) -> Result<ServerUnderTest, ReportedError> {
    let mut attempts = 1;
    loop {
        let status = StatusLine::on_terminal();
        let builder = plan.server().cancelled_by(family.interrupted());
        let started =
            builder.while_waiting(move |waiting| status.show(&waiting.to_string())).try_start();
        status.clear();
        let ports: Vec<u16> = match &started {
            Ok(server) => server.ports().map(|(_, port)| port).collect(),
            Err(error) => error.ports().map(|(_, port)| port).collect(),
        };
        let Some(lost) = lost_port(&started, &ports, plan, family) else {
            return started.map_err(|error| not_started(&error, family));
        };
        let (command, output) = match started {
            Ok(server) => {
                let told = (server.command_line().to_owned(), server.output());
                server.stop();
                told
            }
            Err(error) => (error.command_line().to_owned(), error.output().to_owned()),
        };
        family.stop();
        if attempts == ATTEMPTS || family.is_interrupted() {
            let detail = format!("attempt {attempts}: {lost}");
            let help = "the server was too late, or hands its port to another program, as docker \
                does: then wait for something else, --ready output=TEXT or --ready http=/PATH";
            return Err(ReportedError {
                details: vec![detail, of_command(&command)],
                output: Some(output),
                ..ReportedError::new(ErrorKind::ServerNotStarted, NOT_STARTED).help(help)
            });
        }
        attempts += 1;
    }
}

/// Returns how another process answers at one of the ports, where the server itself was awaited
/// there.
fn lost_port(
    started: &Result<ServerUnderTest, StartError>,
    ports: &[u16],
    plan: &RunPlan<'_>,
    family: &ProcessFamily,
) -> Option<String> {
    let is_doubtful = match started {
        Ok(_) => plan.awaits_a_listener(),
        // The child exited, and something listens: its own process, or another one.
        Err(error) => error.is_in_background() && !family.lives(),
    };
    if !is_doubtful {
        return None;
    }
    let foreign = |port: &u16| Some((*port, family.foreign_listener(*port)?));
    let (port, Listener { pid, name }) = ports.iter().find_map(foreign)?;
    Some(format!("127.0.0.1:{port} is answered by another process, {name} (pid {pid})"))
}

/// Returns the error for a server that went into the background.
pub(super) fn in_background(command: &str, output: String) -> ReportedError {
    let detail = "its process exited with success, and the server went on without it";
    ReportedError {
        details: vec![detail.to_owned(), of_command(command)],
        output: Some(output),
        ..ReportedError::new(ErrorKind::ServerNotStarted, NOT_STARTED).help(IN_BACKGROUND)
    }
}

const IN_BACKGROUND: &str =
    "it went on in the background, and was stopped there: start it in the foreground";

/// Returns the error for a server that did not start, with advice.
fn not_started(error: &StartError, family: &ProcessFamily) -> ReportedError {
    let left = family.stop();
    let is_interrupted = family.is_interrupted();
    let kind = if is_interrupted { ErrorKind::Interrupted } else { ErrorKind::ServerNotStarted };
    let help = if is_interrupted {
        "a signal came before it was ready".to_owned()
    } else {
        advice(error, left)
    };
    ReportedError {
        details: error.failures().into_iter().chain([of_command(error.command_line())]).collect(),
        output: (error.attempts() > 0).then(|| error.output().to_owned()),
        ..ReportedError::new(kind, NOT_STARTED).help(help)
    }
}

/// Returns what to do about a server that did not start, and left this number of processes behind.
fn advice(error: &StartError, left: usize) -> String {
    let has_succeeded = error.exit_status().is_some_and(|status| status.success());
    if let Some(port) = port_without_privilege(error.output()) {
        return format!(
            "give it a picked port, such as {{port}}, instead of {port}: the picked port stands \
             for {port} here, so that no privilege is needed ({})",
            rules::EACCES_843.id()
        );
    }
    let advice = if error.is_in_background() || (has_succeeded && left > 0) {
        IN_BACKGROUND
    } else if error.is_death_by_probe() {
        return format!(
            "make it survive clients that connect and leave without a word, as load balancers do \
             ({}); until then, wait for something else: --ready output=TEXT",
            rules::LB_HEALTH_CHECKS.id()
        );
    } else if error.is_address_in_use() {
        "make it bind only the ports that it is given, and no fixed one besides"
    } else if error.exit_status().is_some() {
        "run CMD by hand; a server must stay in the foreground, and must not end"
    } else if error.is_spawn() {
        "make sure that the temporary folder (TMPDIR) can be written, and that sh is on the PATH"
    } else if error.is_timeout() {
        "make it listen on 127.0.0.1 on the port given, or wait for something else: --ready \
         output=TEXT, --ready http=/PATH, --ready delay=DURATION, a longer --ready-within"
    } else {
        "make sure that CMD can be started from here"
    };
    advice.to_owned()
}

/// Returns the port below 1024 that a server complains it may not bind.
fn port_without_privilege(output: &str) -> Option<u16> {
    const COMPLAINTS: [&str; 4] =
        ["eacces", "permission denied", "access permissions", "operation not permitted"];
    output.lines().map(str::to_ascii_lowercase).find_map(|line| {
        COMPLAINTS.iter().any(|complaint| line.contains(complaint)).then_some(())?;
        let numbers = line.split(|c: char| !c.is_ascii_digit());
        // Smaller numbers are parts of an address, or of `[Errno 13]`.
        let mut ports = numbers.filter_map(|number| number.parse().ok());
        ports.find(|port| (256..1024).contains(port))
    })
}

fn of_command(command: &str) -> String {
    format!("command: {command}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_needs_a_privilege_is_found_in_what_servers_print() {
        let node = "Error: listen EACCES: permission denied 0.0.0.0:843";
        let python = "PermissionError: [Errno 13] Permission denied: ('127.0.0.1', 843)";
        let nginx = "bind() to 0.0.0.0:843 failed (13: Permission denied)";
        for line in [node, python, nginx] {
            assert_eq!(port_without_privilege(line), Some(843), "{line}");
        }
        let other = "[Errno 13] Permission denied: '/var/log/policy.log'";
        assert_eq!(port_without_privilege(other), None);
    }
}
