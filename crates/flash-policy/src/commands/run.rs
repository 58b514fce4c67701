//! `flash-policy run`: starts the server under test on picked ports, probes it or runs scenarios
//! against it, and stops it.

#[cfg(unix)]
mod family;
#[cfg(not(unix))]
#[path = "run/no_family.rs"]
mod family;
mod listener;
mod plan;

use std::collections::BTreeSet;
use std::time::Duration;

use flash_policy_core::player::{Endpoint, Swf, canonical_host};
use flash_policy_fixture::{Backend, Network, ServerUnderTest, StartError};
use flash_policy_scenario::{Connect, Scenario};

use crate::args::{FailOn, Run, Test};
use crate::commands::live::{self, FailRule};
use crate::commands::probe::{self, HostRoute, ProbingPlayer};
use crate::commands::test::{self, ScenarioRun};
use crate::failure::Failure;
use crate::report::{
    self, Case, CaseSummary, CommandResult, ErrorKind, LiveResult, Report, ReportedError, RunResult,
};
use family::ProcessFamily;
use listener::Listener;
use plan::RunPlan;

pub(crate) fn run(args: &Run) -> Result<Report, Failure> {
    let plan = RunPlan::of(args)?;
    let fail_on = args.failing.fail_on.unwrap_or(FailOn::Error);
    let fail_rule = FailRule::new(fail_on, &args.failing.exceptions)?;
    let family = ProcessFamily::adopt()
        .map_err(|error| Failure::not_run(format!("cannot watch over processes: {error}")))?;
    let mut result = RunResult::default();
    let mut errors = Vec::new();
    match start(&plan, &family) {
        Err(error) => errors.push(error),
        Ok(server) => {
            let examination = Examination {
                args,
                plan: &plan,
                family: &family,
                server: &server,
                fail_rule: &fail_rule,
            };
            let stopped_by = examination.make(&mut result, &mut errors);
            errors.extend(stopped_by.err());
            errors.extend(nothing_tested(&result.live));
            let (location, _) = plan.policy_location(&server);
            result.server = Some(stop(server, &location, &plan, &family));
            if family.is_interrupted() {
                let text = "a signal came before all was asked; the server was stopped";
                errors.push(ReportedError::new(ErrorKind::Interrupted, text));
            }
        }
    }
    Ok(Report::new(CommandResult::Run(result), errors))
}

/// Returns the error for scenarios of which every case was skipped.
fn nothing_tested(live: &LiveResult) -> Option<ReportedError> {
    let is_empty = live.cases.is_empty() || !live.cases.iter().all(Case::is_skipped);
    let text = "every case was skipped, so nothing was tested";
    let help = "add a case that does not change the endpoints that the server under test replaces";
    (!is_empty).then(|| ReportedError::new(ErrorKind::NothingToTest, text).help(help))
}

/// The number of starts, if another process takes the server's port each time.
const ATTEMPTS: u32 = 5;

/// Starts the server. Another process may take its port before the server binds it; then it is
/// started again.
fn start(plan: &RunPlan<'_>, family: &ProcessFamily) -> Result<ServerUnderTest, ReportedError> {
    let mut attempts = 1;
    loop {
        let server = plan.server().cancelled_by(family.interrupted()).try_start();
        let server = server.map_err(|error| not_started(&error, plan, family))?;
        let foreign = |port| family.foreign_listener(port).map(|listener| (port, listener));
        let lost =
            plan.awaits_a_listener().then(|| server.ports().find_map(|(_, port)| foreign(port)));
        let Some((port, Listener { pid, name })) = lost.flatten() else { return Ok(server) };
        let output = server.output();
        server.stop();
        family.stop();
        if attempts == ATTEMPTS || family.is_interrupted() {
            let detail = format!(
                "attempt {attempts}: 127.0.0.1:{port} is answered by another process, {name} (pid \
                 {pid})"
            );
            let help = "the server was too late, or hands its port to another program, as docker \
                does: then wait for something else, --ready output=TEXT or --ready http=/PATH";
            return Err(ReportedError {
                details: vec![detail, format!("command: {}", plan.command)],
                output: Some(output),
                ..ReportedError::new(ErrorKind::ServerNotStarted, NOT_STARTED).help(help)
            });
        }
        attempts += 1;
    }
}

const NOT_STARTED: &str = "the server under test did not start";

/// The time after the last answer in which the end of the server counts as a crash.
const CRASHED_WITHIN: Duration = Duration::from_millis(100);

/// The probe, the scenarios and the conformance checks of a running server.
struct Examination<'a> {
    args: &'a Run,
    plan: &'a RunPlan<'a>,
    family: &'a ProcessFamily,
    server: &'a ServerUnderTest,
    fail_rule: &'a FailRule,
}

