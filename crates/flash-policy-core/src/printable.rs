//! Makes text safe to print: one line, without characters that a terminal interprets.

use std::fmt::Display;

/// Returns the character, or an escape sequence where printing it could do harm: control characters
/// (C0, DEL, C1), controls of the writing direction, and what some readers take for the end of a
/// line or of a text.
///
/// ```
/// use flash_policy_core::printable::visible;
///
/// assert_eq!(visible('a'), "a");
/// assert_eq!(visible('\n'), r"\n");
/// assert_eq!(visible('\u{9b}'), r"\u{9b}");
/// assert_eq!(visible('\u{202e}'), r"\u{202e}");
/// ```
pub fn visible(c: char) -> String {
    if c.is_control() {
        c.escape_default().to_string()
    } else if is_harmful(c) {
        c.escape_unicode().to_string()
    } else {
        c.to_string()
    }
}

/// Returns whether a character that is no control character may still do harm: it changes the
/// writing direction, ends a line for some readers, or is forbidden in XML.
pub fn is_harmful(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// Returns a name or a message as one line, without control characters and without the marks of
/// commands that a CI system may obey anywhere in a line: `##[` (GitHub Actions), `##vso[` (Azure
/// Pipelines) and `##teamcity[` (TeamCity).
///
/// ```
/// use flash_policy_core::printable::printable;
///
/// assert_eq!(printable("a\nb"), r"a\nb");
/// assert_eq!(printable("a ##[error]b"), r"a \u{23}#[error]b");
/// ```
pub fn printable(text: impl Display) -> String {
    without_command_marks(&text.to_string().chars().map(visible).collect::<String>())
}

/// Escapes the marks of commands that may stand anywhere in a line.
pub fn without_command_marks(line: &str) -> String {
    COMMAND_MARKS
        .iter()
        .fold(line.to_owned(), |line, mark| line.replace(mark, &format!("\\u{{23}}{}", &mark[1..])))
}

/// The marks of commands that a CI system obeys anywhere in a line. The first character of each is
/// `#`.
pub const COMMAND_MARKS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

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
    let kept: String = text.chars().take(limit).map(visible).collect();
    without_command_marks(&kept) + cut
}

/// Returns several lines that are safe to print: each is [`printable`] but for its tabs, and none
/// is a command to a CI system.
///
/// GitHub Actions obeys lines that begin with `::`, after blanks too. The first character of such a
/// beginning is escaped.
///
/// ```
/// use flash_policy_core::printable::printable_lines;
///
/// assert_eq!(printable_lines("ok\n  ::error::no\r\n"), "ok\n  \\u{3a}:error::no\n");
/// ```
pub fn printable_lines(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let (body, end) = match line.strip_suffix('\n') {
            Some(body) => (body.strip_suffix('\r').unwrap_or(body), "\n"),
            None => (line, ""),
        };
        let body: String =
            body.chars().map(|c| if c == '\t' { c.to_string() } else { visible(c) }).collect();
        without_command(&without_command_marks(&body)) + end
    });
    lines.collect()
}

/// Escapes the beginning of a line that a CI system would take for a command.
fn without_command(line: &str) -> String {
    let body = line.trim_start();
    if !body.starts_with("::") {
        return line.to_owned();
    }
    let (blanks, body) = line.split_at(line.len() - body.len());
    let mut rest = body.chars();
    let first = rest.next().map_or(String::new(), |first| first.escape_unicode().to_string());
    format!("{blanks}{first}{}", rest.as_str())
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
