//! The remarks on cases: a case may pass for a reason that its author did not intend.

use flash_policy_core::diagnostics::Severity;
use flash_policy_core::source_text::Position;
use flash_policy_scenario::{CaseNote, NoteKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::Id;

/// A remark on a case or a matrix. It does not change the status.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Note {
    pub(crate) kind: Id<NoteKind>,
    pub(crate) severity: Id<Severity>,
    pub(crate) message: String,
    /// Advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    /// The line of the scenario file, from 1.
    pub(crate) line: u32,
    /// The column, in characters, from 1.
    pub(crate) column: u32,
}

impl Note {
    pub(crate) fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }
}

impl From<&CaseNote> for Note {
    fn from(note: &CaseNote) -> Self {
        Self {
            kind: Id(note.kind()),
            severity: Id(note.severity()),
            message: note.message().to_owned(),
            help: note.help().map(str::to_owned),
            line: note.line(),
            column: note.column(),
        }
    }
}
