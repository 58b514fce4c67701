//! A scenario file as TOML has it: its shape, and where each value stands. What the values mean is read in `read.rs`.

use std::collections::BTreeMap;
use std::ops::Range;

#[cfg(feature = "schema")]
use flash_policy_core::PlayerEvent;
use serde::Deserialize;
use toml::Spanned;

#[cfg(feature = "schema")]
use super::values::{self, ids};

// A value, and where it stands in the file. Not a doc comment: that would be in the schema, of each value.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub(super) struct At<T>(#[cfg_attr(feature = "schema", schemars(with = "T"))] Spanned<T>);

pub(super) type Text = At<String>;

/// What stands where, and what must come of connection attempts.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Scenario"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ScenarioFile {
    /// The version of this format: 1.
    #[cfg_attr(feature = "schema", schemars(with = "i64", extend("const" = 1)))]
    pub(super) version: Option<At<i64>>,
    /// What the file is about.
    pub(super) title: Option<String>,
    /// Which player is simulated.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::profiles()))))]
    pub(super) profile: Option<Text>,
    /// Who answers policy requests.
    #[serde(default)]
    pub(super) policy: Vec<PolicyEntry>,
    /// What stands where SWFs want to go.
    #[serde(default)]
    pub(super) backend: Vec<BackendEntry>,
    /// What must come of connection attempts.
    #[serde(default)]
    pub(super) case: Vec<CaseEntry>,
    /// Every combination of requesters and targets, pinned in a file.
    pub(super) matrix: Option<MatrixEntry>,
}

/// Who answers policy requests at one endpoint: a document, or a state instead of one.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Policy"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PolicyEntry {
    /// The logical HOST:PORT.
    pub(super) at: Text,
    /// The document's file, relative to the scenario file.
    pub(super) file: Option<Text>,
    /// The document itself.
    pub(super) xml: Option<Text>,
    /// What the endpoint does instead of serving a document.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::policy_states()))))]
    pub(super) state: Option<Text>,
    /// What the server does wrong on the first connection, the second, and so on; the last one repeats.
    pub(super) faults: Option<At<Vec<Text>>>,
}

/// What stands at one endpoint behind the policy.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Backend"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BackendEntry {
    /// The logical HOST:PORT.
    pub(super) at: Text,
    /// What it does; `up`, so that it echoes, unless it says otherwise.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::backend_states()))))]
    pub(super) state: Option<Text>,
}

/// One connection attempt, and what must come of it.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Case"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CaseEntry {
    /// What is tested, as a sentence.
    pub(super) name: Text,
    /// The SWF's URL, or `sandbox:` and the id of a sandbox.
    pub(super) swf: Option<Text>,
    /// The sandbox of a SWF without a URL.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::sandboxes()))))]
    pub(super) sandbox: Option<Text>,
    /// The HOST:PORT that the SWF connects to; the port may be out of range.
    pub(super) connect: Text,
    /// The verdict.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::verdicts()))))]
    pub(super) expect: Text,
    /// The true cause.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::causes()))))]
    pub(super) cause: Option<Text>,
    /// The first event that the SWF gets.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(PlayerEvent::OF_SOCKETS))))]
    pub(super) event: Option<Text>,
    /// The second one, where the player sends two.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(PlayerEvent::OF_SOCKETS))))]
    pub(super) then: Option<Text>,
    /// The HOST:PORT whose policy grants, or `sandbox`.
    pub(super) granted_by: Option<Text>,
    /// How many policy requests an endpoint sees.
    #[serde(default)]
    pub(super) requests: BTreeMap<Text, At<usize>>,
    /// `Security.loadPolicyFile`, before the connect.
    #[serde(default)]
    pub(super) load_policy_files: Vec<String>,
    /// This case's changes to the stage.
    #[serde(default)]
    pub(super) with: WithEntry,
    /// Cases of one session share the player and its cached policies, in the order of the file.
    pub(super) session: Option<String>,
    /// Which player is simulated.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::profiles()))))]
    pub(super) profile: Option<Text>,
    /// `Socket.timeout`, such as `20s`.
    pub(super) timeout: Option<Text>,
}

/// A case's changes to the stage, by endpoint.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "With"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WithEntry {
    /// What a policy's endpoint does instead of serving its document.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = values::one_of(&values::policy_states()))))]
    pub(super) policy: BTreeMap<Text, Text>,
    /// What a backend does.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = values::one_of(&values::backend_states()))))]
    pub(super) backend: BTreeMap<Text, Text>,
    /// What a policy server does wrong.
    #[serde(default)]
    pub(super) faults: BTreeMap<Text, At<Vec<Text>>>,
}

/// Every combination of these requesters and targets.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Matrix"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MatrixEntry {
    /// URLs of SWFs, or `sandbox:` and the id of a sandbox.
    pub(super) swf: At<Vec<Text>>,
    /// HOST:PORT; the port may be out of range.
    pub(super) connect: At<Vec<Text>>,
    /// The file that pins the verdicts, relative to the scenario file.
    pub(super) snapshot: Text,
}

impl<T> At<T> {
    pub(super) fn value(&self) -> &T {
        self.0.get_ref()
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.0.span()
    }
}
