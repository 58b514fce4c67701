//! Scenario files: what a policy must and must not allow, as data, each case decided twice.
//!
//! A file declares policies, backends and cases; a case says who asks for what and what must come of
//! it. Each is decided by the rules alone and over real sockets. [`run`] runs a file or a folder of
//! them. [`Scenario::read`] and [`Runner`] run chosen cases, one by one. With the feature `harness`
//! each case is a test of its own name.
//!
//! ```
//! use flash_policy_scenario::Scenario;
//!
//! let scenario = Scenario::parse(
//!     r#"
//!     version = 1
//!
//!     [[policy]]
//!     at = "game.example.com:843"
//!     xml = '<cross-domain-policy><allow-access-from domain="*.example.com" to-ports="5000"/></cross-domain-policy>'
//!
//!     [[backend]]
//!     at = "game.example.com:5000"
//!
//!     [[case]]
//!     name = "our own site may play"
//!     swf = "http://www.example.com/game.swf"
//!     connect = "game.example.com:5000"
//!     expect = "permitted"
//!     "#,
//!     "game.toml",
//! )?;
//! let report = scenario.run();
//! assert!(report.is_success(), "{report}");
//! # Ok::<(), flash_policy_scenario::ScenarioError>(())
//! ```

mod decide;
mod error;
pub mod excerpt;
mod file;
pub mod files;
mod find;
#[cfg(feature = "harness")]
pub mod harness;
mod matrix;
mod model;
mod read;
mod report;
mod runner;
mod source;
mod status;
pub mod toml_text;
pub mod values;

use std::path::Path;

pub use error::ScenarioError;
pub use find::find;
pub use matrix::MatrixReport;
pub use model::{Case, Connect, Expectation, Scenario};
pub use report::{CaseReport, Mismatch, RuleCoverage, ScenarioReport};
pub use runner::Runner;
pub use status::Status;

/// Runs a scenario file, or every one of a folder: those that [`find`] finds.
///
/// ```
/// # std::env::set_current_dir("../..").unwrap();
/// let report = flash_policy_scenario::run("fixtures/scenarios/own-site.toml")?;
/// assert!(report.is_success(), "{report}");
/// # Ok::<(), flash_policy_scenario::ScenarioError>(())
/// ```
///
/// # Errors
///
/// A file cannot be read, or something in it is wrong: then nothing is run. Or there is nothing to test.
///
/// # Panics
///
/// Inside a tokio runtime, which it would block.
pub fn run(path: impl AsRef<Path>) -> Result<ScenarioReport, ScenarioError> {
    let scenarios = find(path)?.into_iter().map(Scenario::read).collect::<Result<Vec<_>, _>>()?;
    let mut report = ScenarioReport::default();
    for scenario in scenarios {
        report.merge(scenario.run());
    }
    Ok(report)
}

/// Returns the JSON schema of a scenario file.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(file::ScenarioFile)
}
