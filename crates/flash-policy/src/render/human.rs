//! Renders reports as text for people.

mod cases;
mod check;
mod diff;
mod errors;
mod explain;
mod folded;
mod live;

use flash_policy_core::printable::{printable, printable_lines};
use flash_policy_scenario::excerpt::Excerpt;

use super::Style;
use crate::report::{CommandResult, Diagnostic, Report};

pub(super) use cases::{case, mismatch, notes};
pub(super) use check::finding;
pub(crate) use check::fixes;
pub(crate) use errors::error;
pub(crate) use live::server_notes;
pub(super) use live::{attempt, conformance_check, server_output};

/// Renders the text for stdout. [`error`] renders each error, for stderr.
pub(super) fn human(report: &Report, style: &Style) -> String {
    match &report.result {
        CommandResult::Check(check) => check::check(check, style),
        CommandResult::Eval(eval) => cases::eval(eval, style),
        CommandResult::Test(test) => cases::test(test, report.errors.len(), style),
        CommandResult::Probe(probe) => live::live(&probe.live, &[], None, style),
        CommandResult::Run(run) => live::run(run, style),
        CommandResult::Diff(diff) => diff::diff(diff, style),
        CommandResult::Explain(explain) => explain::explain(explain, style),
    }
}

/// Makes a text safe to begin a line: it is one line, and no command to a CI system.
fn at_line_start(text: &str) -> String {
    printable_lines(&printable(text))
}

/// Renders a diagnostic of an answer in one line.
pub(super) fn diagnostic(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.line.zip(diagnostic.column);
    let at = place.map(|(line, column)| format!(" at {line}:{column}")).unwrap_or_default();
    let Diagnostic { id, severity, message, help, .. } = diagnostic;
    printable(format!("{} {id}{at}: {message}; help: {help}", severity.0))
}

/// Renders an excerpt, with its texts made safe to print.
fn excerpt(excerpt: Excerpt<'_>, style: &Style) -> String {
    let message = printable(excerpt.message);
    let help = excerpt.help.map(printable);
    let safe = Excerpt { message: &message, help: help.as_deref(), ..excerpt };
    let text = safe.render(style.colour);
    // The colours of the excerpt are control characters, so they must not be escaped. Everything
    // else is safe already.
    if style.colour { text } else { printable_lines(&text) }
}
