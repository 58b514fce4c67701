//! From a line and a column to the bytes that are meant.

use std::ops::Range;

use crate::rules::Position;

/// A document's bytes as text whose lines and columns are those of a [`Position`]: without a byte order mark, and with
/// replacement characters for what is no UTF-8.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned()
}

/// The byte in `text` that a position names; its end, where it has no such place.
pub(crate) fn offset(text: &str, position: Position) -> usize {
    let as_index = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(as_index(position.line)).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    before
        + line
            .char_indices()
            .nth(as_index(position.column))
            .map_or(line.trim_end_matches(['\r', '\n']).len(), |(at, _)| at)
}

/// What stands at a position: a tag up to its `>`, an attribute up to its closing quote, or one character. It never
/// goes beyond the line.
pub(crate) fn span(text: &str, position: Position) -> Range<usize> {
    let start = offset(text, position);
    let line = text[start..].lines().next().unwrap_or_default();
    let length = if line.starts_with('<') { end_of_tag(line) } else { end_of_attribute(line) };
    let one = line.chars().next().map_or(0, char::len_utf8);
    start..start + length.unwrap_or(one)
}

fn end_of_tag(line: &str) -> Option<usize> {
    let mut quote = None;
    let end = line.char_indices().find(|(_, c)| match quote {
        Some(open) => {
            quote = (open != *c).then_some(open);
            false
        }
        None => {
            quote = Some(*c).filter(|c| ['"', '\''].contains(c));
            *c == '>'
        }
    });
    Some(end.map_or(line.trim_end().len(), |(at, _)| at + 1))
}

/// The value of the attribute that begins at this byte, without its quotes.
#[cfg(feature = "analysis")]
pub(crate) fn value(text: &str, start: usize) -> Option<Range<usize>> {
    let (before, rest) = text[start..].split_once('=')?;
    let quoted = rest.trim_start();
    let quote = quoted.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let opens = start + before.len() + 1 + rest.len() - quoted.len() + 1;
    let length = text[opens..].find(quote)?;
    before.chars().all(|c| !"<>\"'".contains(c)).then_some(opens..opens + length)
}

fn end_of_attribute(line: &str) -> Option<usize> {
    let name = line.find(|c: char| !(c.is_alphanumeric() || "-_:.".contains(c))).filter(|at| *at > 0)?;
    let value = line[name..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let length = value[1..].find(quote).map_or(value.len(), |at| at + 2);
    Some(line.len() - value.len() + length)
}
