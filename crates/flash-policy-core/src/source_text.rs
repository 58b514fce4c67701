//! Lines and columns of a text: converts positions to bytes and back.
//!
//! All arithmetic on positions is in this module. It does not know what the text means.

use std::fmt;
use std::ops::Range;

use crate::printable::{COMMAND_MARKS, is_harmful};

/// A position in a document: the line and the column, both counted from 1. The column counts
/// characters. A line ends with LF or CRLF. A byte order mark has no column.
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

/// The starts of a text's lines, for looking up many positions.
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

    /// Returns the position of a byte of `text`. A byte inside a character has that character's
    /// position.
    pub fn position(&self, text: &str, at: usize) -> Position {
        let at = floor_char_boundary(text, at);
        let line = self.starts.partition_point(|start| *start <= at);
        let column = text[self.starts[line.saturating_sub(1)]..at].chars().count() + 1;
        Position { line: number(line), column: number(column) }
    }
}

/// Returns the byte of `text` at a position. If the line is too short, returns its end; if there is
/// no such line, the end of the text.
pub fn offset(text: &str, position: Position) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(index(position.line)).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches(['\r', '\n']);
    let column = index(position.column);
    // Counting is much cheaper than walking, and lines are long where a policy has only one.
    match line.get(..column) {
        Some(start) if start.chars().count() == column => before + column,
        _ => before + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at),
    }
}

/// Returns the bytes of an attribute's value, without its quotes. `start` is the byte at which the
/// attribute's name begins.
pub fn attribute_value(text: &str, start: usize) -> Option<Range<usize>> {
    let (before, rest) = text[start..].split_once('=')?;
    let quoted = rest.trim_start();
    let quote = quoted.chars().next().filter(|c| QUOTES.contains(c))?;
    let value = start + before.len() + 1 + rest.len() - quoted.len() + 1;
    let length = text[value..].find(quote)?;
    let is_name = before.chars().all(|c| !"<>\"'".contains(c));
    is_name.then_some(value..value + length)
}

/// Returns the bytes of the markup at a position: a tag up to its `>`, an attribute up to its
/// closing quote, or else one character. The span never extends beyond the line.
pub fn span(text: &str, position: Position) -> Range<usize> {
    let start = offset(text, position);
    let line = text[start..].lines().next().unwrap_or_default();
    let length = if line.starts_with('<') {
        end_of_tag(line)
    } else {
        end_of_attribute(line).unwrap_or(line.chars().next().map_or(0, char::len_utf8))
    };
    start..start + length
}

/// Returns the length of the tag that begins the line, up to the `>` outside quotes or the end of
/// the line.
fn end_of_tag(line: &str) -> usize {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == '>' => return at + 1,
            None => quote = Some(c).filter(|c| QUOTES.contains(c)),
        }
    }
    line.trim_end().len()
}

/// Returns the length of the attribute that begins the line, up to its closing quote or the end of
/// the line.
fn end_of_attribute(line: &str) -> Option<usize> {
    let name =
        line.find(|c: char| !(c.is_alphanumeric() || "-_:.".contains(c))).filter(|at| *at > 0)?;
    let value = line[name..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| QUOTES.contains(c))?;
    let length = value[1..].find(quote).map_or(value.len(), |at| at + 2);
    Some(line.len() - value.len() + length)
}

/// One line of a text around a span, shortened for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLine {
    /// The number of the line, from 1.
    pub number: usize,
    /// The column of the span's first character, from 1.
    pub column: usize,
    /// The text to show, with an ellipsis where it is cut.
    pub shown: String,
    /// The span, in bytes of the shown text.
    pub span: Range<usize>,
    /// True if the line is shown from its beginning.
    pub is_whole: bool,
}

impl ShownLine {
    /// Returns the line around `span`, which is in bytes of `text`. A span that continues on the
    /// next line is cut at the end of its first line.
    pub fn around(text: &str, span: Range<usize>) -> Self {
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let rest = &text[span.start..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let end = span.start + line.find('\r').unwrap_or(line.len());
        let span_end = span.end.min(end);
        let before = &text[start..span.start];
        let marked = &text[span.start..span_end];
        let after = &text[span_end..end];
        let left = format!("{}{}", ellipsis(before), last_chars(before));
        let middle = first_chars(marked);
        // If the span itself is cut, nothing after it is shown.
        let right = match ellipsis(marked) {
            "" => format!("{}{}", first_chars(after), ellipsis(after)),
            cut => cut.to_owned(),
        };
        Self {
            number: text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            span: left.len()..left.len() + middle.len(),
            is_whole: ellipsis(before).is_empty(),
            shown: without_commands(format!("{left}{middle}{right}")),
        }
    }
}

/// The most characters shown of each of three parts: before the span, the span itself, and after
/// it.
const SHOWN: usize = 100;

/// Returns the mark of a cut if the text is longer than is shown.
fn ellipsis(text: &str) -> &'static str {
    if text.chars().nth(SHOWN).is_some() { "…" } else { "" }
}

fn first_chars(text: &str) -> String {
    text.chars().take(SHOWN).map(shown).collect()
}

fn last_chars(text: &str) -> String {
    let start = text.char_indices().rev().take(SHOWN).last().map_or(text.len(), |(at, _)| at);
    text[start..].chars().map(shown).collect()
}

/// Breaks the marks of commands to CI systems, without a change of the width.
fn without_commands(line: String) -> String {
    COMMAND_MARKS.iter().fold(line, |line, mark| line.replace(mark, &format!("#?{}", &mark[2..])))
}

/// Returns a character of the same width that is safe to print, so that columns stay as they are.
fn shown(c: char) -> char {
    if (c.is_control() && c != '\t') || is_harmful(c) { char::REPLACEMENT_CHARACTER } else { c }
}

const QUOTES: [char; 2] = ['"', '\''];

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
