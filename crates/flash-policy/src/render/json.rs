//! JSON: the report as it is.

use flash_policy_core::printable::is_harmful;
use serde::Serialize;

/// Returns JSON that people can read, with a line end behind it.
pub(crate) fn json(value: &impl Serialize) -> String {
    escaped(serde_json::to_string_pretty(value).expect(NAMED))
}

/// Returns JSON on one line, whatever a reader takes for the end of a line, with a line end behind it.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    escaped(serde_json::to_string(value).expect(NAMED))
}

const NAMED: &str = "what is reported has names for keys, and no map fails";

/// JSON permits some control characters, and only within strings.
fn escaped(json: String) -> String {
    // Most of it, which can be long, has none: of ASCII, only this one is permitted.
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
