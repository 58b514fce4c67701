//! The findings of `check`, and its fixes.

use flash_policy_core::diagnostics::{Diagnostic, Severity};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::source_text::{Position, ShownLine, span};
use schemars::JsonSchema;
use serde::Serialize;

use super::verdict::fingerprint;
use super::{CheckResult, CommandResult, Id, SourceLine};
use crate::input::SkipReason;

/// One finding of `check`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// The rule's id, such as `FSP-D01`.
    pub(crate) rule: &'static str,
    /// The rule's name, such as `missing-to-ports`.
    pub(crate) name: &'static str,
    pub(crate) severity: Id<Severity>,
    pub(crate) file: String,
    /// The line, from 1; null if the finding is about the document as a whole.
    pub(crate) line: Option<u32>,
    /// The column, in characters, from 1.
    pub(crate) column: Option<u32>,
    pub(crate) message: String,
    /// Advice.
    pub(crate) help: String,
    /// A stable identity, which depends neither on the finding's position nor on its wording.
    pub(crate) fingerprint: String,
    /// The text of the line; null if the finding is about the document as a whole.
    pub(crate) source: Option<SourceLine>,
    /// True if it makes the command fail, by `--fail-on`.
    pub(crate) fails: bool,
}

/// A finding that does not count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SuppressedFinding {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    /// The reason why it does not count.
    pub(crate) reason: String,
    pub(crate) suppressed_by: Suppressor,
}

/// The source that suppresses a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Suppressor {
    /// A comment in the document.
    Document,
    /// `flash-policy.toml`.
    Settings,
    /// `--baseline`.
    Baseline,
}

/// A document that was examined.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ExaminedDocument {
    pub(crate) file: String,
    pub(crate) kind: Id<PolicyKind>,
}

/// A document with its findings.
pub(crate) struct Examined {
    pub(crate) document: ExaminedDocument,
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressed: Vec<SuppressedFinding>,
}

/// A master policy and an in-band policy of the same host, which were checked as a pair.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PolicyPair {
    /// The file of the master policy.
    pub(crate) master: String,
    /// The file of the in-band policy.
    pub(crate) in_band: String,
    /// The rules of the master that grant something that the in-band policy does not grant.
    pub(crate) only_in_master: Vec<String>,
    /// The rules of the in-band policy that grant something that the master does not grant.
    pub(crate) only_in_band: Vec<String>,
}

/// Files in folders that were not examined, for one reason.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SkippedFiles {
    pub(crate) reason: Id<SkipReason>,
    pub(crate) count: usize,
    /// With `--list-skipped`: the files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<String>,
}

/// The counts of `check`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct CheckSummary {
    /// The number of documents that were examined.
    pub(crate) files: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) infos: usize,
    pub(crate) suppressed: usize,
    /// The number of files in folders that were not examined.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub(crate) skipped: usize,
}

/// Automatic fixes of documents.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Fixes {
    /// True if the files were changed; false if the fixes are only shown.
    pub(crate) written: bool,
    pub(crate) fixed: Vec<FixedFinding>,
    /// The changes that the fixes make to the policies' grants, in words.
    pub(crate) changes: Vec<String>,
    /// With `--diff`: the fixes, as patches.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) patch: String,
}

/// A finding that a fix removes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FixedFinding {
    pub(crate) rule: &'static str,
    pub(crate) file: String,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    /// The rules that the fix brings to life; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revives: Option<String>,
    /// The question that the fix cannot decide; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caution: Option<&'static str>,
}

impl Finding {
    /// Creates a finding from a diagnostic of a document with this text.
    pub(crate) fn new(
        diagnostic: &Diagnostic,
        severity: Severity,
        file: &str,
        text: &str,
        fails: bool,
    ) -> Self {
        let position = diagnostic.position();
        let source = position.map(|position| ShownLine::around(text, span(text, position)));
        Self {
            rule: diagnostic.rule().id(),
            name: diagnostic.rule().name(),
            severity: Id(severity),
            file: file.to_owned(),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            message: diagnostic.message().to_owned(),
            help: diagnostic.help().to_owned(),
            fingerprint: fingerprint(diagnostic),
            source: source.map(SourceLine::from),
            fails,
        }
    }

    pub(crate) fn position(&self) -> Option<Position> {
        Some(Position { line: self.line?, column: self.column? })
    }
}

impl CheckResult {
    /// Adds a document. The summary is not kept up to date.
    pub(crate) fn add(&mut self, examined: Examined) {
        self.documents.push(examined.document);
        self.findings.extend(examined.findings);
        self.suppressed.extend(examined.suppressed);
    }

    /// Returns the result of the command, with its summary.
    pub(crate) fn summarized(self) -> CommandResult {
        let severities = self.findings.iter().map(|finding| finding.severity.0);
        let count = |severity| severities.clone().filter(|one| *one == severity).count();
        let summary = CheckSummary {
            files: self.documents.len(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            suppressed: self.suppressed.len(),
            skipped: self.skipped.iter().map(|skipped| skipped.count).sum(),
        };
        CommandResult::Check(Self { summary, ..self })
    }
}
