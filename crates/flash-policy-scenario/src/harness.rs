//! Scenario files as tests: each case is a test of its own name, which `cargo test` and cargo-nextest list, filter and
//! retry as they do any other, and which nextest partitions over machines (feature `harness`).
//!
//! In `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! flash-policy-scenario = { version = "0.1", features = ["harness"] }
//!
//! [[test]]
//! name = "policies"
//! harness = false
//! ```
//!
//! And the whole of `tests/policies.rs`, for scenario files in the folder `tests/policies`:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     flash_policy_scenario::harness::run("tests/policies")
//! }
//! ```
//!
//! A case is called by its file and its name, `game::our own site may play`; a matrix is `game::matrix`. A file that
//! cannot be read, or in which something is wrong, is a test that fails.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use flash_policy_core::printable::printable;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{MatrixReport, Runner, Scenario, ScenarioError, Status};

/// Runs the scenario file at `path`, or every one of that folder, as the command line of a test binary says. A relative
/// path starts where `cargo test` does: at the package's `Cargo.toml`.
///
/// To find nothing is a failure.
#[must_use = "it says whether the tests passed: return it from `main`"]
pub fn run(path: impl AsRef<Path>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials(path.as_ref())).exit_code()
}

fn trials(path: &Path) -> Vec<Trial> {
    match crate::find(path) {
        Ok(files) => files.iter().flat_map(|file| trials_of(file, &name(file, path))).collect(),
        Err(error) => vec![failing(&path.to_string_lossy(), error)],
    }
}

fn trials_of(file: &Path, name: &str) -> Vec<Trial> {
    let scenario = match Scenario::read(file) {
        Ok(scenario) => Arc::new(scenario),
        Err(error) => return vec![failing(name, error)],
    };
    let case = |index: usize| {
        let (name, scenario) =
            (format!("{name}::{}", scenario.cases()[index].name()), scenario.clone());
        Trial::test(name, move || {
            let mut runner = Runner::new(&scenario);
            let case = runner.run(index);
            let place = (case.file(), case.line(), case.column());
            judge(case.status(), place, &case.to_string())
        })
    };
    let mut trials: Vec<Trial> = (0..scenario.cases().len()).map(case).collect();
    if scenario.has_matrix() {
        let matrix = scenario.clone();
        trials.push(Trial::test(format!("{name}::matrix"), move || {
            Runner::new(&matrix).run_matrix().map_or(Ok(()), judge_matrix)
        }));
    }
    trials
}

fn judge_matrix(matrix: &MatrixReport) -> Result<(), Failed> {
    judge(matrix.status(), (matrix.file(), matrix.line(), matrix.column()), &matrix.to_string())
}

fn judge(
    status: Status,
    (file, line, column): (&Path, u32, u32),
    text: &str,
) -> Result<(), Failed> {
    match status {
        Status::Passed => Ok(()),
        _ => Err(format!("{}:{line}:{column}:\n{text}", printable(file.display())).into()),
    }
}

/// A test that only says what is wrong with a file.
fn failing(name: &str, error: ScenarioError) -> Trial {
    Trial::test(name, move || Err(error.render(false).into()))
}

/// The file below the folder that was named, without `.toml`.
fn name(file: &Path, folder: &Path) -> String {
    let below = file.strip_prefix(folder).ok().filter(|below| below.file_name().is_some());
    let name = below.or(file.file_name().map(Path::new)).unwrap_or(file).to_string_lossy();
    name.strip_suffix(".toml").unwrap_or(&name).to_owned()
}
