//! The conformance checks of `probe --torture` and `run --torture`, for the report, for the other formats, and in words.

use std::fmt::Write as _;
use std::net::SocketAddr;

use flash_policy_conformance::{Check, CheckVerdict, Torture};
use flash_policy_core::diagnostics::{Rule, Severity};
use flash_policy_core::player::Endpoint;

use crate::args::FailOn;
use crate::exit::{Exit, Failure};
use crate::report::{Checked, Done, Entry, Report, State, Summary};

/// Makes the checks of the server that stands at `endpoint`, and really is at `addr`.
pub(crate) fn torture(
    command: &'static str,
    endpoint: &Endpoint,
    addr: SocketAddr,
    fail_on: FailOn,
) -> Result<Done, Failure> {
    let report = Torture::new(addr).standing_for(endpoint.port()).run();
    let report = report
        .map_err(|error| Failure::new(Exit::NotRun, format!("this machine failed: {error}")))?;
    let entries: Vec<_> =
        report.checks().iter().map(|check| entry(check, endpoint, fail_on)).collect();
    let fails = |entry: &Entry| matches!(entry.state, State::Found { fails: true, .. });
    let exit = if entries.iter().any(fails) { Exit::Finding } else { Exit::Expected };
    let count = |verdict| report.checks().iter().filter(|check| check.verdict() == verdict).count();
    let (passed, failed) = (count(CheckVerdict::Pass), count(CheckVerdict::Fail));
    let (tolerated, not_run) = (count(CheckVerdict::Tolerated), count(CheckVerdict::NotRun));
    let mut human = format!("torture of {endpoint} at {addr}\n{report}");
    for rule in rules(report.checks()) {
        let _ = writeln!(human, "help: {}: {}", rule.id(), rule.help());
    }
    let _ = writeln!(
        human,
        "{passed} checks passed, {tolerated} tolerated, {failed} failed, {not_run} not run"
    );
    let checks = report.checks().iter().map(|check| Checked {
        endpoint: endpoint.to_string(),
        id: check.id().to_string(),
        verdict: check.verdict().to_string(),
        reason: check.reason().to_owned(),
        rule: check.rule().map(|rule| rule.id().to_owned()),
    });
    let summary = Summary {
        checks: Some(passed + tolerated + failed),
        tolerated: Some(tolerated),
        ..Summary::default()
    };
    let summary = Summary { checks_failed: Some(failed), ..summary };
    Ok(Done::new(
        exit,
        Report { checks: Some(checks.collect()), ..Report::new(command, summary) },
        entries,
        human,
    ))
}

fn entry(check: &Check, endpoint: &Endpoint, fail_on: FailOn) -> Entry {
    let found = |severity| State::Found { severity, fails: fail_on.fails(severity) };
    Entry {
        file: format!("xmlsocket://{endpoint}"),
        place: None,
        name: format!("torture: {}", check.id()),
        state: match check.verdict() {
            CheckVerdict::Pass => State::Passed,
            CheckVerdict::Tolerated => found(Severity::Warning),
            CheckVerdict::Fail => found(Severity::Error),
            CheckVerdict::NotRun => State::Skipped,
        },
        id: check.rule().map_or(check.id().as_str(), Rule::id).to_owned(),
        message: check.reason().to_owned(),
        detail: check.to_string(),
    }
}

/// The rules that the checks have met, each once.
fn rules(checks: &[Check]) -> Vec<&'static Rule> {
    let mut rules = Vec::new();
    for rule in checks.iter().filter_map(Check::rule) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}
