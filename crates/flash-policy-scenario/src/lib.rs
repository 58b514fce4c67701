//! Scenario files: tests of a Flash policy as data, each case decided twice.
//!
//! A scenario file declares policies, backends and cases. A case says which SWF connects to which
//! endpoint, and which verdict it expects. The case is decided by the rules alone and again over
//! real sockets, and both must agree.
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
//!     xml = """
//!     <cross-domain-policy>
//!       <allow-access-from domain="*.example.com" to-ports="5000"/>
//!     </cross-domain-policy>"""
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
//!
//! # Where to start
//!
//! - [`run`]: a whole file, or every scenario file in a folder.
//! - [`Scenario::read`] and [`Runner`]: chosen cases, one by one, also against a real server.
#![cfg_attr(feature = "harness", doc = "- [`harness`]: each case as a test with its own name.")]
#![cfg_attr(feature = "schema", doc = "- [`schema`]: the JSON schema of a scenario file.")]
//!
//! The modules [`excerpt`], [`files`], [`toml_text`] and [`values`] are public for the
//! `flash-policy` command. They read and show what people write, so that the command and this crate
//! word their errors alike.
//!
//! # Limits
//!
//! - A scenario file, and each file that it names, is at most 1 MiB long.
//! - Running a scenario blocks. Inside a tokio runtime it panics; use a plain `#[test]` or
//!   `spawn_blocking`.

mod decide;
mod error;
pub mod excerpt;
mod file;
pub mod files;
mod find;
#[cfg(feature = "harness")]
pub mod harness;
mod matrix;
mod mismatch;
mod model;
mod nobody;
mod note;
mod read;
mod report;
mod runner;
mod source;
mod status;
pub mod toml_text;
pub mod values;

use std::path::Path;

pub use decide::Difference;
pub use error::ScenarioError;
pub use find::{FoundFiles, find, find_all};
pub use matrix::MatrixReport;
pub use mismatch::{ExpectedFact, Mismatch};
pub use model::{Case, Connect, Expectation, Scenario};
pub use note::{CaseNote, NoteKind};
pub use report::{CaseReport, RuleCoverage, ScenarioReport, deciding_text, mismatch_text};
pub use runner::Runner;
pub use source::Place;
pub use status::{DISAGREEMENT, Status, differences_text};

/// Runs a scenario file, or every scenario file that [`find`] finds in a folder.
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
/// Returns an error if a file cannot be read or is invalid, or if there is nothing to test. Nothing
/// is run then.
///
/// # Panics
///
/// Panics inside a tokio runtime, which it would block.
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
