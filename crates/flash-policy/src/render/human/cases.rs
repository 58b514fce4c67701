//! Renders the cases of `test` and `eval` for people.

use std::fmt::Write;

use flash_policy_core::analysis::{Cell, Matrix};
use flash_policy_core::diagnostics::Severity;
use flash_policy_core::printable::{printable, printable_lines};
use flash_policy_core::source_text::ShownLine;
use flash_policy_scenario::excerpt::Excerpt;
use flash_policy_scenario::{DISAGREEMENT, Status, deciding_text};

use super::live::failing_answers;
use super::{at_line_start, excerpt};
use crate::render::Style;
use crate::report::{
    Case, CaseSummary, CoveredRule, ElementPlace, EvalResult, ListedCase, Mismatch, Note,
    TestResult, Verdict,
};

/// Renders the cases of each file, then the failures, then the counts.
pub(super) fn test(test: &TestResult, errors: usize, style: &Style) -> String {
    if let Some(listed) = &test.listed {
        let file = |one: &ListedCase| style.heading(&at_line_start(&one.file));
        let line = |one| format!("{}: {}\n", file(one), printable(&one.name));
        return listed.iter().map(line).collect();
    }
    if test.summary.files == Some(0) {
        // No file could be read, as the errors on stderr say.
        return String::new();
    }
    let mut text = overview(&test.cases, style);
    match &test.partition {
        Some(partition) if test.cases.is_empty() => {
            let _ = writeln!(text, "--partition {partition} leaves no case to this run");
        }
        _ => text += "\n",
    }
    text += &failures(&test.cases, style);
    text += &counts(&test.summary);
    match errors {
        0 => {}
        1 => text += ", 1 file not run",
        count => {
            let _ = write!(text, ", {count} files not run");
        }
    }
    text += "\n";
    match test.skipped_files.as_slice() {
        [] => {}
        [only] => {
            let _ = writeln!(text, "1 file skipped, which is no scenario: {}", printable(only));
        }
        many => {
            let shown: Vec<_> = many.iter().take(SHOWN_FILES).map(printable).collect();
            let more = if many.len() > SHOWN_FILES { ", …" } else { "" };
            let (count, shown) = (many.len(), shown.join(", "));
            let _ = writeln!(text, "{count} files skipped, which are no scenarios: {shown}{more}");
        }
    }
    text + &test.coverage.as_deref().map(coverage).unwrap_or_default()
}

/// The number of skipped files that are named. JSON has them all.
const SHOWN_FILES: usize = 5;

/// Renders a line for each case, below the name of its file.
pub(super) fn overview(cases: &[Case], style: &Style) -> String {
    let (mut text, mut file) = (String::new(), None);
    for case in cases {
        if case.file != file {
            file.clone_from(&case.file);
            let _ = writeln!(text, "{}", at_line_start(file.as_deref().unwrap_or_default()));
        }
        let name = printable(&case.name);
        let _ = match (case.status.0, &case.skipped) {
            (Status::Skipped, reason) => {
                let reason = printable(reason.as_deref().unwrap_or_default());
                writeln!(text, "  {} {name}: {reason}", style.note("skip"))
            }
            (Status::Passed, _) => {
                let line = writeln!(text, "  {} {name}", style.good("ok  "));
                text += &notes(&case.notes, "       ", style);
                line
            }
            _ => writeln!(text, "  {} {name}", style.bad("FAIL")),
        };
    }
    text
}

/// Renders the block of each case that failed.
pub(super) fn failures(cases: &[Case], style: &Style) -> String {
    let mut text = String::new();
    for failed in cases.iter().filter(|case| !case.passed && !case.is_skipped()) {
        let place = failed.position().map(|at| format!(":{at}")).unwrap_or_default();
        let file = at_line_start(failed.file.as_deref().unwrap_or_default());
        let name = printable(&failed.name);
        let block = case(failed, style);
        let _ = writeln!(text, "{file}{place}: {name}\n{}\n", block.trim_end());
    }
    text
}

pub(super) fn counts(summary: &CaseSummary) -> String {
    let mut text = format!("{} passed, {} failed", summary.passed, summary.failed);
    if summary.skipped > 0 {
        let _ = write!(text, ", {} skipped", summary.skipped);
    }
    match summary.crashes {
        0 => {}
        1 => text += ", and the server crashed",
        crashes => {
            let _ = write!(text, ", and the server crashed {crashes} times");
        }
    }
    text
}

fn coverage(coverage: &[CoveredRule]) -> String {
    let bare: Vec<_> = coverage.iter().filter(|rule| !rule.exercised).collect();
    let exercised = coverage.len() - bare.len();
    let mut text = format!("\n{exercised} of {} policy rules exercised\n", coverage.len());
    for CoveredRule { file, line, column, element, .. } in bare {
        let (file, element) = (at_line_start(file), printable(element));
        let _ = writeln!(text, "  {file}:{line}:{column}: no case needs {element}");
    }
    text
}

