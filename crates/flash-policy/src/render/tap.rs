//! Renders TAP 13: a line for each entry, and a YAML block for each finding. Perl's readers support
//! no later version.

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
        State::Passed => {
            // One block is enough: the text of the first note has them all.
            let block = entry.notes.first().map(|note| yaml_block(note, note.state.severity()));
            format!("ok {number} - {name}\n{}", block.unwrap_or_default())
        }
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

/// Escapes a name, which could otherwise contain a directive such as `# SKIP`.
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

/// Quotes a string as JSON does, which YAML can read.
fn quoted(text: &str) -> String {
    serde_json::Value::from(printable(text)).to_string()
}

fn literal(key: &str, text: &str) -> String {
    // YAML takes the indentation from the first line, so that line must not begin with blanks.
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    // Perl's reader needs empty lines to be indented, too.
    text.lines().fold(format!("  {key}: |\n"), |yaml, line| yaml + "    " + line + "\n")
}
