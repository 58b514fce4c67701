//! Workflow commands, from which GitHub makes annotations beside the lines of a change.

use std::fmt::Write;

use flash_policy_core::diagnostics::{Severity, rules};

use super::{block, is_path, level, line, names_itself, path};
use crate::report::{Done, Entry, State};

pub(crate) fn github(done: &Done) -> String {
    let mut commands = String::new();
    for entry in &done.entries {
        match entry.state {
            State::Found { severity, .. } => commands += &command(entry, severity),
            State::NotRun => commands += &command(entry, Severity::Error),
            State::Passed | State::Skipped | State::Suppressed { .. } => {}
        }
    }
    commands
}

fn command(entry: &Entry, severity: Severity) -> String {
    let mut properties = String::new();
    if is_path(entry) {
        let _ = write!(properties, "file={},", property(path(entry)));
        if let Some(place) = entry.place {
            let _ = write!(properties, "line={},col={},", place.line, place.column);
        }
    }
    let (title, message) = match rules::find(&entry.id) {
        Some(rule) => (rule.to_string(), line(&entry.message)),
        None if names_itself(entry) => (entry.id.clone(), line(&entry.message)),
        // What was expected and what came instead does not fit into one line.
        None => (entry.name.clone(), whole(line(&entry.message), block(&entry.detail))),
    };
    let _ = write!(properties, "title={}", property(&title));
    format!("::{} {properties}::{}\n", level(severity, "notice"), data(message.trim_end()))
}

fn whole(message: String, detail: String) -> String {
    if detail.contains(&message) { detail } else { message + "\n" + &detail }
}

// Just what `@actions/core` escapes, for the runner undoes no more than that.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&line(text)).replace(':', "%3A").replace(',', "%2C")
}
