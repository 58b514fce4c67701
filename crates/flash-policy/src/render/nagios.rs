//! Renders the result of a probe for Nagios and compatible monitors: one line, performance data
//! after a bar, and their exit codes.

use std::fmt::Write;

use flash_policy_conformance::CheckVerdict;
use flash_policy_core::diagnostics::Severity;
use flash_policy_core::printable::printable;

use super::human;
use crate::report::{
    AskedLocation, Case, CommandResult, ConformanceOverview, ProbeResult, Report, ReportedError,
    Route, Verdict,
};

/// The states of a plugin, with their exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NagiosState {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

/// Renders the report of a probe. Returns the state of the plugin and its line.
pub(crate) fn nagios(report: &Report) -> (NagiosState, String) {
    if let Some(error) = report.errors.first() {
        return (NagiosState::Unknown, unknown(&sentence(error)));
    }
    let CommandResult::Probe(probe) = &report.result else {
        return (NagiosState::Unknown, unknown("this is not the report of a probe"));
    };
    let warning = probe.warning_ms.unwrap_or(u64::MAX);
    let cases = probe.live.cases.iter().map(|case| judge(case, warning));
    let judged: Vec<_> = cases.chain(judge_checks(probe)).collect();
    let states = judged.iter().map(|(state, _)| *state);
    let state = states.max().unwrap_or(NagiosState::Unknown);
    let texts: Vec<_> = judged.into_iter().map(|(_, text)| text).collect();
    (state, line(state, &texts.join("; "), &figures(probe, warning)))
}

/// Returns an error in one sentence, with its advice.
pub(crate) fn sentence(error: &ReportedError) -> String {
    match &error.help {
        Some(help) => format!("{}; {help}", error.message),
        None => error.message.clone(),
    }
}

/// Renders a probe that has no result.
pub(crate) fn unknown(message: &str) -> String {
    line(NagiosState::Unknown, message, &[])
}

fn judge(case: &Case, warning: u64) -> (NagiosState, String) {
    let name = &case.name;
    let Some(got) = &case.got else {
        return (NagiosState::Unknown, format!("{name}: {}", case.status.0));
    };
    if !got.is_permitted() {
        let route = case.route.as_ref();
        let resolver = route.and_then(|Route { host, unresolved, .. }| {
            Some(format!("; {host} does not resolve: {}", unresolved.as_ref()?))
        });
        let text = format!("{name}: {}: {}", got.outcome.0, got.cause.0);
        return (NagiosState::Critical, text + &resolver.unwrap_or_default());
    }
    let granting =
        got.granted_by.as_ref().and_then(|by| got.asked.iter().find(|asked| asked.endpoint == *by));
    match granting {
        None => (NagiosState::Ok, format!("{name}: permitted by the sandbox")),
        Some(granting) => judge_grant(name, got, granting, warning),
    }
}

/// Judges the conformance checks. Those that are tolerated do not alarm: players cope with them.
fn judge_checks(probe: &ProbeResult) -> Option<(NagiosState, String)> {
    let (overview, checks) = (probe.live.conformance.as_ref()?, probe.live.checks.as_ref()?);
    let ids = |verdict| {
        let found = checks.iter().filter(|check| check.verdict.0 == verdict);
        found.map(|check| check.id.0.as_str()).collect::<Vec<_>>().join(", ")
    };
    let at = &overview.endpoint;
    if overview.failed > 0 {
        let failed = ids(CheckVerdict::Fail);
        return Some((NagiosState::Critical, format!("checks of {at}: failed {failed}")));
    }
    if overview.passed + overview.tolerated == 0 {
        return Some((NagiosState::Unknown, format!("checks of {at}: none was run")));
    }
    let ConformanceOverview { passed, tolerated, not_run, .. } = overview;
    let counts = format!("{passed} passed, {tolerated} tolerated, {not_run} not run");
    Some((NagiosState::Ok, format!("checks of {at}: {counts}")))
}

fn judge_grant(
    name: &str,
    got: &Verdict,
    granting: &AskedLocation,
    warning: u64,
) -> (NagiosState, String) {
    // Only the granting answer counts. Another location, such as 843, may refuse.
    let worst = granting.diagnostics.iter().max_by_key(|diagnostic| diagnostic.severity.0);
    let worst = worst.filter(|worst| worst.severity.0 >= Severity::Warning);
    let mut notes: Vec<_> = worst.map(human::diagnostic).into_iter().collect();
    // A player waits for the whole lookup: for a silent 843 before this answer, and for the game
    // server after it.
    if got.decided_at_ms >= warning && granting.took_ms < warning {
        notes.push(format!("only after {} ms in all", got.decided_at_ms));
    }
    let is_warned = granting.took_ms >= warning || !notes.is_empty();
    let state = if is_warned { NagiosState::Warning } else { NagiosState::Ok };
    let notes: String = notes.iter().map(|note| format!(", but {note}")).collect();
    let (by, took) = (&granting.endpoint, granting.took_ms);
    (state, format!("{name}: permitted by {by} in {took} ms{notes}"))
}

/// Returns the performance data: the time of each policy with its limits, and of the decision.
fn figures(probe: &ProbeResult, warning: u64) -> Vec<String> {
    let mut figures = Vec::new();
    for case in &probe.live.cases {
        let Some(got) = &case.got else { continue };
        let family = case.route.as_ref().and_then(|route| route.family.as_ref());
        let family = family.map(|family| format!("_{}", family.to_ascii_lowercase()));
        let family = family.unwrap_or_default();
        for asked in got.asked.iter().filter(|asked| asked.has_answered()) {
            let budget = asked.budget_ms.map(seconds).unwrap_or_default();
            let (took, warning) = (seconds(asked.took_ms), seconds(warning));
            figures.push(format!("policy_{}{family}={took}s;{warning};{budget};0", asked.port));
        }
        let (decided, warning) = (seconds(got.decided_at_ms), seconds(warning));
        figures.push(format!("decided{family}={decided}s;{warning};;0"));
    }
    figures
}

/// Formats milliseconds as seconds with three decimals.
fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// Renders one line. A bar in the text would start the performance data, so it is replaced.
fn line(state: NagiosState, text: &str, figures: &[String]) -> String {
    let name = format!("{state:?}").to_ascii_uppercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = format!("FLASH_POLICY {name} - {}", printable(text).replace('|', "/"));
    if !figures.is_empty() {
        let _ = write!(line, " | {}", figures.join(" "));
    }
    line + "\n"
}
