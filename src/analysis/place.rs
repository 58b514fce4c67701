//! From a line and a column to the bytes that are meant.

#[cfg(feature = "analysis")]
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
