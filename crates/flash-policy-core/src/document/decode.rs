//! Turns bytes into characters: finds the end and the encoding of the document. Does not parse XML.

use std::borrow::Cow;

use super::length_prefix;
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
    /// The byte of the NUL that ends the document, if bytes follow it.
    cut: Option<usize>,
    /// The reason to reject the document, whatever it says.
    fault: Option<Diagnostic>,
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
        let text = characters(without_mark.unwrap_or(document), document.len())?;
        let mut source = Source::of(text);
        if without_mark.is_some() || source.lead().contains(MARK) {
            found.push(source.byte_order_mark(without_mark.is_some()));
        }
        if bytes[end..].iter().any(|b| *b != 0) {
            source.cut = Some(end);
            let diagnostic = rules::nul_inside(end).at(source.end());
            found.push(match help_after_the_end(document, &bytes[end..]) {
                Some(help) => diagnostic.with_help(help),
                None => diagnostic,
            });
        }
        found.extend(source.leading_blanks());
        source.fault = source.stray_mark();
        Ok(source)
    }

    fn of(text: Cow<'a, str>) -> Self {
        let lines = LineIndex::of(&text);
        let body = text.len() - text.trim_start_matches(BLANKS_AND_MARK).len();
        Source { text, lines, body, cut: None, fault: None }
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

    /// Returns the byte of the NUL that ends the document, if bytes other than NUL follow it.
    pub(super) fn cut(&self) -> Option<usize> {
        self.cut
    }

    /// Takes the reason to reject the document that was found in its bytes. What else is wrong
    /// with it can still be found.
    pub(super) fn take_fault(&mut self) -> Option<Diagnostic> {
        self.fault.take()
    }

    /// Returns the blanks and byte order marks before the document.
    fn lead(&self) -> &str {
        &self.text[..self.body]
    }

    fn byte_order_mark(&self, is_first: bool) -> Diagnostic {
        let count = self.lead().matches(MARK).count() + usize::from(is_first);
        let diagnostic = rules::utf8_bom().at(START);
        if count == 1 {
            return diagnostic;
        }
        diagnostic.with_help(format!("save the file without its {count} byte order marks"))
    }

    fn leading_blanks(&self) -> Option<Diagnostic> {
        if !self.lead().contains(BLANKS) {
            return None;
        }
        let body = &self.text[self.body..];
        let first = body.split_inclusive('>').next()?;
        let markup = first.split(BLANKS).next().filter(|first| !first.is_empty())?;
        Some(rules::leading_newline_before_xmldecl(excerpt(markup)).at(START))
    }

    /// Returns the diagnostic of a byte order mark that is not at the beginning. It is a character
    /// of the document there, and no character may precede the root element.
    fn stray_mark(&self) -> Option<Diagnostic> {
        let at = self.lead().find(MARK)?;
        let help = "save the file without a byte order mark: it is text unless it comes first";
        Some(rules::text_before_root(MARK).with_help(help).at(self.position(at)))
    }
}

/// Returns the help for a NUL after the end of the policy: what follows it must go too.
fn help_after_the_end(document: &[u8], rest: &[u8]) -> Option<&'static str> {
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let is_empty_root = has(document, b"<cross-domain-policy/>");
    if !has(document, b"</cross-domain-policy>") && !is_empty_root {
        return None;
    }
    Some(if has(rest, b"<cross-domain-policy") {
        "remove the NUL and the second policy after it; the server adds a NUL"
    } else {
        "remove the NUL and all that follows it; the server adds a NUL"
    })
}

/// Recognises another protocol or encoding, for which the diagnostic "not XML" would be true but
/// useless.
fn foreign(bytes: &[u8]) -> Option<Diagnostic> {
    match bytes {
        [0x15 | 0x16, 0x03, ..] => Some(rules::tls_on_policy_port("the server")),
        [b'H', b'T', b'T', b'P', b'/', ..] => Some(rules::http_proxy_eats_request("the server")),
        [0x1f, 0x8b, ..] => {
            let help = "send the document as it is: these bytes are compressed by gzip";
            Some(rules::undecodable_byte(1).with_help(help))
        }
        _ => wide(bytes).or_else(|| {
            let prefix = length_prefix(bytes)?;
            let diagnostic = rules::length_prefix(prefix.length, prefix.description());
            Some(diagnostic.identified_by(&[&prefix.length.to_string()]))
        }),
    }
}

/// Recognises UTF-16 and UTF-32, with a byte order mark or without.
pub(crate) fn wide(bytes: &[u8]) -> Option<Diagnostic> {
    let first_nul = bytes.iter().position(|byte| *byte == 0);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Some(match first_nul {
            Some(offset) => rules::utf16(offset),
            None => rules::undecodable_byte(0)
                .with_help("save the file as UTF-8: it begins with the byte order mark of UTF-16"),
        });
    }
    let is_wide = |unit: usize, place: usize| {
        let units = bytes.chunks_exact(unit).take(4);
        let is_ascii = |chunk: &[u8]| {
            chunk.iter().enumerate().all(|(at, byte)| (*byte == 0) == (at != place))
                && chunk[place].is_ascii()
        };
        let first = bytes.get(place..).unwrap_or_default().iter().step_by(unit);
        let begins_with_markup =
            first.copied().find(|byte| !byte.is_ascii_whitespace()) == Some(b'<');
        bytes.len() >= 2 * unit.min(2) && begins_with_markup && units.clone().all(is_ascii)
    };
    let is_any = [(2, 0), (2, 1), (4, 0), (4, 3)].into_iter().any(|(unit, at)| is_wide(unit, at));
    if is_any { first_nul.map(rules::utf16) } else { None }
}

fn characters(bytes: &[u8], with_mark: usize) -> Result<Cow<'_, str>, Diagnostic> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if declares_latin1(bytes) => Ok(bytes.iter().copied().map(char::from).collect()),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let bad = &bytes[error.valid_up_to()..];
            let offset = with_mark - bytes.len() + error.valid_up_to();
            let diagnostic = if bad.trim_ascii_end() == b"\xc0\x80" {
                let text = "0xC0 0x80";
                rules::fake_nul(text, "looks like an escaped NUL")
                    .identified_by(&[text])
                    .with_help(MODIFIED_UTF8_HELP)
            } else if error.error_len().is_none() {
                rules::undecodable_byte(offset)
                    .with_help("send all bytes of the policy: it ends inside a character")
            } else {
                rules::undecodable_byte(offset)
            };
            Err(diagnostic.at(Source::of(good).end()))
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

const MODIFIED_UTF8_HELP: &str =
    "send the byte 0x00: Java's modified UTF-8 writes a NUL as two other bytes";

/// The white space of XML.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// A byte order mark, as a character.
const MARK: char = '\u{feff}';

const BLANKS_AND_MARK: [char; 5] = [' ', '\t', '\r', '\n', MARK];