impl Examination<'_> {
    /// Runs the parts, the gentlest one first. Results before an error are kept. Results that a
    /// signal may have cut short are dropped.
    fn make(
        &self,
        result: &mut RunResult,
        errors: &mut Vec<ReportedError>,
    ) -> Result<(), ReportedError> {
        if let (Some(swf), Some(connect)) = (&self.args.swf, &self.args.connect) {
            self.probe(swf, connect, result)?;
        }
        if !self.args.scenario.is_empty() {
            errors.extend(self.run_scenarios(&mut result.live)?);
        }
        if self.args.torture && !self.family.is_interrupted() {
            let (endpoint, addr) = self.plan.policy_location(self.server);
            let tortured = live::torture(&endpoint, addr, self.fail_rule)?;
            // A signal stops the server, so checks that were under way would blame it wrongly.
            if !self.family.is_interrupted() {
                result.live.set_conformance(tortured);
            }
        }
        Ok(())
    }

    /// Performs the handshake. If no port of the server is mapped to the target, a backend of this
    /// command plays it.
    fn probe(
        &self,
        swf: &Swf,
        connect: &Connect,
        result: &mut RunResult,
    ) -> Result<(), ReportedError> {
        let host = canonical_host(&connect.host);
        let mut network = Network::new();
        let of_host = |port| BTreeSet::from([Endpoint::new(&host, port)]);
        let routes = self.plan.routes(self.server, of_host);
        for (at, to) in &routes {
            network.route(at.clone(), *to);
        }
        let destination = u16::try_from(connect.port).ok().map(|port| Endpoint::new(&host, port));
        let stand_in = destination.filter(|at| !routes.iter().any(|(stands, _)| stands == at));
        let backend = Backend::echo().try_start().map_err(|error| {
            ReportedError::new(ErrorKind::NotRun, format!("cannot start a backend: {error}"))
        })?;
        if let Some(at) = &stand_in {
            network.route(at.clone(), &backend);
        }
        let player = ProbingPlayer {
            swf,
            profile: &self.args.player.simulated.profile,
            load_policy_file: &self.args.player.load_policy_file,
            host: &host,
            port: connect.port,
        };
        let probed = player.connect(&HostRoute { network, address: None, unresolved: None })?;
        if !self.family.is_interrupted() {
            result.live = probe::live_result(&[probed], self.fail_rule);
            result.played = stand_in.iter().map(ToString::to_string).collect();
        }
        Ok(())
    }

    /// Runs the scenarios. Returns the errors of the files that could not be run.
    fn run_scenarios(&self, live: &mut LiveResult) -> Result<Vec<ReportedError>, ReportedError> {
        let routes =
            |scenario: &Scenario| self.plan.routes(self.server, |port| scenario.endpoints_at(port));
        let scenarios = test::run_against(&Test::of(&self.args.scenario), &routes);
        let ScenarioRun { files, cases, coverage: _, errors } = scenarios?;
        if self.family.is_interrupted() {
            return Ok(errors);
        }
        live.cases.extend(cases);
        live.summary = CaseSummary::of(&live.cases, Some(files));
        Ok(errors)
    }
}

/// Returns the error for a server that did not start, with advice.
fn not_started(error: &StartError, plan: &RunPlan<'_>, family: &ProcessFamily) -> ReportedError {
    let left = family.stop();
    let is_interrupted = family.is_interrupted();
    let help = if is_interrupted {
        "a signal came before it was ready"
    } else if error.exit_status().is_some_and(|status| status.success()) && left > 0 {
        "it went on in the background, and was stopped there: start it in the foreground"
    } else if error.exit_status().is_some() {
        "run CMD by hand; a server must stay in the foreground, and must not end"
    } else if error.is_address_in_use() {
        "make it bind only the ports that it is given, and no fixed one besides"
    } else if error.is_spawn() {
        "make sure that the temporary folder (TMPDIR) can be written, and that sh is on the PATH"
    } else if error.is_timeout() {
        "make it listen on 127.0.0.1 on the port given, or wait for something else: --ready \
         output=TEXT, \
         --ready http=/PATH, --ready delay=DURATION, a longer --ready-within"
    } else {
        "make sure that CMD can be started from here"
    };
    let kind = if is_interrupted { ErrorKind::Interrupted } else { ErrorKind::ServerNotStarted };
    let command = format!("command: {}", plan.command);
    ReportedError {
        details: error.failures().into_iter().chain([command]).collect(),
        output: (error.attempts() > 0).then(|| error.output().to_owned()),
        ..ReportedError::new(kind, NOT_STARTED).help(help)
    }
}

/// Stops the server and describes its end.
fn stop(
    mut server: ServerUnderTest,
    location: &Endpoint,
    plan: &RunPlan<'_>,
    family: &ProcessFamily,
) -> report::ServerUnderTest {
    // A server that has just crashed may need a moment to end.
    let early_exit = server.exited_within(CRASHED_WITHIN);
    let output = server.output();
    let ports = server.ports().map(|(name, port)| (name.to_owned(), port)).collect();
    let stopped_on_request = server.stop();
    let left = family.stop();
    let mut remarks = Vec::new();
    remarks.extend(
        early_exit.map(|status| format!("it ended by itself ({status}) before it was told to")),
    );
    if !stopped_on_request {
        remarks.push("it did not end on SIGTERM, and was killed".to_owned());
    }
    if left > 0 {
        remarks
            .push(format!("{left} of its processes had left its process group, and were stopped"));
    }
    report::ServerUnderTest {
        location: location.to_string(),
        command: plan.command.clone(),
        ports,
        output,
        has_crashed: early_exit.is_some_and(|status| !status.success()),
        remarks,
    }
}
