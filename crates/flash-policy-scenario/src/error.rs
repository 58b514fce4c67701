//! The error of a scenario file.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use flash_policy_core::debug_as_text;
use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::printable::printable;

use crate::excerpt::Excerpt;

pub(super) use flash_policy_core::source_text::LineIndex;

/// Why a scenario file cannot be run: what is wrong, where, and what to do.
///
/// ```
/// use flash_policy_scenario::Scenario;
///
/// let error = Scenario::parse("version = 1\ntitel = 'A typo'", "game.toml").unwrap_err();
/// assert_eq!(error.to_string(), "game.toml:2:1: unknown key `titel`; did you mean `title`?");
/// assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
/// ```
pub struct ScenarioError {
    kind: Box<ErrorParts>,
}

struct ErrorParts {
    problem: Problem,
    path: PathBuf,
    message: String,
    help: Option<String>,
    /// The file's text, and where in it.
    place: Option<(String, Range<usize>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Unreadable,
    Invalid,
    NothingToTest,
}

impl ScenarioError {
    /// The scenario file, or the folder of them.
    pub fn path(&self) -> &Path {
        &self.kind.path
    }

    /// The line, from 1; `None` where it is about the file as a whole.
    pub fn line(&self) -> Option<u32> {
        self.position().map(|at| at.line)
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> Option<u32> {
        self.position().map(|at| at.column)
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.kind.message
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.kind.help.as_deref()
    }

    /// Whether the file, or one that it names, cannot be read at all; otherwise its content is wrong.
    pub fn is_unreadable(&self) -> bool {
        self.kind.problem == Problem::Unreadable
    }

    /// Whether nothing is wrong but that there is neither a case nor a matrix.
    pub fn is_nothing_to_test(&self) -> bool {
        self.kind.problem == Problem::NothingToTest
    }

    /// The error with the line that it is about and a caret, in colour or plain, without a line end after the last line.
    pub fn render(&self, colour: bool) -> String {
        let (text, span) = match &self.kind.place {
            Some((text, span)) => (text.as_str(), Some(span.clone())),
            None => ("", None),
        };
        Excerpt {
            severity: Severity::Error,
            id: None,
            message: self.message(),
            help: self.help(),
            path: &self.kind.path.to_string_lossy(),
            text,
            span,
        }
        .render(colour)
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
            Some((text.to_owned(), inside(text, span))),
        )
    }

    pub(super) fn unreadable(path: &Path, message: String, help: Option<String>) -> Self {
        Self::new(Problem::Unreadable, path, message, help, None)
    }

    /// A value of the file names another one, which cannot be read.
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
            Some((text.to_owned(), inside(text, span))),
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
        Self { kind: Box::new(ErrorParts { problem, path: path.to_owned(), message, help, place }) }
    }

    fn position(&self) -> Option<Position> {
        self.kind.place.as_ref().map(|(text, span)| position(text, span.start))
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", printable(self.kind.path.display()))?;
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

/// Where a byte of `text` stands.
pub(super) fn position(text: &str, at: usize) -> Position {
    LineIndex::of(text).position(text, at)
}

/// The span, cut to the text and to whole characters.
fn inside(text: &str, span: Range<usize>) -> Range<usize> {
    let whole = |at: usize| {
        (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    let start = whole(span.start);
    start..whole(span.end).max(start)
}