/// Renders one case in full: expected and actual verdict, the diagnosis, and the element that
/// decided.
pub(in crate::render) fn case(case: &Case, style: &Style) -> String {
    let mut text = expectation(case);
    text += &printable_lines(&case.details);
    if !case.differences.is_empty() {
        let _ = writeln!(text, "{DISAGREEMENT}");
    }
    for difference in &case.differences {
        let fact = printable(&difference.fact);
        let (evaluated, real) = (printable(&difference.evaluated), printable(&difference.real));
        let _ = writeln!(text, "  differs  {fact}");
        let _ = writeln!(text, "  without a network: {evaluated}\n  over real sockets: {real}");
    }
    text += &notes(&case.notes, "", style);
    for reason in case.skipped.iter().chain(&case.error) {
        let _ = writeln!(text, "{}", at_line_start(reason));
    }
    if let (Some(got), Some(place)) = (&case.got, &case.decided_by) {
        let _ = writeln!(text, "\n{}", element(got, place, style));
    }
    text
}

/// Renders a line for each remark on a case. The advice of an info is the same for every case, so
/// only the other formats have it.
pub(in crate::render) fn notes(notes: &[Note], indent: &str, style: &Style) -> String {
    let mut text = String::new();
    for Note { severity, message, help, .. } in notes {
        let message = printable(message);
        let _ = match (severity.0, help) {
            (Severity::Info, _) => writeln!(text, "{indent}{} {message}", style.note("note:")),
            (worse, help) => {
                let help = help.as_ref().map(|help| format!("; help: {}", printable(help)));
                let word = style.note(&format!("{worse}:"));
                writeln!(text, "{indent}{word} {message}{}", help.unwrap_or_default())
            }
        };
    }
    text
}

/// Renders the expected and the actual verdict; nothing if nothing was expected.
fn expectation(case: &Case) -> String {
    let (Some(expected), Some(got)) = (&case.expected, &case.got) else {
        return String::new();
    };
    let because = expected.cause.map(|cause| format!(": {}", cause.0)).unwrap_or_default();
    let mut text = format!("expected {}{because}\n", expected.expect.0);
    let _ = writeln!(text, "     got {}: {}", got.outcome.0, got.cause.0);
    for wrong in case.mismatches.iter().filter(|mismatch| !mismatch.is_verdict) {
        let _ = writeln!(text, "  wrong    {}", printable(mismatch(wrong)));
    }
    text
}

/// Renders a mismatch in one line.
pub(in crate::render) fn mismatch(mismatch: &Mismatch) -> String {
    let Mismatch { what, expected, got, .. } = mismatch;
    let none = || "no such cell".to_owned();
    let (expected, got) = (expected.clone().unwrap_or_else(none), got.clone().unwrap_or_else(none));
    format!("{what}: expected {expected}, got {got}")
}

fn element(got: &Verdict, place: &ElementPlace, style: &Style) -> String {
    let shown = Excerpt {
        severity: Severity::Info,
        id: None,
        message: deciding_text(got.outcome.0),
        help: None,
        path: &place.file,
        line: Some(ShownLine::from(&place.source)),
    };
    excerpt(shown, style)
}

/// Renders one combination with its explanation, and several as a table.
pub(super) fn eval(eval: &EvalResult, style: &Style) -> String {
    let is_permitted = eval.cases.iter().all(|case| case.passed);
    let findings = failing_answers(&eval.answer_findings, is_permitted, style);
    let findings = findings.map(|lines| format!("\n{lines}")).unwrap_or_default();
    combinations(eval, style) + &findings
}

fn combinations(eval: &EvalResult, style: &Style) -> String {
    match eval.cases.as_slice() {
        [] => String::new(),
        [only] => case(only, style),
        many => {
            let permitted = many.iter().filter(|case| case.passed).count();
            format!("{}\n{permitted} of {} permitted\n", table(many), many.len())
        }
    }
}

fn table(cases: &[Case]) -> String {
    let decided: Vec<_> = cases.iter().filter_map(|case| case.got.as_ref()).collect();
    let first = decided.first().map(|got| got.swf.as_str());
    let columns: Vec<_> = decided
        .iter()
        .take_while(|got| Some(got.swf.as_str()) == first)
        .map(|got| printable(&got.connect))
        .collect();
    let rows: Vec<_> =
        decided.iter().step_by(columns.len().max(1)).map(|got| printable(&got.swf)).collect();
    let mut cells = decided.iter();
    Matrix::of(&rows, &columns, |_, _| {
        let got = cells.next().expect("each combination has its case");
        Cell::new(got.cause.0, None)
    })
    .to_string()
}
