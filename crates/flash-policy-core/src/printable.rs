//! Makes text safe to print: one line, without characters that a terminal interprets.

use std::fmt::Display;

/// Returns the character, or an escape sequence for a control character.
///
/// ```
/// use flash_policy_core::printable::visible;
///
/// assert_eq!(visible('a'), "a");
/// assert_eq!(visible('\n'), r"\n");
/// ```
pub fn visible(c: char) -> String {
    if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
}

/// Returns a name or a message as one line without control characters.
pub fn printable(text: impl Display) -> String {
    text.to_string().chars().map(visible).collect()
}

/// Returns at most `limit` characters of the text, made [`printable`]. An ellipsis marks a cut.
///
/// ```
/// use flash_policy_core::printable::printable_within;
///
/// assert_eq!(printable_within("a\tb", 80), r"a\tb");
/// assert_eq!(printable_within("abcdef", 3), "abc…");
/// ```
pub fn printable_within(text: &str, limit: usize) -> String {
    let cut = if text.chars().nth(limit).is_some() { "…" } else { "" };
    text.chars().take(limit).map(visible).chain([cut.to_owned()]).collect()
}

/// Returns a count and its noun, as in `1 rule` and `2 rules`.
///
/// ```
/// use flash_policy_core::printable::counted;
///
/// assert_eq!(counted(1, "byte"), "1 byte");
/// assert_eq!(counted(0, "byte"), "0 bytes");
/// ```
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
