//! Renders `probe` and `run` for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use flash_policy_conformance::CheckVerdict;
use flash_policy_core::diagnostics::{Severity, rules};
use flash_policy_core::printable::{printable, printable_lines};

use super::check::suppressed_by_baseline;
use super::folded::folded;
use super::{cases, diagnostic};
use crate::exit::Exit;
use crate::render::Style;
use crate::report::{
    AnswerFinding, AskedLocation, Case, CaseSummary, ConformanceCheck, Diagnostic, LiveResult,
    Route, RunResult, Suppressor,
};

/// Renders what was asked of the server under test, and that it crashed.
pub(super) fn run(run: &RunResult, style: &Style) -> String {
    let mut text = live(&run.live, &run.played, death(run).as_deref(), style);
    if let Some(server) = run.server.as_ref().filter(|server| server.has_crashed) {
        let lines = server.remarks.iter();
        let lines = lines
            .map(|remark| format!("{} the server: {}\n", style.bad("fails"), printable(remark)));
        text += &format!("\n{}", lines.collect::<String>());
    }
    text
}

/// Returns the sentence that the server ended by itself, if it did while the only attempt asked it
/// in vain. With several attempts, the notes say after which one it ended.
fn death(run: &RunResult) -> Option<String> {
    let server = run.server.as_ref().filter(|server| server.has_crashed)?;
    let status = server.ended.as_ref()?;
    let [Case { passed: false, got: Some(_), .. }] = run.live.cases.as_slice() else {
        return None;
    };
    run.live.checks.is_none().then(|| format!("the server ended by itself ({status})"))
}

/// Renders the attempts, the scenarios and the conformance checks. `death` is the reason why all
/// attempts failed, if the server died.
pub(super) fn live(
    live: &LiveResult,
    played: &[String],
    death: Option<&str>,
    style: &Style,
) -> String {
    let (attempts, scenarios): (Vec<_>, Vec<_>) =
        live.cases.iter().cloned().partition(|case| case.route.is_some());
    let mut parts: Vec<String> =
        attempts.iter().map(|case| attempt_before(death, case, style)).collect();
    if let (Some(last), false) = (parts.last_mut(), played.is_empty()) {
        for endpoint in played {
            let endpoint = printable(endpoint);
            let _ = writeln!(
                last,
                "  backend  flash-policy played {endpoint} itself; add --port game={endpoint} to \
                 test your own backend"
            );
        }
    }
    parts.extend(live.host_diagnostics.iter().map(|one| diagnostic(one) + "\n"));
    parts.extend(apart(&attempts, live.host_diagnostics.is_empty()));
    let is_permitted = attempts.iter().all(|case| case.passed);
    let (shown, of_cases): (Vec<_>, Vec<_>) =
        live.answer_findings.iter().cloned().partition(|finding| is_shown(finding, &attempts));
    parts.extend(failing_answers(&shown, is_permitted, style));
    if !scenarios.is_empty() {
        let answers = errors_in_answers(&of_cases, style);
        let failing = failing_answers(&of_cases, true, style).unwrap_or_default();
        parts.push(of_scenarios(&scenarios, live.summary.crashes, style) + &answers + &failing);
    }
    parts.extend(conformance(live, style));
    parts.join("\n")
}

/// Renders the diagnosis of an attempt, and the time of each answer.
pub(in crate::render) fn attempt(case: &Case, style: &Style) -> String {
    attempt_before(None, case, style)
}

/// Renders an attempt. If the server died, that comes first, and nothing else has to be asked.
fn attempt_before(death: Option<&str>, case: &Case, style: &Style) -> String {
    let Some(got) = &case.got else {
        return cases::case(case, style);
    };
    let name = style.heading(&printable(&case.name));
    let diagnosis = printable_lines(&got.diagnosis);
    let (verdict, details) = diagnosis.trim_end().split_once('\n').unwrap_or((&diagnosis, ""));
    let because = death.map(|death| format!("  because  {}\n", printable(death)));
    let mut text = format!("{name}\n{verdict}\n{}{details}\n", because.unwrap_or_default());
    if let (Some(first), None) = (got.first_of_server(), death) {
        text += &other_causes(first);
    }
    if let Some(Route { host, unresolved: Some(said), .. }) = &case.route {
        let _ = writeln!(text, "  resolver {}: {}", printable(host), printable(said));
    }
    for asked in got.asked.iter().filter(|asked| asked.has_answered()) {
        let AskedLocation { endpoint, took_ms, budget_ms, .. } = asked;
        let waits = match budget_ms {
            Some(budget) => format!("of the {budget} ms that a player waits"),
            None => "and a player waits for it without an end".to_owned(),
        };
        let _ = writeln!(text, "  latency  {endpoint} in {took_ms} ms, {waits}");
    }
    text
}

