//! TAP, version 13, for Perl's readers know no other: a line for each entry, and a YAML block below
//! what was found.

use std::fmt::Write;

use flash_policy_core::diagnostics::Severity;
use flash_policy_core::printable::{printable, printable_lines};

use super::entry::{Entry, State, entries};
use crate::report::Report;

pub(super) fn tap(report: &Report) -> String {
    let entries = entries(report);
    let mut lines = "TAP version 13\n".to_owned();
    match entries.len() {
        0 => lines += "1..0 # SKIP nothing to report\n",
        count => {
            let _ = writeln!(lines, "1..{count}");
        }
    }
    for (number, entry) in (1..).zip(&entries) {
        lines += &test_point(number, entry);
    }
    lines
}

fn test_point(number: usize, entry: &Entry) -> String {
    let name = escaped(&format!("{}: {}", entry.place.name(), entry.name));
    match &entry.state {
        State::Passed => format!("ok {number} - {name}\n"),
        State::Found { severity, fails } => {
            let not = if *fails { "not " } else { "" };
            format!("{not}ok {number} - {name}\n{}", yaml_block(entry, *severity))
        }
        State::NotRun => {
            format!("not ok {number} - {name}\n{}", yaml_block(entry, Severity::Error))
        }
        State::Skipped => format!("ok {number} - {name} # SKIP {}\n", escaped(&entry.message)),
        State::Suppressed { reason, .. } => {
            format!("ok {number} - {name} # SKIP {}\n", escaped(reason))
        }
    }
}

/// Without this, a name could skip its own test.
fn escaped(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn yaml_block(entry: &Entry, severity: Severity) -> String {
    let mut yaml =
        format!("  ---\n  message: {}\n  severity: {severity}\n", quoted(&entry.sentence()));
    let _ = writeln!(
        yaml,
        "  id: {}\n  file: {}",
        quoted(entry.subject.id()),
        quoted(entry.place.name())
    );
    if let Some(position) = entry.place.position() {
        let _ = writeln!(yaml, "  line: {}\n  column: {}", position.line, position.column);
    }
    yaml + &literal("detail", &printable_lines(&entry.detail)) + "  ...\n"
}

/// YAML reads JSON's strings.
fn quoted(text: &str) -> String {
    serde_json::Value::from(printable(text)).to_string()
}

fn literal(key: &str, text: &str) -> String {
    // The first line tells YAML how deep the text is indented: it must not begin with blanks of its
    // own.
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    // Empty lines are indented too, for Perl's reader.
    text.lines().fold(format!("  {key}: |\n"), |yaml, line| yaml + "    " + line + "\n")
}
