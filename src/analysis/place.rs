//! From a line and a column to the bytes that are meant.

#[cfg(feature = "analysis")]
use std::ops::Range;

use crate::rules::Position;

/// The byte in `text` that a position names; its end, where it has no such place.
pub(crate) fn offset(text: &str, position: Position) -> usize {
    let as_index = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(as_index(position.line)).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches(['\r', '\n']);
    let column = as_index(position.column);
    if line.is_ascii() {
        return before + column.min(line.len());
    }
    before + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
}

/// The line and column of a byte of `text`.
#[cfg(feature = "analysis")]
pub(crate) fn position(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    Position { line: number(before.matches('\n').count()), column: number(before[line..].chars().count()) }
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
