//! Turns bytes into characters: finds the end and the encoding of the document. Does not parse XML.

use std::borrow::Cow;

use crate::diagnostics::{Diagnostic, rules};
use crate::source_text::{LineIndex, Position, START};

/// The most bytes of a policy, not counting its NUL: 64 KiB (rulebook W10). Longer documents are
/// rejected.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// Returns a document as text for a person to read. Bytes that cannot be decoded become replacement
/// characters.
pub fn readable(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    characters(bytes, bytes.len())
        .map_or_else(|_| String::from_utf8_lossy(bytes).into_owned(), Cow::into_owned)
}

/// The characters of a document, and the index of its lines.
pub(super) struct Source<'a> {
    text: Cow<'a, str>,
    lines: LineIndex,
    body: usize,
}

impl<'a> Source<'a> {
    /// Cuts the bytes at the first NUL and decodes them. Adds diagnostics to `found`.
    pub(super) fn decode(bytes: &'a [u8], found: &mut Vec<Diagnostic>) -> Result<Self, Diagnostic> {
        if let Some(foreign) = foreign(bytes) {
            return Err(foreign.at(START));
        }
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        let document = &bytes[..end];
        if document.len() > MAX_POLICY_BYTES {
            return Err(rules::document_over_limit(format!("{MAX_POLICY_BYTES} bytes")));
        }
        let without_mark = document.strip_prefix(b"\xef\xbb\xbf");
        if without_mark.is_some() {
            found.push(rules::utf8_bom().at(START));
        }
        let source = Source::of(characters(without_mark.unwrap_or(document), document.len())?);
        if bytes[end..].iter().any(|b| *b != 0) {
            found.push(rules::nul_inside(end).at(source.end()));
        }
        found.extend(source.leading_blanks());
        Ok(source)
    }

    fn of(text: Cow<'a, str>) -> Self {
        let lines = LineIndex::of(&text);
        let body = text.len() - text.trim_start_matches(BLANKS).len();
        Source { text, lines, body }
    }

    /// Returns all characters except a byte order mark.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the byte of [`text`](Self::text) at which the leading blanks end.
    pub(super) fn body(&self) -> usize {
        self.body
    }

    /// Returns the position of a byte of the text.
    pub(super) fn position(&self, offset: usize) -> Position {
        self.lines.position(&self.text, offset)
    }

    /// Returns the position after the last character.
    pub(super) fn end(&self) -> Position {
        self.position(self.text.len())
    }

    fn leading_blanks(&self) -> Option<Diagnostic> {
        if self.body == 0 {
            return None;
        }
        let body = &self.text[self.body..];
        let markup = body.split(BLANKS).next().filter(|first| !first.is_empty())?;
        Some(rules::leading_newline_before_xmldecl(excerpt(markup)).at(START))
    }
}

/// Recognises another protocol or encoding, for which the diagnostic "not XML" would be true but
/// useless.
fn foreign(bytes: &[u8]) -> Option<Diagnostic> {
    match bytes {
        [0x15 | 0x16, 0x03, ..] => Some(rules::tls_on_policy_port("the server")),
        [b'H', b'T', b'T', b'P', b'/', ..] => Some(rules::http_proxy_eats_request("the server")),
        [0xff, 0xfe, ..] => Some(rules::utf16(3)),
        [0xfe, 0xff, ..] => Some(rules::utf16(2)),
        [b'<', 0, _, 0, ..] => Some(rules::utf16(1)),
        [0, b'<', 0, _, ..] => Some(rules::utf16(0)),
        _ => length_prefix(bytes).map(rules::length_prefix),
    }
}

/// Returns the length that a document begins with, if its first two bytes are its own length
/// (FSP-L13).
pub(crate) fn length_prefix(bytes: &[u8]) -> Option<u16> {
    let [high, low, rest @ ..] = bytes else {
        return None;
    };
    // Blank lines before a document look like a length too.
    if rest.first() != Some(&b'<') || (high.is_ascii_whitespace() && low.is_ascii_whitespace()) {
        return None;
    }
    let length = u16::from_be_bytes([*high, *low]);
    // The length may count the NUL, which may already be cut off.
    let is_length = usize::from(length).abs_diff(rest.len()) <= 1;
    is_length.then_some(length)
}

fn characters(bytes: &[u8], with_mark: usize) -> Result<Cow<'_, str>, Diagnostic> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if declares_latin1(bytes) => Ok(bytes.iter().copied().map(char::from).collect()),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let offset = with_mark - bytes.len() + error.valid_up_to();
            Err(rules::undecodable_byte(offset).at(Source::of(good).end()))
        }
    }
}

fn declares_latin1(bytes: &[u8]) -> bool {
    let declaration = bytes.trim_ascii_start().strip_prefix(b"<?xml").unwrap_or_default();
    let declaration =
        String::from_utf8_lossy(declaration.split(|b| *b == b'>').next().unwrap_or_default());
    let value =
        declaration.split_once("encoding").and_then(|(_, rest)| rest.split(['"', '\'']).nth(1));
    let single_byte = ["iso-8859-1", "latin1", "latin-1", "windows-1252", "us-ascii"];
    value.is_some_and(|value| single_byte.contains(&value.to_ascii_lowercase().as_str()))
}

/// Returns the beginning of a text, to quote it in a message: at most 40 characters of its first
/// line.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.trim_matches(BLANKS).lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The white space of XML.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
