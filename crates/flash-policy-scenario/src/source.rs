//! Where a policy document comes from, and where its elements stand there.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::document::{PolicyDocument, PolicyFile, readable};
use flash_policy_core::player::DecidingRule;
use flash_policy_core::source_text;

use super::error::position;
use crate::excerpt;

/// A scenario file, as it was called and as it reads.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
}

/// A policy document, and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) content: PolicyDocument,
    /// The content as a person sees it.
    text: Arc<str>,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A file, as the scenario file and its own `file` name it.
    File(PathBuf),
    /// In the scenario file: the byte where the value begins, and whether the document is written there as it is.
    Inline { start: usize, is_verbatim: bool },
}

/// An element of a policy, where a person finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
    pub(super) span: Range<usize>,
}

impl Document {
    pub(super) fn new(content: PolicyDocument, origin: Origin) -> Self {
        let text = readable(content.as_bytes()).into();
        Self { content, text, origin }
    }

    /// Where the elements of a document are that is the value `value`, written as `raw` at `span` of the scenario file.
    pub(super) fn inline(value: &str, raw: &str, span: Range<usize>) -> Self {
        let delimiter = if raw.starts_with("'''") || raw.starts_with("\"\"\"") { 3 } else { 1 };
        let body = raw.get(delimiter..).unwrap_or_default();
        // TOML drops a line end right behind the delimiter.
        let trimmed = body
            .strip_prefix("\r\n")
            .or_else(|| body.strip_prefix('\n'))
            .filter(|_| delimiter == 3);
        let body = trimmed.unwrap_or(body);
        let is_verbatim = body.len() == value.len() + delimiter && body.starts_with(value);
        let start = if is_verbatim { span.start + raw.len() - body.len() } else { span.start };
        Self::new(value.into(), Origin::Inline { start, is_verbatim })
    }

    pub(super) fn policy(&self) -> Option<PolicyFile> {
        PolicyFile::parse(self.content.as_bytes()).ok()
    }

    /// Where the element stands that decided. Faults may have moved it on the wire: what counts is how it reads.
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

    /// Where a position of the document is found.
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

impl Place {
    pub(super) fn position(&self) -> Position {
        position(&self.text, self.span.start)
    }

    /// The line with a caret.
    pub(super) fn render(&self, message: &str, colour: bool) -> String {
        let path = self.path.to_string_lossy();
        let (text, span) = (&*self.text, Some(self.span.clone()));
        let excerpt = excerpt::Excerpt {
            severity: Severity::Info,
            id: None,
            message,
            help: None,
            path: &path,
            text,
            span,
        };
        excerpt.render(colour)
    }
}
