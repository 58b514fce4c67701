//! `flash-policy run`: starts the server under test on picked ports, probes it or runs scenarios
//! against it, and stops it.

mod examination;
#[cfg(unix)]
mod family;
#[cfg(not(unix))]
#[path = "run/no_family.rs"]
mod family;
mod listener;
mod plan;
mod scenario_ports;
mod server;
mod start;
mod watched_cases;

use crate::args::{FailOn, Run};
use crate::commands::live::FailRule;
use crate::failure::Failure;
use crate::report::{Case, CommandResult, ErrorKind, LiveResult, Report, ReportedError, RunResult};
use crate::so_far::SoFar;
use examination::Examination;
use family::ProcessFamily;
use plan::RunPlan;
use server::{Halt, RunningServer};

/// Runs the command. What is known goes to `so_far`. If the work does not end soon after a signal,
/// `give_up` gets the error and ends the process.
pub(crate) fn run(
    args: &Run,
    so_far: &SoFar<RunResult>,
    give_up: impl FnOnce(ReportedError) + Send + 'static,
) -> Result<Report, Failure> {
    let plan = RunPlan::of(args)?;
    let fail_on = args.failing.fail_on.unwrap_or(FailOn::Error);
    let fail_rule = FailRule::new(fail_on, &args.failing.exceptions)?;
    let family = ProcessFamily::adopt(give_up)
        .map_err(|error| Failure::not_run(format!("cannot watch over processes: {error}")))?;
    let server = RunningServer::start(&plan, &family)?;
    let examination = Examination {
        args,
        plan: &plan,
        family: &family,
        fail_rule: &fail_rule,
        so_far,
        scenario_host: None,
        server,
    };
    let (result, errors) = finish(examination);
    Ok(Report::new(CommandResult::Run(result), errors))
}

/// Makes the examination and stops the server. Results before an error are kept, unless the server
/// went into the background: then they depend on chance.
fn finish(mut examination: Examination<'_>) -> (RunResult, Vec<ReportedError>) {
    let mut result = RunResult::default();
    let mut errors = Vec::new();
    let halt = examination.make(&mut result, &mut errors).err();
    let (location, _) = examination.policy_location();
    let is_interrupted = examination.family.is_interrupted();
    let mut server = examination.server;
    let is_in_background = matches!(halt, Some(Halt::InBackground));
    if is_in_background || (!is_interrupted && server.is_in_background()) {
        return (RunResult::default(), vec![server.stop_in_background()]);
    }
    if let Some(Halt::Error(error)) = halt {
        errors.push(error);
    }
    errors.extend(nothing_tested(&result.live));
    let server = server.stop(&location);
    result.live.summary.crashes = server.crashes;
    result.server = Some(server);
    if is_interrupted {
        let text = "a signal came before all was asked; the server was stopped";
        errors.push(ReportedError::new(ErrorKind::Interrupted, text));
    }
    (result, errors)
}

/// Returns the error for scenarios of which every case was skipped.
fn nothing_tested(live: &LiveResult) -> Option<ReportedError> {
    let is_empty = live.cases.is_empty() || !live.cases.iter().all(Case::is_skipped);
    let text = "every case was skipped, so nothing was tested";
    let help = "add a case that does not change the endpoints that the server under test replaces";
    (!is_empty).then(|| ReportedError::new(ErrorKind::NothingToTest, text).help(help))
}
