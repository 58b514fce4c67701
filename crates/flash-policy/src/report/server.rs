//! The server that `run` has started.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// The server under test, and how it ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ServerUnderTest {
    /// The logical location at which it answers policy requests.
    pub(crate) location: String,
    /// The line that the shell was given.
    pub(crate) command: String,
    /// The picked ports, by the names of their placeholders.
    pub(crate) ports: BTreeMap<String, u16>,
    /// What it wrote to stdout and stderr: the last MiB.
    pub(crate) output: String,
    /// Whether it ended by itself with a failure, which denies every player after it.
    pub(crate) has_crashed: bool,
    /// What was unusual about its end, a sentence each: that it ended by itself, had to be killed, or
    /// left its process group.
    pub(crate) remarks: Vec<String>,
}
