//! The places in files that a report refers to.

use std::ops::Range;

use flash_policy_core::source_text::{Position, ShownLine};
use schemars::JsonSchema;
use serde::Serialize;

/// The line of a file around a place, cut to a readable length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct SourceLine {
    /// The line's number, from 1.
    pub(crate) line: usize,
    /// The column of the place, in characters, from 1.
    pub(crate) column: usize,
    /// The text of the line, with an ellipsis at each cut.
    pub(crate) text: String,
    /// The start of the place in `text`, in characters, from 0.
    pub(crate) start: usize,
    /// The end of the place in `text`, in characters, from 0.
    pub(crate) end: usize,
    /// True if `text` begins at the start of the line.
    pub(crate) is_whole: bool,
}

impl From<ShownLine> for SourceLine {
    fn from(shown: ShownLine) -> Self {
        let chars = |bytes: usize| shown.shown[..bytes].chars().count();
        let (start, end) = (chars(shown.span.start), chars(shown.span.end));
        Self {
            line: shown.number,
            column: shown.column,
            start,
            end,
            is_whole: shown.is_whole,
            text: shown.shown,
        }
    }
}

impl From<&SourceLine> for ShownLine {
    fn from(source: &SourceLine) -> Self {
        let bytes = |chars: usize| {
            source.text.char_indices().nth(chars).map_or(source.text.len(), |(at, _)| at)
        };
        let span: Range<usize> = bytes(source.start)..bytes(source.end);
        Self {
            number: source.line,
            column: source.column,
            shown: source.text.clone(),
            span,
            is_whole: source.is_whole,
        }
    }
}

/// An element of a policy, with its place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ElementPlace {
    /// The policy document, or the scenario file that holds it inline.
    pub(crate) file: String,
    /// The line, with the element marked.
    pub(crate) source: SourceLine,
}

impl ElementPlace {
    pub(crate) fn position(&self) -> Position {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { line: number(self.source.line), column: number(self.source.column) }
    }
}
