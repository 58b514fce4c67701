//! How a place in a file is shown to a person: the line, a caret under what is meant, and what to do.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use flash_policy_core::diagnostics::{Diagnostic, Severity};
use flash_policy_core::printable::printable;
use flash_policy_core::source_text::{ShownLine, span};

/// A place in a file, with what is to be said of it.
#[derive(Debug, Clone)]
pub struct Excerpt<'a> {
    /// How bad it is, which chooses the colour and the first word.
    pub severity: Severity,
    /// The id of the rule, in brackets behind the first word.
    pub id: Option<&'a str>,
    /// What is wrong, in one line.
    pub message: &'a str,
    /// What to do about it.
    pub help: Option<&'a str>,
    /// The file, as its user calls it.
    pub path: &'a str,
    /// The whole text, as [`readable`](flash_policy_core::document::readable) makes it.
    pub text: &'a str,
    /// The place in the text, in bytes; `None` is the file as a whole.
    pub span: Option<Range<usize>>,
}

impl<'a> Excerpt<'a> {
    /// Shows a diagnostic in the document that it is about.
    pub fn of(diagnostic: &'a Diagnostic, path: &'a str, text: &'a str) -> Self {
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

    /// Returns the lines of a report, without a line end after the last; in colour, or plain.
    pub fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let (title, path) = (level.primary_title(self.message), printable(self.path));
        let title = match self.id {
            Some(id) => title.id(id),
            None => title,
        };
        let group = match &self.span {
            Some(span) => {
                let line = ShownLine::around(self.text, span.clone());
                let caret = AnnotationKind::Primary.span(line.span);
                let snippet = Snippet::source(line.shown).line_start(line.number).annotation(caret);
                // A snippet that does not begin with its line does not know its column.
                match line.is_whole {
                    true => title.element(snippet.path(&path)),
                    false => title
                        .element(Origin::path(&path).line(line.number).char_column(line.column))
                        .element(snippet),
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