/// Renders the other causes that fit what was seen of a server, and the question that tells them
/// apart.
fn other_causes(diagnostic: &Diagnostic) -> String {
    let Some(question) = diagnostic.question else {
        return String::new();
    };
    let named = diagnostic.also.iter().filter_map(|id| rules::find(id));
    let named: Vec<_> = named.map(ToString::to_string).collect();
    format!("  or       {}\n  ask      {question}\n", named.join(", "))
}

/// Renders a note on a host that permits over one address family but not over the other.
fn apart(attempts: &[Case], is_unexplained: bool) -> Option<String> {
    let [first, second] = attempts else { return None };
    let family = |case: &Case| case.route.as_ref()?.family.clone();
    let (family, other) = (family(first)?, family(second)?);
    if first.passed == second.passed || !is_unexplained {
        return None;
    }
    let (good, bad) = if first.passed { (family, other) } else { (other, family) };
    Some(format!(
        "over {good} it may connect, and over {bad} it may not: players that get that address \
         first fail\n"
    ))
}

/// Renders the ids of the diagnostics that make the command fail, even for a permitted connection.
/// The attempt above shows them in full. Those that a baseline suppresses are counted.
pub(super) fn failing_answers(
    findings: &[AnswerFinding],
    is_permitted: bool,
    style: &Style,
) -> Option<String> {
    let mut by_endpoint: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.fails) {
        by_endpoint.entry(&finding.endpoint).or_default().push(finding.diagnostic.id);
    }
    let lines = by_endpoint.iter().map(|(endpoint, ids)| {
        let (endpoint, ids) = (printable(endpoint), ids.join(", "));
        // What denies the connection fails it whatever is allowed.
        let hint = if is_permitted { "; --allow ID accepts one" } else { "" };
        format!("{} {endpoint}: {ids}{hint}\n", style.bad("fails"))
    });
    let mut lines: String = lines.collect();
    for AnswerFinding { endpoint, diagnostic, suppressed, .. } in findings {
        if let Some(suppressed) = suppressed.as_ref().filter(|one| one.by != Suppressor::Baseline) {
            let (endpoint, reason) = (printable(endpoint), printable(&suppressed.reason));
            let _ = writeln!(lines, "suppressed: {} at {endpoint}: {reason}", diagnostic.id);
        }
    }
    let by_baseline = |finding: &&AnswerFinding| {
        finding.suppressed.as_ref().is_some_and(|one| one.by == Suppressor::Baseline)
    };
    lines += &suppressed_by_baseline(findings.iter().filter(by_baseline).count());
    (!lines.is_empty()).then_some(lines)
}

/// Returns whether one of the attempts shows this diagnostic.
fn is_shown(finding: &AnswerFinding, attempts: &[Case]) -> bool {
    let mut asked = attempts.iter().filter_map(|case| case.got.as_ref()).flat_map(|got| &got.asked);
    asked.any(|asked| {
        let mut diagnostics = asked.diagnostics.iter();
        asked.endpoint == finding.endpoint
            && diagnostics.any(|one| one.fingerprint == finding.diagnostic.fingerprint)
    })
}

