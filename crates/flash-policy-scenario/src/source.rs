//! The sources of policy documents, and the places of their elements in them.
//!
//! A document is in a file of its own or inside the scenario file. Nothing here reads a file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::document::{PolicyDocument, PolicyFile, readable};
use flash_policy_core::player::DecidingRule;
use flash_policy_core::source_text::{self, ShownLine};

use super::error::position;
use crate::excerpt::Excerpt;

/// The path and the text of a scenario file.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
}

/// A policy document and its source.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) content: PolicyDocument,
    /// The content as readable text.
    text: Arc<str>,
    origin: Origin,
}

impl Document {
    pub(super) fn new(content: PolicyDocument, origin: Origin) -> Self {
        let text = readable(content.as_bytes()).into();
        Self { content, text, origin }
    }

    /// Creates a document from a value of the scenario file. The file spells the value as `raw`, at
    /// `span`.
    pub(super) fn inline(value: &str, raw: &str, span: Range<usize>) -> Self {
        let is_multi_line = raw.starts_with("'''") || raw.starts_with("\"\"\"");
        let delimiter = if is_multi_line { 3 } else { 1 };
        let mut body = raw.get(delimiter..).unwrap_or_default();
        if is_multi_line {
            // TOML drops a line end right after the delimiter.
            let trimmed = body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n'));
            body = trimmed.unwrap_or(body);
        }
        let is_verbatim = body.len() == value.len() + delimiter && body.starts_with(value);
        let start = if is_verbatim { span.start + raw.len() - body.len() } else { span.start };
        Self::new(value.into(), Origin::Inline { start, is_verbatim })
    }

    /// Returns the file of the document, if it has one of its own.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::Inline { .. } => None,
        }
    }

    pub(super) fn policy(&self) -> Option<PolicyFile> {
        PolicyFile::parse(self.content.as_bytes()).ok()
    }

    /// Returns the place of the element that decided.
    ///
    /// Faults may have moved the element on the wire, so its text counts. Among elements with the
    /// same text, the one at the same position is preferred.
    pub(super) fn find(&self, rule: &DecidingRule, file: &SourceFile) -> Option<Place> {
        let policy = self.policy()?;
        let grants = policy
            .allow_access_from()
            .iter()
            .map(|element| (element.to_string(), element.position()));
        let controls =
            policy.site_control().iter().map(|element| (element.to_string(), element.position()));
        let alike: Vec<_> =
            grants.chain(controls).filter(|(text, _)| text == rule.element()).collect();
        let (_, at) = alike.iter().find(|(_, at)| *at == rule.position()).or(alike.first())?;
        Some(self.place((*at)?, file))
    }

    /// Returns the place of a position in the document.
    pub(super) fn place(&self, at: Position, file: &SourceFile) -> Place {
        match &self.origin {
            Origin::File(path) => Place {
                path: path.clone(),
                text: self.text.clone(),
                span: source_text::span(&self.text, at),
            },
            Origin::Inline { start, is_verbatim } => {
                let within = source_text::span(&self.text, at);
                let span = if *is_verbatim {
                    start + within.start..start + within.end
                } else {
                    *start..*start + 1
                };
                Place { path: file.path.clone(), text: file.text.clone(), span }
            }
        }
    }
}

/// The source of a policy document.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A file. The path is the scenario file's folder joined with the `file` value.
    File(PathBuf),
    /// A value of the scenario file, which begins at the byte `start`. `is_verbatim` tells whether
    /// the file has the document without escapes, so that each position can be found there.
    Inline { start: usize, is_verbatim: bool },
}

/// A place in a file, where a person finds an element of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
    pub(super) span: Range<usize>,
}

impl Place {
    /// Returns the file in which the element is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the line of the element, cut to what a person looks at.
    pub fn line(&self) -> ShownLine {
        ShownLine::around(&self.text, self.span.clone())
    }

    pub(super) fn position(&self) -> Position {
        position(&self.text, self.span.start)
    }

    /// Returns the line of the place with a caret and a message.
    pub(super) fn render(&self, message: &str, colour: bool) -> String {
        let path = self.path.to_string_lossy();
        let line = Some(self.line());
        let severity = Severity::Info;
        Excerpt { severity, id: None, message, help: None, path: &path, line }.render(colour)
    }
}
