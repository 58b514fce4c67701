//! The shape of a scenario file in TOML, with the place of each value.
//!
//! `read.rs` checks what the values mean. The doc comments of these types are the descriptions in
//! the JSON schema, so they address the author of a scenario file.

use std::collections::BTreeMap;
use std::ops::Range;

#[cfg(feature = "schema")]
use flash_policy_core::PlayerEvent;
use serde::Deserialize;
use toml::Spanned;

#[cfg(feature = "schema")]
use super::values::{self, ids};

/// A scenario file: policies, backends, and the connection attempts to test.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Scenario"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ScenarioFile {
    /// The version of this format. It must be 1.
    #[cfg_attr(feature = "schema", schemars(with = "i64", extend("const" = 1)))]
    pub(super) version: Option<At<i64>>,
    /// A title for people.
    pub(super) title: Option<String>,
    /// The player to simulate in all cases. Default: `flash-10`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::profiles()))))]
    pub(super) profile: Option<Text>,
    /// The endpoints that answer policy requests.
    #[serde(default)]
    pub(super) policy: Vec<PolicyEntry>,
    /// The servers that SWFs connect to.
    #[serde(default)]
    pub(super) backend: Vec<BackendEntry>,
    /// The connection attempts to test, in order.
    #[serde(default)]
    pub(super) case: Vec<CaseEntry>,
    /// A table of every combination of SWFs and targets, compared with a snapshot file.
    pub(super) matrix: Option<MatrixEntry>,
}

/// An endpoint that answers policy requests. Give it exactly one of `file`, `xml` and `state`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Policy"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PolicyEntry {
    /// The logical HOST:PORT, as the SWF sees it.
    pub(super) at: Text,
    /// The file of the policy document, relative to the scenario file.
    pub(super) file: Option<Text>,
    /// The policy document itself.
    pub(super) xml: Option<Text>,
    /// The state of an endpoint that serves no document.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::policy_states()))))]
    pub(super) state: Option<Text>,
    /// The faults of the first connection, the second, and so on. The last one repeats.
    pub(super) faults: Option<At<Vec<Text>>>,
}

/// A server that SWFs connect to. With a policy at its endpoint, it answers policy requests too.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Backend"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BackendEntry {
    /// The logical HOST:PORT, as the SWF sees it.
    pub(super) at: Text,
    /// The state of the server. Default: `up`, which echoes.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::backend_states()))))]
    pub(super) state: Option<Text>,
}

/// One connection attempt, and its expected result. Give it exactly one of `swf` and `sandbox`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Case"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CaseEntry {
    /// The name of the case: a sentence that says what is tested. It is unique in the file.
    pub(super) name: Text,
    /// The URL of the SWF, or `sandbox:` and the id of a sandbox.
    pub(super) swf: Option<Text>,
    /// The sandbox of a SWF without a URL.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::sandboxes()))))]
    pub(super) sandbox: Option<Text>,
    /// The HOST:PORT that the SWF connects to. The port may be out of range.
    pub(super) connect: Text,
    /// The expected verdict.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::verdicts()))))]
    pub(super) expect: Text,
    /// The expected cause. Without it, any cause of the verdict will do.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::causes()))))]
    pub(super) cause: Option<Text>,
    /// The expected first event of the SWF.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(PlayerEvent::OF_SOCKETS))))]
    pub(super) event: Option<Text>,
    /// The expected second event of the SWF, where the player sends two.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(PlayerEvent::OF_SOCKETS))))]
    pub(super) then: Option<Text>,
    /// The expected grantor: the HOST:PORT of a policy, or `sandbox` if no policy is needed.
    pub(super) granted_by: Option<Text>,
    /// The expected number of policy requests, by the HOST:PORT that receives them.
    #[serde(default)]
    pub(super) requests: BTreeMap<Text, At<usize>>,
    /// The ids of exactly the diagnostics that are expected, in any order.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub(super) diagnostics: Option<Vec<Text>>,
    /// The URLs to pass to `Security.loadPolicyFile` before the connect.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub(super) load_policy_files: Vec<Text>,
    /// Whether the case may name a host that no entry names. Without it, such a host is a warning.
    #[serde(default)]
    pub(super) unknown_host: bool,
    /// Changes to the policies and backends for this case alone.
    #[serde(default)]
    pub(super) with: WithEntry,
    /// The name of a player session. Its cases share cached policies, in the order of the file.
    pub(super) session: Option<String>,
    /// The player to simulate in this case. Default: the file's `profile`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ids(&values::profiles()))))]
    pub(super) profile: Option<Text>,
    /// The value of `Socket.timeout`, such as `20s`.
    pub(super) timeout: Option<Text>,
}

/// Changes to policies and backends for one case, by HOST:PORT.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "With"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WithEntry {
    /// The state of an endpoint, instead of serving its policy document.
    #[serde(default)]
    #[cfg_attr(
        feature = "schema",
        schemars(extend("additionalProperties" = values::one_of(&values::policy_states())))
    )]
    pub(super) policy: BTreeMap<Text, Text>,
    /// The state of a backend.
    #[serde(default)]
    #[cfg_attr(
        feature = "schema",
        schemars(extend("additionalProperties" = values::one_of(&values::backend_states())))
    )]
    pub(super) backend: BTreeMap<Text, Text>,
    /// The faults of a policy server, in place of its own.
    #[serde(default)]
    pub(super) faults: BTreeMap<Text, At<Vec<Text>>>,
}

/// A table of every combination of these SWFs and targets.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Matrix"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MatrixEntry {
    /// The SWFs: URLs, or `sandbox:` and the id of a sandbox.
    pub(super) swf: At<Vec<Text>>,
    /// The targets, as HOST:PORT. A port may be out of range.
    pub(super) connect: At<Vec<Text>>,
    /// The snapshot file with the expected verdicts, relative to the scenario file.
    pub(super) snapshot: Text,
    /// Whether `connect` may name a host that no entry names. Without it, such a host is a warning.
    #[serde(default)]
    pub(super) unknown_host: bool,
}

// A value with its place in the file. This is not a doc comment, because the schema would show it
// at each value.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub(super) struct At<T>(#[cfg_attr(feature = "schema", schemars(with = "T"))] Spanned<T>);

pub(super) type Text = At<String>;

impl<T> At<T> {
    pub(super) fn value(&self) -> &T {
        self.0.get_ref()
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.0.span()
    }
}
