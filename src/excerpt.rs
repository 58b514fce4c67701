//! How a place in a file is shown to a person: the line, a caret under what is meant, and what to do.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::rules::{Diagnostic, Severity};

pub(crate) use crate::analysis::{span, text};

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
        let title = level.primary_title(self.message);
        let title = match self.id {
            Some(id) => title.id(id),
            None => title,
        };
        let group = match &self.span {
            Some(span) => title.element(
                Snippet::source(self.text).path(self.path).annotation(AnnotationKind::Primary.span(span.clone())),
            ),
            None => Group::with_title(title).element(Origin::path(self.path)),
        };
        let group = match self.help {
            Some(help) => group.element(Level::HELP.message(help)),
            None => group,
        };
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}