/// Renders the errors in answers to scenarios, and what makes the command fail. A case that passed
/// shows none of them.
fn errors_in_answers(findings: &[AnswerFinding], style: &Style) -> String {
    let counts = |finding: &&AnswerFinding| {
        let is_error = finding.diagnostic.severity.0 == Severity::Error;
        (is_error || finding.fails) && finding.suppressed.is_none()
    };
    let lines =
        findings.iter().filter(counts).map(|AnswerFinding { endpoint, diagnostic, .. }| {
            let Diagnostic { id, message, help, .. } = diagnostic;
            let severity = style.bad(&diagnostic.severity.0.to_string());
            let (endpoint, message) = (printable(endpoint), printable(message));
            format!("{severity}: {endpoint}: {id}: {message}; help: {}\n", printable(help))
        });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn of_scenarios(scenarios: &[Case], crashes: usize, style: &Style) -> String {
    let summary = CaseSummary { crashes, ..CaseSummary::of(scenarios, None) };
    let overview = cases::overview(scenarios, style);
    let failures = cases::failures(scenarios, style);
    format!("{overview}\n{failures}{}\n", cases::counts(&summary))
}

fn conformance(live: &LiveResult, style: &Style) -> Option<String> {
    let (overview, checks) = (live.conformance.as_ref()?, live.checks.as_ref()?);
    let mut text = format!("torture of {} at {}\n", overview.endpoint, overview.address);
    for (check, others) in with_like(checks) {
        let verdict = check.verdict.0;
        let word = format!("{verdict:<10}");
        let word = match verdict {
            CheckVerdict::Pass => style.good(&word),
            CheckVerdict::Fail => style.bad(&word),
            CheckVerdict::Tolerated => style.note(&word),
            CheckVerdict::NotRun => word,
        };
        let _ = match others {
            0 => writeln!(text, "{word} {}", check_text(check)),
            _ => {
                let reason = printable(&check.reason);
                writeln!(text, "{word} {} and {others} more: {reason}", check.id.0)
            }
        };
        match &check.help {
            Some(help) if check.fails => {
                let _ = writeln!(text, "           help: {}", printable(help));
            }
            _ => {}
        }
    }
    let mut seen = Vec::new();
    let others = checks.iter().filter(|check| !check.fails);
    for help in others.filter_map(|check| Some((check.rule?, check.help.as_ref()?))) {
        if !seen.contains(&help) {
            seen.push(help);
            let _ = writeln!(text, "help: {}: {}", help.0, printable(help.1));
        }
    }
    let _ = writeln!(
        text,
        "{} checks passed, {} tolerated, {} failed, {} not run",
        overview.passed, overview.tolerated, overview.failed, overview.not_run
    );
    Some(text)
}

/// Returns each check with the number of checks behind it that were not run for the same reason.
fn with_like(checks: &[ConformanceCheck]) -> impl Iterator<Item = (&ConformanceCheck, usize)> {
    let is_like = |one: &ConformanceCheck, other: &ConformanceCheck| {
        let are_not_run = [one, other].iter().all(|check| check.verdict.0 == CheckVerdict::NotRun);
        are_not_run && one.reason == other.reason
    };
    checks.chunk_by(is_like).map(|alike| (&alike[0], alike.len() - 1))
}

/// Renders one conformance check in one line.
pub(in crate::render) fn conformance_check(check: &ConformanceCheck) -> String {
    format!("{:<10} {}", check.verdict.0, check_text(check))
}

fn check_text(check: &ConformanceCheck) -> String {
    let rule = check.rule.map(|rule| format!(" ({rule})")).unwrap_or_default();
    format!("{:<16} {}{rule}", check.id.0, printable(&check.reason))
}

/// Renders the last lines of a server's output, and the number of lines before them.
pub(in crate::render) fn server_output(output: &str) -> String {
    if output.trim().is_empty() {
        return String::new();
    }
    let lines: Vec<_> = output.trim_end().lines().collect();
    let lines = folded(&lines);
    let (before, last) = lines.split_at(lines.len().saturating_sub(SHOWN_LINES));
    let mut text = "--- output of the server under test\n".to_owned();
    if !before.is_empty() {
        let _ = writeln!(text, "… {} lines before; --format json has them", before.len());
    }
    for line in last {
        text += &printable_lines(&(printable(line) + "\n"));
    }
    text + "---\n"
}

/// The number of lines of a server's output that are shown.
const SHOWN_LINES: usize = 40;

/// Renders the unusual facts about the server's end and, if the run failed, its output.
pub(crate) fn server_notes(run: &RunResult, exit: Exit) -> String {
    let Some(server) = &run.server else {
        return String::new();
    };
    let mut text = String::new();
    for remark in &server.remarks {
        let _ = writeln!(text, "note: the server: {}", printable(remark));
    }
    if exit != Exit::Expected {
        text += &server_output(&server.output);
    }
    text
}
