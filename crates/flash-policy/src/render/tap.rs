//! TAP, version 13, for Perl's readers know no other: a line for each entry, and a YAML block below what was found.

use std::fmt::Write;

use flash_policy_core::diagnostics::Severity;

use super::{block, line};
use crate::report::{Done, Entry, State};

pub(crate) fn tap(done: &Done) -> String {
    let mut lines = "TAP version 13\n".to_owned();
    match done.entries.len() {
        0 => lines += "1..0 # SKIP nothing to report\n",
        count => {
            let _ = writeln!(lines, "1..{count}");
        }
    }
    for (number, entry) in (1..).zip(&done.entries) {
        lines += &test_point(number, entry);
    }
    lines
}

fn test_point(number: usize, entry: &Entry) -> String {
    let name = escaped(&format!("{}: {}", entry.file, entry.name));
    match &entry.state {
        State::Passed => format!("ok {number} - {name}\n"),
        State::Found { severity, fails: true } => {
            format!("not ok {number} - {name}\n{}", diagnostic(entry, *severity))
        }
        State::NotRun => {
            format!("not ok {number} - {name}\n{}", diagnostic(entry, Severity::Error))
        }
        State::Found { severity, fails: false } => {
            format!("ok {number} - {name}\n{}", diagnostic(entry, *severity))
        }
        State::Skipped => format!("ok {number} - {name} # SKIP {}\n", escaped(&entry.message)),
        State::Suppressed { reason, .. } => {
            format!("ok {number} - {name} # SKIP {}\n", escaped(reason))
        }
    }
}

// Without this, a name could skip its own test.
fn escaped(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn diagnostic(entry: &Entry, severity: Severity) -> String {
    let mut yaml =
        format!("  ---\n  message: {}\n  severity: {severity}\n", quoted(&entry.message));
    let _ = writeln!(yaml, "  id: {}\n  file: {}", quoted(&entry.id), quoted(&entry.file));
    if let Some(place) = entry.place {
        let _ = writeln!(yaml, "  line: {}\n  column: {}", place.line, place.column);
    }
    yaml + &literal("detail", &block(&entry.detail)) + "  ...\n"
}

/// YAML reads JSON's strings.
fn quoted(text: &str) -> String {
    serde_json::Value::from(line(text)).to_string()
}

fn literal(key: &str, text: &str) -> String {
    // The first line tells YAML how deep the text is indented: it must not begin with blanks of its own.
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    // Empty lines are indented too, for Perl's reader.
    text.lines().fold(format!("  {key}: |\n"), |yaml, line| yaml + "    " + line + "\n")
}
