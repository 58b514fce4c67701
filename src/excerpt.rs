//! How a place in a file is shown to a person: the line, a caret under what is meant, and what to do.

use std::fmt::Display;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::analysis::offset;
#[cfg(feature = "cli")]
use crate::rules::Diagnostic;
use crate::rules::{Position, Severity, visible};

pub(crate) use crate::policy::readable as text;

/// Something to show of a file.
#[derive(Debug, Clone)]
pub(crate) struct Excerpt<'a> {
    pub(crate) severity: Severity,
    pub(crate) id: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) help: Option<&'a str>,
    /// How the file is called, as its user calls it.
    pub(crate) path: &'a str,
    /// The whole text, as [`text`] makes it.
    pub(crate) text: &'a str,
    /// Where in the text, in bytes; `None` is the file as a whole.
    pub(crate) span: Option<Range<usize>>,
}

impl<'a> Excerpt<'a> {
    /// A diagnostic, in the document that it is about.
    #[cfg(feature = "cli")]
    pub(crate) fn of(diagnostic: &'a Diagnostic, path: &'a str, text: &'a str) -> Self {
        Self {
            severity: diagnostic.severity(),
            id: Some(diagnostic.rule().id()),
            message: diagnostic.message(),
            help: Some(diagnostic.help()),
            path,
            text,
            span: diagnostic.position().map(|position| span(text, position)),
        }
    }

    /// As the lines of a report, without a line end after the last; in colour, or plain.
    pub(crate) fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let (title, path) = (level.primary_title(self.message), shown(self.path));
        let title = match self.id {
            Some(id) => title.id(id),
            None => title,
        };
        let group = match &self.span {
            Some(span) => {
                let line = Line::around(self.text, span.clone());
                let caret = AnnotationKind::Primary.span(line.span);
                let snippet = Snippet::source(line.shown).line_start(line.number).annotation(caret);
                // A snippet that does not begin with its line does not know its column.
                match line.is_whole {
                    true => title.element(snippet.path(&path)),
                    false => {
                        title.element(Origin::path(&path).line(line.number).char_column(line.column)).element(snippet)
                    }
                }
            }
            None => Group::with_title(title).element(Origin::path(&path)),
        };
        let group = match self.help {
            Some(help) => group.element(Level::HELP.message(help)),
            None => group,
        };
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// One line of a text, or a part of it where it is very long: as much as a person looks at.
struct Line {
    number: usize,
    /// Of the span's first character, from 1.
    column: usize,
    shown: String,
    /// In bytes of what is shown.
    span: Range<usize>,
    /// Whether it is shown from its beginning.
    is_whole: bool,
}

/// How many characters are shown on either side of what is meant, and of that itself.
const SHOWN: usize = 100;

impl Line {
    fn around(text: &str, span: Range<usize>) -> Self {
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[span.start..].find(['\r', '\n']).map_or(text.len(), |at| span.start + at);
        let (before, meant, after) =
            (&text[start..span.start], &text[span.start..span.end.min(end)], &text[span.end.min(end)..end]);
        let cut = |part: &str| part.chars().nth(SHOWN).map(|_| "…").unwrap_or_default();
        let left: String = before.chars().rev().take(SHOWN).collect();
        let left = format!("{}{}", cut(before), left.chars().rev().collect::<String>());
        let middle: String = meant.chars().take(SHOWN).collect();
        let (ellipsis, right) = if cut(meant).is_empty() { (cut(after), after) } else { ("…", "") };
        let right: String = right.chars().take(SHOWN).collect();
        Line {
            number: text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            span: left.len()..left.len() + middle.len(),
            is_whole: cut(before).is_empty(),
            shown: format!("{left}{middle}{right}{ellipsis}"),
        }
    }
}

/// A name or a message as one line that no terminal obeys.
pub(crate) fn shown(text: impl Display) -> String {
    text.to_string().chars().map(visible).collect()
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

fn end_of_attribute(line: &str) -> Option<usize> {
    let name = line.find(|c: char| !(c.is_alphanumeric() || "-_:.".contains(c))).filter(|at| *at > 0)?;
    let value = line[name..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let length = value[1..].find(quote).map_or(value.len(), |at| at + 2);
    Some(line.len() - value.len() + length)
}
