//! Renders values as JSON.

use flash_policy_core::printable::{COMMAND_MARKS, is_harmful};
use serde::Serialize;

/// Returns indented JSON with a line end.
pub(crate) fn json(value: &impl Serialize) -> String {
    escaped(serde_json::to_string_pretty(value).expect(NAMED))
}

/// Returns JSON on one line with a line end. Every other character that a reader may take for a
/// line end is escaped.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    escaped(serde_json::to_string(value).expect(NAMED))
}

const NAMED: &str = "what is reported has names for keys, and no map fails";

/// Escapes the control characters that JSON permits, and the marks of commands to CI systems. They
/// occur only within strings.
fn escaped(json: String) -> String {
    let json = COMMAND_MARKS
        .iter()
        .fold(json, |json, mark| json.replace(mark, &format!("\\u0023{}", &mark[1..])));
    // Most output has none, and it can be long. The only one in ASCII is U+007F.
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json + "\n";
    }
    let escape = |c: char| {
        if c != '\n' && (c.is_control() || is_harmful(c)) {
            format!("\\u{:04x}", u32::from(c))
        } else {
            c.to_string()
        }
    };
    json.chars().map(escape).collect::<String>() + "\n"
}
