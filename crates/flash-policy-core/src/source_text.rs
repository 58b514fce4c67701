//! Lines and columns of a text: from a position to bytes, and back.
//!
//! All of the arithmetic on positions is here. It does not know what the text says.

use std::fmt;
use std::ops::Range;

/// A place in a document: 1-based line and column, the column counted in characters. A line ends with LF or CRLF; a byte order mark has no column.
///
/// ```
/// use flash_policy_core::source_text::Position;
///
/// let position = Position { line: 4, column: 3 };
/// assert_eq!(position.to_string(), "4:3");
/// assert!(position < Position { line: 5, column: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The first position of a text.
pub const START: Position = Position { line: 1, column: 1 };

/// The starts of the lines of a text, for many positions in it.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Finds the lines of `text`.
    pub fn of(text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// Returns the position of a byte of `text`, or of the character that the byte is part of.
    pub fn position(&self, text: &str, at: usize) -> Position {
        let at = floor_char_boundary(text, at);
        let line = self.starts.partition_point(|start| *start <= at);
        let column = text[self.starts[line.saturating_sub(1)]..at].chars().count() + 1;
        Position { line: number(line), column: number(column) }
    }
}

/// Returns the byte in `text` that a position names, or the nearest end where it has no such place.
pub fn offset(text: &str, position: Position) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(index(position.line)).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches(['\r', '\n']);
    let column = index(position.column);
    if line.is_ascii() {
        return before + column.min(line.len());
    }
    before + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
}

/// The value of the attribute that begins at this byte, without its quotes.
pub fn attribute_value(text: &str, start: usize) -> Option<Range<usize>> {
    let (before, rest) = text[start..].split_once('=')?;
    let quoted = rest.trim_start();
    let quote = quoted.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let opens = start + before.len() + 1 + rest.len() - quoted.len() + 1;
    let length = text[opens..].find(quote)?;
    before.chars().all(|c| !"<>\"'".contains(c)).then_some(opens..opens + length)
}

/// One line of a text around a span, cut to what a person looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLine {
    /// The number of the line, from 1.
    pub number: usize,
    /// The column of the span's first character, from 1.
    pub column: usize,
    /// The text that is shown, with an ellipsis where it is cut.
    pub shown: String,
    /// The span, in bytes of the shown text.
    pub span: Range<usize>,
    /// Whether the line is shown from its beginning.
    pub is_whole: bool,
}

/// The most characters that are shown before the span, of the span, and behind it.
const SHOWN: usize = 100;

impl ShownLine {
    /// Cuts the line around `span`, which is in bytes of `text`.
    pub fn around(text: &str, span: Range<usize>) -> Self {
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[span.start..].find(['\r', '\n']).map_or(text.len(), |at| span.start + at);
        let (before, meant, after) = (
            &text[start..span.start],
            &text[span.start..span.end.min(end)],
            &text[span.end.min(end)..end],
        );
        let cut = |part: &str| part.chars().nth(SHOWN).map(|_| "…").unwrap_or_default();
        let left: String = before.chars().rev().take(SHOWN).collect();
        let left = format!("{}{}", cut(before), left.chars().rev().collect::<String>());
        let middle: String = meant.chars().take(SHOWN).collect();
        let (ellipsis, right) =
            if cut(meant).is_empty() { (cut(after), after) } else { ("…", "") };
        let right: String = right.chars().take(SHOWN).collect();
        Self {
            number: text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            span: left.len()..left.len() + middle.len(),
            is_whole: cut(before).is_empty(),
            shown: format!("{left}{middle}{right}{ellipsis}"),
        }
    }
}

/// Returns the bytes of what stands at a position: a tag up to its `>`, an attribute up to its closing
/// quote, or one character. It never goes beyond the line.
pub fn span(text: &str, position: Position) -> Range<usize> {
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

fn end_of_attribute(line: &str) -> Option<usize> {
    let name =
        line.find(|c: char| !(c.is_alphanumeric() || "-_:.".contains(c))).filter(|at| *at > 0)?;
    let value = line[name..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let length = value[1..].find(quote).map_or(value.len(), |at| at + 2);
    Some(line.len() - value.len() + length)
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Converts a 1-based number to an index.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1)
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
