//! Renders workflow commands, which GitHub shows as annotations beside the lines of a change.

use std::fmt::Write;

use flash_policy_core::diagnostics::Severity;
use flash_policy_core::printable::{printable, printable_lines};

use super::entry::{Entry, Place, State, entries_and_notes};
use crate::report::Report;

pub(super) fn github(report: &Report) -> String {
    let mut commands = String::new();
    for entry in entries_and_notes(report) {
        match entry.state {
            State::Found { severity, .. } => commands += &command(&entry, severity),
            State::NotRun => commands += &command(&entry, Severity::Error),
            State::Passed | State::Skipped | State::Suppressed { .. } => {}
        }
    }
    commands
}

fn command(entry: &Entry, severity: Severity) -> String {
    let mut properties = String::new();
    if let Place::File { path, position } = &entry.place {
        let _ = write!(properties, "file={},", property(super::repository_path(path)));
        if let Some(position) = position {
            let _ = write!(properties, "line={},col={},", position.line, position.column);
        }
    }
    let _ = write!(properties, "title={}", property(&entry.title));
    format!("::{} {properties}::{}\n", level(severity), data(message(entry).trim_end()))
}

/// Returns the message in one line, followed by the full text if one line is not enough.
fn message(entry: &Entry) -> String {
    let sentence = printable(entry.sentence());
    if entry.needs_its_block {
        format!("{sentence}\n{}", printable_lines(&entry.detail))
    } else {
        sentence
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

/// Escapes the same characters as `@actions/core`. The runner unescapes no others.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}
