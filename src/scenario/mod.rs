//! Scenario files: what a policy must and must not allow, as data, decided twice.
//!
//! [`run`] runs a file or a folder of them. [`Scenario::read`] and [`Runner`] run chosen cases, one by one.
//! With the feature `harness` each case is a test of its own name.
#![doc = ""]
#![doc = include_str!("../../docs/scenarios.md")]

mod decide;
mod error;
mod file;
mod legal;
mod load;
mod matrix;
mod model;
mod read;
mod report;
mod runner;
mod source;
mod status;
mod toml_text;

use std::path::Path;

pub use error::ScenarioError;
pub use load::find;
pub use matrix::MatrixReport;
pub use model::{Case, Expectation, Scenario};
pub use report::{CaseReport, Mismatch, Report, RuleCoverage};
pub use runner::Runner;
pub use status::Status;
#[cfg(feature = "cli")]
pub(crate) use {
    legal::{Illegal, connect, duration, fault, harmless, nearest, profile, suggest, swf},
    model::Connect,
    toml_text::{parse as parse_toml, wrong as wrong_toml},
};

/// Runs a scenario file, or every one of a folder: those that [`find`] finds.
///
/// ```
/// let report = flash_policy_fixture::scenario::run("fixtures/scenarios/own-site.toml")?;
/// assert!(report.is_success(), "{report}");
/// # Ok::<(), flash_policy_fixture::scenario::ScenarioError>(())
/// ```
///
/// # Errors
///
/// A file cannot be read, or something in it is wrong: then nothing is run. Or there is nothing to test.
///
/// # Panics
///
/// Inside a tokio runtime, which it would block.
pub fn run(path: impl AsRef<Path>) -> Result<Report, ScenarioError> {
    let scenarios = find(path)?.into_iter().map(Scenario::read).collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::default();
    for scenario in scenarios {
        report.merge(scenario.run());
    }
    Ok(report)
}

/// The JSON schema of a scenario file.
#[cfg(feature = "cli")]
pub(crate) fn schema() -> schemars::Schema {
    schemars::schema_for!(file::File)
}
