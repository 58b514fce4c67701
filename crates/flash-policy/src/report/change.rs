//! The changes that `diff` finds.

use flash_policy_core::analysis::{self, Direction, Origin, Scheme};
use flash_policy_core::source_text::Position;
use schemars::JsonSchema;
use serde::Serialize;

use super::Id;

/// One difference in meaning.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Change {
    pub(crate) direction: Id<Direction>,
    /// The change in words, with an example.
    pub(crate) text: String,
    /// The change in words, without an example.
    pub(crate) name: String,
    /// The requesters, as domain patterns; empty for a change of the meta-policy.
    pub(crate) origins: Vec<String>,
    /// The exceptions from these patterns.
    pub(crate) except: Vec<String>,
    /// The scheme by which the SWF was loaded; absent for a change of the meta-policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scheme: Option<Id<Scheme>>,
    /// The ports, in the syntax of `to-ports`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ports: Option<String>,
    /// An example: a SWF and a port for which the two policies differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) witness: Option<Witness>,
    /// The line of the new policy that makes the difference; null if none does.
    pub(crate) line: Option<u32>,
    /// The column in that line, in characters, from 1.
    pub(crate) column: Option<u32>,
    /// True if it makes the command fail.
    pub(crate) fails: bool,
}

/// A SWF and a port for which two policies differ.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Witness {
    pub(crate) swf: String,
    pub(crate) port: u16,
}

/// The counts of `diff`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct DiffSummary {
    pub(crate) newly_permitted: usize,
    pub(crate) newly_denied: usize,
}

impl Change {
    /// Describes a change in the grants of a policy.
    pub(crate) fn of_grants(change: &analysis::Change, place: Option<Position>) -> Self {
        let witness = change.witness();
        let except = change.origins().iter().flat_map(Origin::except).map(ToString::to_string);
        let origins = change.origins().iter().map(|origin| origin.pattern().to_string());
        Self {
            direction: Id(change.direction()),
            text: change.to_string(),
            name: change.summary(),
            origins: origins.collect(),
            except: except.collect(),
            scheme: Some(Id(change.scheme())),
            ports: Some(change.ports().to_string()),
            witness: Some(Witness { swf: witness.swf().to_string(), port: witness.port() }),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            fails: false,
        }
    }

    /// Describes a change of the meta-policy.
    pub(crate) fn of_meta_policy(
        change: &analysis::MetaPolicyChange,
        place: Option<Position>,
    ) -> Self {
        let widens = change.widens();
        let direction = if widens { Direction::NewlyPermitted } else { Direction::NewlyDenied };
        Self {
            direction: Id(direction),
            text: change.to_string(),
            name: change.to_string(),
            origins: Vec::new(),
            except: Vec::new(),
            scheme: None,
            ports: None,
            witness: None,
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            fails: false,
        }
    }

    pub(crate) fn widens(&self) -> bool {
        self.direction.0 == Direction::NewlyPermitted
    }

    pub(crate) fn position(&self) -> Option<Position> {
        Some(Position { line: self.line?, column: self.column? })
    }
}

impl DiffSummary {
    pub(crate) fn of(changes: &[Change]) -> Self {
        let newly_permitted = changes.iter().filter(|change| change.widens()).count();
        Self { newly_permitted, newly_denied: changes.len() - newly_permitted }
    }
}
