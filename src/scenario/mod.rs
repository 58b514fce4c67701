//! Scenario files: what a policy must and must not allow, as data, decided twice.
//!
//! A scenario file declares what stands at which logical endpoint, and cases: who connects to what, and what must come
//! of it. Each case is decided by the evaluator and over real sockets, which must agree on everything.
//!
//! ```toml
//! version = 1
//! title = "Our site may play, and nobody else"
//! profile = "flash-10"                        # or flash-9-124, strict
//!
//! [[policy]]                                  # who answers policy requests, by logical endpoint
//! at = "game.example.com:843"
//! xml = '''
//! <cross-domain-policy>
//!   <allow-access-from domain="*.example.com" to-ports="5000"/>
//! </cross-domain-policy>
//! '''                                         # or file = "policy.xml", relative to this file
//! faults = ["delay=500ms"]                    # what the server does wrong: see wire::Fault
//!
//! [[policy]]
//! at = "game.example.com:2525"
//! state = "silent"                            # instead of a document: refused, dropped or silent
//!
//! [[backend]]                                 # behind a policy at the same endpoint, which then answers in-band
//! at = "game.example.com:5000"
//! state = "up"                                # or down, firewalled, silent, closes, unknown-name
//!
//! [[case]]
//! name = "our own site may play"
//! swf = "http://www.example.com/game.swf"     # or sandbox = "local-trusted"
//! connect = "game.example.com:5000"
//! expect = "permitted"                        # or denied, unreachable
//!
//! [[case]]
//! name = "the backend is firewalled, and the player will blame the policy"
//! swf = "http://www.example.com/game.swf"
//! connect = "game.example.com:5000"
//! session = "ada"                             # cases of one session share a player and its cached policies
//! profile = "strict"                          # for this case
//! timeout = "10s"                             # Socket.timeout
//! load-policy-files = ["xmlsocket://game.example.com:2525"]                    # before the connect
//! with.backend = { "game.example.com:5000" = "firewalled" }                    # this case's changes to the stage
//! with.policy = { "game.example.com:2525" = "refused" }
//! with.faults = { "game.example.com:843" = ["split=10"] }
//! expect = "unreachable"
//! cause = "backend-timed-out"                 # optional, as all that follows
//! event = "securityError#2048"                # the first that the SWF gets; `then` is a second one
//! granted-by = "game.example.com:843"         # or sandbox
//! requests = { "game.example.com:843" = 1, "game.example.com:2525" = 0 }       # policy requests seen there
//! ```
//!
//! A `[matrix]` with `swf = […]`, `connect = […]` and `snapshot = "matrix.txt"` pins every combination.
//!
//! [`run`] runs a file or a folder of them. [`Scenario::read`] and [`Runner`] run chosen cases, one by one.
//! With the feature `harness` each case is a test of its own name.

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
mod toml_text;

use std::path::Path;

pub use error::ScenarioError;
pub use load::find;
pub use matrix::MatrixReport;
pub use model::{Case, Expectation, Scenario};
pub use report::{CaseReport, Mismatch, Report, RuleCoverage, Status};
pub use runner::Runner;
#[cfg(feature = "cli")]
pub(crate) use {
    legal::{PROFILES, SANDBOXES, nearest},
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
