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

/// Where each line of a text begins, for many positions in it.
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self { starts: std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect() }
    }

    /// The line and column of a byte of `text`, or of the character that it is within.
    pub(crate) fn position(&self, text: &str, at: usize) -> Position {
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let line = self.starts.partition_point(|start| *start <= at);
        let column = text[self.starts[line.saturating_sub(1)]..at].chars().count() + 1;
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(column) }
    }
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
