//! Recognises what is left of a programming language's source code in a document.

/// The help for escape sequences.
pub(super) const ESCAPE_HELP: &str =
    "send the characters themselves, not the escape sequences of source code that stand for them";

/// Returns the escape sequence that begins the text, or follows a `<` there: `\"`, `\n`, `\/`.
pub(super) fn escape_in(text: &str) -> Option<String> {
    let escape = text.strip_prefix('<').unwrap_or(text).strip_prefix('\\')?;
    let escaped = escape.trim_start_matches('\\').chars().next()?;
    "\"'/nrtu0x".contains(escaped).then(|| format!("\\{escaped}"))
}

/// Returns the help for a text that is left of source code, or `None` for any other text.
pub(super) fn help(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if ["b'", "b\"", "B'", "B\"", "rb'", "br'"].contains(&text) {
        return Some("send the bytes themselves: this is how Python writes bytes as text");
    }
    if is_escapes(text) {
        return Some(ESCAPE_HELP);
    }
    let is_sign = |c: char| "\"'`+;.,&()\\".contains(c) || c.is_whitespace();
    let is_joint = text.contains(['"', '\'', '`', '+', ';']) && text.chars().all(is_sign);
    let begins_a_string = text.ends_with(['"', '\'', '`']) && text.contains(['=', '(', ':'])
        || text.ends_with("<<<")
        || text.ends_with("\"\"\"");
    (is_joint || begins_a_string)
        .then_some("send the document alone, without the quotation marks and signs of source code")
}

/// Returns true if the text is nothing but escape sequences of blanks and quotation marks.
pub(super) fn is_escapes(text: &str) -> bool {
    let mut rest = text.trim();
    let mut found = false;
    while let Some(escape) = rest.strip_prefix('\\') {
        let Some(after) = escape.strip_prefix(['n', 'r', 't', '"', '\'', '/']) else {
            return false;
        };
        found = true;
        rest = after.trim_start();
    }
    found && rest.is_empty()
}
