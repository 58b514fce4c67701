//! How a place in a file is shown to a person: the line, a caret under what is meant, and what to do.

use std::fmt::Display;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::analysis::offset;
#[cfg(feature = "cli")]
use crate::rules::Diagnostic;
use crate::rules::{Position, Severity, visible};

pub(crate) use crate::analysis::text;

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
            Some(span) => title
                .element(Snippet::source(self.text).path(&path).annotation(AnnotationKind::Primary.span(span.clone()))),
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
