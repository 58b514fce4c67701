//! The server that `run` starts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// The server under test, and its end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ServerUnderTest {
    /// The logical location at which it answers policy requests.
    pub(crate) location: String,
    /// The command line that was passed to the shell, with its placeholders replaced.
    pub(crate) command: String,
    /// The picked ports, by the names of their placeholders.
    pub(crate) ports: BTreeMap<String, u16>,
    /// The last MiB that it wrote to stdout and stderr. If it was started again, a line between the
    /// outputs says so.
    pub(crate) output: String,
    /// True if it ended by itself with a failure. From then on, every player is denied.
    pub(crate) has_crashed: bool,
    /// The exit status with which the last start ended by itself.
    #[serde(skip)]
    pub(crate) ended: Option<String>,
    /// The number of times that it ended by itself with a failure.
    pub(crate) crashes: usize,
    /// The number of times that it was started again after it had ended by itself.
    pub(crate) restarts: usize,
    /// The unusual facts about its end, one sentence each: it ended by itself, had to be killed, or
    /// left its process group.
    pub(crate) remarks: Vec<String>,
}
