//! What a subcommand came to, as text for other programs. Pure: results in, text out.
//!
//! Whatever a document, a file name or a reason holds, the text stays parseable, and holds no control character but
//! the ends of its lines: nothing in it can steer a terminal, and nothing is lost where colours are stripped.

mod github;
mod junit;
mod sarif;
mod tap;

use anstream::adapter::strip_str;
use flash_policy_core::diagnostics::Severity;
use serde::Serialize;

use crate::report::Entry;

pub(crate) use github::github;
pub(crate) use junit::junit;
pub(crate) use sarif::sarif;
pub(crate) use tap::tap;

/// How `input` calls what it read from there.
const STDIN: &str = "<stdin>";

/// As JSON that people read, with a newline behind it.
pub(crate) fn json(value: &impl Serialize) -> String {
    escaped(serde_json::to_string_pretty(value).expect(NAMED))
}

/// As JSON on one line, whatever a reader takes for the end of a line, with a newline behind it.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    escaped(serde_json::to_string(value).expect(NAMED))
}

const NAMED: &str = "what is reported has names for keys, and no map fails";

fn escaped(json: String) -> String {
    // JSON permits some control characters, and only within strings; of ASCII, this one. Most of it, which can be long,
    // has none.
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json + "\n";
    }
    let escape = |c: char| {
        if c != '\n' && is_odd(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }
    };
    json.chars().map(escape).collect::<String>() + "\n"
}

/// Colours are gone, and of the control characters only the ends of lines and tabs are left: the others are shown.
fn block(text: &str) -> String {
    let plain = strip_str(text).to_string().replace("\r\n", "\n");
    plain
        .chars()
        .map(|c| if matches!(c, '\n' | '\t') { c.to_string() } else { visible(c) })
        .collect()
}

/// Text that is not in colour, with every control character shown: one line.
fn line(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(c: char) -> String {
    if is_odd(c) { c.escape_default().to_string() } else { c.to_string() }
}

/// Control characters, and what XML or YAML forbids or takes for the end of a line.
fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether the message begins with the name, as that of a change does: then it needs none before it.
fn names_itself(entry: &Entry) -> bool {
    entry.message.starts_with(&entry.name)
}

/// Whether what was examined is a file, not standard input or the URL of a server.
fn is_path(entry: &Entry) -> bool {
    entry.file != STDIN && !entry.file.starts_with("xmlsocket://")
}

/// The path as forges match it with those of a repository.
fn path(entry: &Entry) -> &str {
    entry.file.strip_prefix("./").unwrap_or(&entry.file)
}

/// What GitHub and SARIF have in common: they say `error`, `warning`, and another word for the rest.
fn level(severity: Severity, lowest: &'static str) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => lowest,
    }
}
