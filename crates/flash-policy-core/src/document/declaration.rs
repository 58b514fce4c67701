//! The XML declaration that is misspelt, and what is wrong with it.

use super::decode::excerpt;
use crate::diagnostics::{Diagnostic, Severity, rules};

/// The declaration as it should be.
pub(super) const DECLARATION: &str = "<?xml version=\"1.0\"?>";

/// Returns true if a text begins with an XML declaration, or with something that was meant as one.
pub(super) fn is_meant(text: &str) -> bool {
    let inner = text.trim_start_matches(['<', '?', '!', '%', ' ', '\t', '\r', '\n', '\\']);
    let word: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect();
    let is_marked = inner.len() < text.len();
    let lower = word.to_ascii_lowercase();
    if lower == "xml" {
        // `<xml>` alone may be an element, and `<?xml-stylesheet?>` is another instruction.
        let rest = &inner[3..];
        return rest.trim_start().to_ascii_lowercase().starts_with("version")
            || rest.trim_start().to_ascii_lowercase().starts_with("encoding")
            || (text.starts_with("<?") && !rest.starts_with('-'));
    }
    let is_joined = lower.starts_with("xmlversion") || lower.starts_with("xmlencoding");
    let is_typo = ["xlm", "xm", "xmll", "mxl", "xnl", "sml"].contains(&lower.as_str())
        && inner[word.len()..].contains("version");
    is_marked && (is_joined || is_typo)
}

/// Says what is wrong with a declaration that is misspelt.
pub(super) fn fault(text: &str) -> String {
    let end = text.find('>').map_or(text.len(), |end| end + 1);
    let written = &text[..end];
    let why = if !written.starts_with("<?xml") {
        format!("does not begin with <?xml: {}", excerpt(written))
    } else if !written.ends_with("?>") {
        "does not end with ?>".to_owned()
    } else if written[2..written.len() - 2].contains('?') {
        "has a ? before its end".to_owned()
    } else if !is_quoted(written) {
        "has a value without straight quotation marks around it".to_owned()
    } else if !written[5..].trim_start().starts_with("version") {
        "does not begin with the version".to_owned()
    } else {
        "is not well-formed".to_owned()
    };
    format!("the XML declaration {why}")
}

/// Returns the warning of a declaration with a value that XML forbids. How a player takes such a
/// value is not known.
pub(super) fn forbidden_value(text: &str) -> Option<Diagnostic> {
    let is_version = |value: &str| {
        let minor = value.strip_prefix("1.").unwrap_or_default();
        !minor.is_empty() && minor.bytes().all(|digit| digit.is_ascii_digit())
    };
    let is_answer = |value: &str| ["yes", "no"].contains(&value);
    let bad_version = value_of(text, "version").filter(|value| !is_version(value));
    let bad_answer = value_of(text, "standalone").filter(|value| !is_answer(value));
    let (name, value) = bad_version
        .map(|value| ("version", value))
        .or(bad_answer.map(|value| ("standalone", value)))?;
    let what = format!("the XML declaration has {name}=\"{}\"", excerpt(value));
    let diagnostic = rules::missing_close_tag_typo(what).with_help(help());
    Some(diagnostic.with_severity(Severity::Warning))
}

/// Returns the warning of a declaration of an encoding that the document does not have.
pub(super) fn foreign_encoding(text: &str) -> Option<Diagnostic> {
    let encoding = value_of(text, "encoding")?;
    let lower = encoding.to_ascii_lowercase();
    let is_wide = ["utf-16", "utf16", "utf-32", "utf32", "ucs-2", "iso-10646-ucs"]
        .iter()
        .any(|wide| lower.starts_with(wide));
    is_wide.then(|| {
        let what = format!("the XML declaration says {encoding}, and the bytes are not");
        let help = "write encoding=\"utf-8\", or leave the encoding out";
        rules::missing_close_tag_typo(what).with_help(help).with_severity(Severity::Warning)
    })
}

/// Returns the quoted value of a name in a declaration.
fn value_of<'a>(declaration: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = declaration.split_once(name)?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let mark = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
    rest[1..].split_once(mark).map(|(value, _)| value)
}

/// Returns the help for a declaration that is misspelt.
pub(super) fn help() -> String {
    format!("write the XML declaration as {DECLARATION} at the very beginning, or leave it out")
}

/// Returns true if every value of a declaration stands between straight quotation marks.
fn is_quoted(declaration: &str) -> bool {
    let marks = declaration.matches(['"', '\'']).count();
    let values = declaration.split('=').skip(1);
    marks % 2 == 0 && values.into_iter().all(|value| value.trim_start().starts_with(['"', '\'']))
}
