//! [`Excerpt`]: a place in a file, as text for people.
//!
//! It shows the message, the line with a caret under the place, and the help, in the layout of
//! rustc's errors. The command uses it for diagnostics of policies, and this crate for errors and
//! failures of scenarios. It reads no file and judges nothing: the caller passes the line and the
//! message.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use flash_policy_core::diagnostics::{Diagnostic, Severity};
use flash_policy_core::printable::printable;
use flash_policy_core::source_text::{ShownLine, span};

/// A place in a file, with a message about it.
///
/// ```
/// use flash_policy_core::diagnostics::Severity;
/// use flash_policy_core::source_text::ShownLine;
/// use flash_policy_scenario::excerpt::Excerpt;
///
/// let excerpt = Excerpt {
///     severity: Severity::Error,
///     id: None,
///     message: "unknown key `titel`",
///     help: Some("did you mean `title`?"),
///     path: "game.toml",
///     line: Some(ShownLine::around("version = 1\ntitel = 'A typo'\n", 12..17)),
/// };
/// let text = excerpt.render(false);
/// assert!(text.contains("game.toml:2:1"), "{text}");
/// assert!(text.contains("^^^^^"), "{text}");
/// ```
#[derive(Debug, Clone)]
pub struct Excerpt<'a> {
    /// The severity, which sets the first word and the colour.
    pub severity: Severity,
    /// The id of the rule, shown in brackets after the first word.
    pub id: Option<&'a str>,
    /// The message, one line.
    pub message: &'a str,
    /// The advice.
    pub help: Option<&'a str>,
    /// The path of the file, as the user gave it.
    pub path: &'a str,
    /// The line to show; `None` for the file as a whole. For a policy document, cut it from
    /// [`readable`](flash_policy_core::document::readable).
    pub line: Option<ShownLine>,
}

impl<'a> Excerpt<'a> {
    /// Creates the excerpt that shows a diagnostic in the document that it is about.
    pub fn of(diagnostic: &'a Diagnostic, path: &'a str, text: &str) -> Self {
        let line = |position| ShownLine::around(text, span(text, position));
        Self {
            severity: diagnostic.severity(),
            id: Some(diagnostic.rule().id()),
            message: diagnostic.message(),
            help: Some(diagnostic.help()),
            path,
            line: diagnostic.position().map(line),
        }
    }

    /// Returns the excerpt as lines of text, in colour or plain. There is no line end after the
    /// last line.
    pub fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let path = printable(self.path);
        let title = level.primary_title(self.message);
        let title = match self.id {
            Some(id) => title.id(id),
            None => title,
        };
        let group = match &self.line {
            Some(line) => {
                let caret = AnnotationKind::Primary.span(line.span.clone());
                let snippet =
                    Snippet::source(line.shown.as_str()).line_start(line.number).annotation(caret);
                if line.is_whole {
                    title.element(snippet.path(&path))
                } else {
                    // A snippet that starts inside its line does not know its column.
                    let origin = Origin::path(&path).line(line.number).char_column(line.column);
                    title.element(origin).element(snippet)
                }
            }
            None => Group::with_title(title).element(Origin::path(&path)),
        };
        let group = match self.help {
            Some(help) => group.element(Level::HELP.message(help)),
            None => group,
        };
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let text = renderer.render(&[group]);
        match &self.line {
            Some(line) if !line.is_whole => without_second_origin(&text),
            _ => text,
        }
    }
}

/// Returns the text without its fourth line, in which the renderer announces the origin of a
/// snippet that has none of its own.
fn without_second_origin(text: &str) -> String {
    let lines = text.lines().enumerate();
    let kept = lines.filter(|(index, line)| *index != 3 || !line.contains(":::"));
    kept.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}
