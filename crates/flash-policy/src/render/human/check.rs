//! Renders `check` for people.

use std::fmt::Write;

use flash_policy_core::diagnostics::rules;
use flash_policy_core::document::PolicyKind;
use flash_policy_core::printable::{counted, printable, printable_lines, without_command_marks};
use flash_policy_core::source_text::ShownLine;
use flash_policy_scenario::excerpt::Excerpt;

use super::excerpt;
use crate::render::Style;
use crate::report::{
    CheckResult, Finding, FixedFinding, Fixes, PolicyPair, SkippedFiles, SuppressedFinding,
    Suppressor,
};

pub(super) fn check(check: &CheckResult, style: &Style) -> String {
    let mut text = String::new();
    if let Some(made) = &check.fixes {
        text += &patch(&made.patch, style);
        text += &fixes(made);
    }
    if check.documents.is_empty() {
        // The errors on stderr say why.
        return text + &skipped(check);
    }
    for found in &check.findings {
        let _ = writeln!(text, "{}\n", finding(found, style));
    }
    let by_baseline = |hidden: &&SuppressedFinding| hidden.suppressed_by == Suppressor::Baseline;
    for hidden in check.suppressed.iter().filter(|hidden| !by_baseline(hidden)) {
        let finding = &hidden.finding;
        let position = finding.position().map(|at| format!(" at {at}")).unwrap_or_default();
        let (file, reason) = (printable(&finding.file), printable(&hidden.reason));
        let (rule, name) = (finding.rule, finding.name);
        let _ = writeln!(text, "suppressed: {rule} {name}{position} in {file}: {reason}");
    }
    text += &check.pair.as_ref().map(pair).unwrap_or_default();
    text += &suppressed_by_baseline(check.suppressed.iter().filter(by_baseline).count());
    text + &summary(check)
}

/// Renders the differences between a master policy and an in-band policy.
fn pair(pair: &PolicyPair) -> String {
    let line =
        |file: &str, rule: &String| format!("only in {}: {}\n", printable(file), printable(rule));
    let master = pair.only_in_master.iter().map(|rule| line(&pair.master, rule));
    let in_band = pair.only_in_band.iter().map(|rule| line(&pair.in_band, rule));
    master.chain(in_band).collect()
}

/// Renders the number of findings that the baseline suppresses: the others are to be seen.
pub(super) fn suppressed_by_baseline(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!("{} suppressed by the baseline\n", counted(count, "finding")),
    }
}

/// Renders one finding with its line.
pub(in crate::render) fn finding(finding: &Finding, style: &Style) -> String {
    let shown = Excerpt {
        severity: finding.severity.0,
        id: Some(finding.rule),
        message: &finding.message,
        help: Some(&finding.help),
        path: &finding.file,
        line: finding.source.as_ref().map(ShownLine::from),
    };
    excerpt(shown, style)
}

/// Renders a line for each fix, and for each change in meaning.
pub(crate) fn fixes(fixes: &Fixes) -> String {
    let done = if fixes.written { "fixed" } else { "would fix" };
    let mut text = String::new();
    for FixedFinding { rule, file, line, column, revives, caution } in &fixes.fixed {
        let place = line.zip(*column).map(|(line, column)| format!(":{line}:{column}"));
        let _ = writeln!(text, "{done} {rule} in {}{}", printable(file), place.unwrap_or_default());
        if let Some(revived) = revives {
            let _ = writeln!(text, "  revives: {}", printable(revived));
        }
        if let Some(caution) = caution {
            let _ = writeln!(text, "  caution: {caution}");
        }
    }
    for change in &fixes.changes {
        let _ = writeln!(text, "this changes what the policy grants: {}", printable(change));
    }
    if !fixes.fixed.is_empty() {
        text += "\n";
    }
    text
}

/// Colours a patch. Its lines are printable already, and their ends belong to it. CI systems obey
/// commands behind the blank of an unchanged line, too.
fn patch(patch: &str, style: &Style) -> String {
    let paint = |line: &str| {
        let body = line.trim_end_matches(['\r', '\n']);
        let end = &line[body.len()..];
        let shown = match body.chars().next() {
            Some('+') => style.good(&without_command_marks(body)),
            Some('-') => style.bad(&without_command_marks(body)),
            _ => printable_lines(body),
        };
        shown + end
    };
    patch.split_inclusive('\n').map(paint).collect()
}

fn summary(check: &CheckResult) -> String {
    let counts = &check.summary;
    let counted = [
        counted(counts.errors, "error"),
        counted(counts.warnings, "warning"),
        counted(counts.infos, "info"),
    ];
    let mut text = format!("{} examined: {}", policies(check), counted.join(", "));
    if counts.suppressed > 0 {
        let _ = write!(text, ", {} suppressed", counts.suppressed);
    }
    text += "\n";
    text += &skipped(check);
    // The first of the worst findings. That nothing is granted follows from another one.
    let weight = |finding: &&Finding| {
        let is_consequence = finding.rule == rules::EMPTY_POLICY_DENY.id();
        (finding.severity.0, !is_consequence)
    };
    let worst = check.findings.iter().rev().max_by_key(weight);
    if let Some(worst) = worst {
        let _ = writeln!(text, "flash-policy explain {} says more", worst.rule);
    }
    text
}

/// Renders the files that were not examined: one line each if they are listed, and their count.
fn skipped(check: &CheckResult) -> String {
    let mut text = String::new();
    for skipped in &check.skipped {
        for file in &skipped.files {
            let _ = writeln!(text, "skipped: {}: {}", printable(file), skipped.reason.0.words());
        }
    }
    let total = check.summary.skipped;
    if total == 0 {
        return text;
    }
    let by_reason = |skipped: &SkippedFiles| match check.skipped.as_slice() {
        [_] => skipped.reason.0.words().to_owned(),
        _ => format!("{} {}", skipped.count, skipped.reason.0.words()),
    };
    let reasons: Vec<_> = check.skipped.iter().map(by_reason).collect();
    let is_listed = check.skipped.iter().any(|skipped| !skipped.files.is_empty());
    let more = if is_listed { "" } else { " (--list-skipped lists them)" };
    let _ = writeln!(text, "{} skipped: {}{more}", counted(total, "file"), reasons.join(", "));
    text
}

fn policies(check: &CheckResult) -> String {
    let all = check.documents.len();
    let is_url = |kind: PolicyKind| kind == PolicyKind::Url;
    let urls = check.documents.iter().filter(|document| is_url(document.kind.0)).count();
    match (all, urls) {
        (1, 0) => "1 socket policy".to_owned(),
        (1, _) => "1 HTTP policy".to_owned(),
        (_, 0) => format!("{all} socket policies"),
        _ if urls == all => format!("{all} HTTP policies"),
        _ => format!("{all} policies ({} for sockets, {urls} for HTTP)", all - urls),
    }
}
