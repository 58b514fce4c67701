//! [`ScenarioError`]: the error of a scenario file, with its place.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use flash_policy_core::debug_as_text;
use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::printable::printable;
use flash_policy_core::source_text::ShownLine;

use crate::excerpt::Excerpt;

pub(super) use flash_policy_core::source_text::LineIndex;

/// The error of a scenario file that cannot be run: what is wrong, where, and what to do.
///
/// `Display` is one line. [`render`](Self::render) shows the line of the file with a caret.
///
/// ```
/// use flash_policy_scenario::Scenario;
///
/// let error = Scenario::parse("version = 1\ntitel = 'A typo'", "game.toml").unwrap_err();
/// assert_eq!(error.to_string(), "game.toml:2:1: unknown key `titel`; did you mean `title`?");
/// assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
/// ```
pub struct ScenarioError {
    parts: Box<ErrorParts>,
}

impl ScenarioError {
    /// Returns the path of the scenario file, or of the folder that was searched.
    pub fn path(&self) -> &Path {
        &self.parts.path
    }

    /// Returns the line, from 1, or `None` if the error is about the file as a whole.
    pub fn line(&self) -> Option<u32> {
        self.position().map(|at| at.line)
    }

    /// Returns the column in characters, from 1, or `None` if the error is about the file as a
    /// whole.
    pub fn column(&self) -> Option<u32> {
        self.position().map(|at| at.column)
    }

    /// Returns the message, without the place and the advice.
    pub fn message(&self) -> &str {
        &self.parts.message
    }

    /// Returns the advice, if there is one.
    pub fn help(&self) -> Option<&str> {
        self.parts.help.as_deref()
    }

    /// Returns whether the file, or one that it names, cannot be read at all.
    pub fn is_unreadable(&self) -> bool {
        self.parts.problem == Problem::Unreadable
    }

    /// Returns whether the only problem is that there is nothing to test: the file has neither a
    /// case nor a matrix, or the folder has no scenario file.
    pub fn is_nothing_to_test(&self) -> bool {
        self.parts.problem == Problem::NothingToTest
    }

    /// Returns the error with its line of the file and a caret, in colour or plain. There is no
    /// line end after the last line.
    pub fn render(&self, colour: bool) -> String {
        Excerpt {
            severity: Severity::Error,
            id: None,
            message: self.message(),
            help: self.help(),
            path: &self.parts.path.to_string_lossy(),
            line: self.shown_line(),
        }
        .render(colour)
    }

    /// Returns the line that it is about, cut to what a person looks at; `None` where it is about
    /// the file as a whole.
    pub fn shown_line(&self) -> Option<ShownLine> {
        let (text, span) = self.parts.place.as_ref()?;
        Some(ShownLine::around(text, span.clone()))
    }

    pub(super) fn invalid(
        path: &Path,
        text: &str,
        span: Range<usize>,
        message: String,
        help: Option<String>,
    ) -> Self {
        Self::new(
            Problem::Invalid,
            path,
            message,
            help,
            Some((text.to_owned(), clamped(text, span))),
        )
    }

    pub(super) fn unreadable(path: &Path, message: String, help: Option<String>) -> Self {
        Self::new(Problem::Unreadable, path, message, help, None)
    }

    /// Creates the error of another file that cannot be read. The span is the value that names it.
    pub(super) fn unreadable_at(
        path: &Path,
        text: &str,
        span: Range<usize>,
        message: String,
        help: Option<String>,
    ) -> Self {
        Self::new(
            Problem::Unreadable,
            path,
            message,
            help,
            Some((text.to_owned(), clamped(text, span))),
        )
    }

    pub(super) fn nothing_to_test(path: &Path, message: &str, help: &str) -> Self {
        Self::new(Problem::NothingToTest, path, message.to_owned(), Some(help.to_owned()), None)
    }

    fn new(
        problem: Problem,
        path: &Path,
        message: String,
        help: Option<String>,
        place: Option<(String, Range<usize>)>,
    ) -> Self {
        Self {
            parts: Box::new(ErrorParts { problem, path: path.to_owned(), message, help, place }),
        }
    }

    fn position(&self) -> Option<Position> {
        self.parts.place.as_ref().map(|(text, span)| position(text, span.start))
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", printable(self.parts.path.display()))?;
        if let Some(at) = self.position() {
            write!(f, "{}:{}:", at.line, at.column)?;
        }
        write!(f, " {}", self.message())?;
        match self.help() {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

debug_as_text!(ScenarioError);

impl std::error::Error for ScenarioError {}

impl From<ScenarioError> for io::Error {
    fn from(error: ScenarioError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

struct ErrorParts {
    problem: Problem,
    path: PathBuf,
    message: String,
    help: Option<String>,
    /// The text of the file, and the place in it.
    place: Option<(String, Range<usize>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Unreadable,
    Invalid,
    NothingToTest,
}

/// Returns the line and column of a byte of `text`.
pub(super) fn position(text: &str, at: usize) -> Position {
    LineIndex::of(text).position(text, at)
}

/// Returns the span, cut to the text and to whole characters.
fn clamped(text: &str, span: Range<usize>) -> Range<usize> {
    let boundary = |at: usize| {
        (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}
