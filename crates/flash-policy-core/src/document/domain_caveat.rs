//! Says why a valid domain may not name what its author means (rulebook D8).

use super::DomainPattern;
use super::punycode;
use crate::diagnostics::{Diagnostic, Severity, rules};

/// Returns the diagnostic of a pattern that is valid, but is compared with more than its author
/// may think.
pub(super) fn caveat(pattern: &DomainPattern) -> Option<Diagnostic> {
    let written = pattern.to_string();
    let name = written.strip_prefix("*.").unwrap_or(&written);
    let trimmed = written.trim();
    let caveat = |what: &str| rules::case_idn_trailing_dot(&written, what);
    if pattern.names_nobody() {
        let help = format!("write domain=\"{trimmed}\", without the blanks around it");
        let found = caveat("has blanks around it, which no host has");
        return Some(found.with_help(help).with_severity(Severity::Error));
    }
    if !written.is_ascii() {
        let found = caveat("is not ASCII");
        return Some(match punycode::host(&written) {
            Some(ascii) => found.with_help(format!(
                "write domain=\"{ascii}\", as the URL of the SWF does once it is encoded"
            )),
            None => found,
        });
    }
    if name.ends_with('.') && !name.is_empty() {
        return Some(caveat("ends with a dot"));
    }
    let word = written.to_ascii_lowercase();
    if EVERYBODY.contains(&&*word) {
        let help = "write domain=\"*\" if the SWFs of every site may connect";
        return Some(caveat("is the name of one host, not a word for all").with_help(help));
    }
    NOTHING.contains(&&*word).then(|| {
        let help = "find out why the program that writes the policy knows no host here";
        caveat("is the name of one host, not a word for none").with_help(help)
    })
}

const EVERYBODY: [&str; 7] = ["all", "any", "anybody", "anyone", "everybody", "everyone", "every"];

const NOTHING: [&str; 7] = ["null", "nil", "none", "undefined", "nan", "self", "this"];
