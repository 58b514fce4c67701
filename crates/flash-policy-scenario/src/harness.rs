//! Scenario files as tests: each case is a test with its own name (feature `harness`).
//!
//! `cargo test` and cargo-nextest list, filter and retry such a test like any other, and nextest
//! partitions them over machines.
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
//! This is the whole of `tests/policies.rs`, for scenario files in the folder `tests/policies`:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     flash_policy_scenario::harness::run("tests/policies")
//! }
//! ```
//!
//! The name of a test has the file and the case, as in `game::our own site may play`. A matrix is
//! `game::matrix`. A file that cannot be read or is invalid is a test that fails.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use flash_policy_core::printable::printable;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{MatrixReport, Runner, Scenario, ScenarioError, Status};

/// Runs the scenario file at `path`, or every scenario file in that folder. The process's arguments
/// are those of a test binary: filters, `--list`, and so on.
///
/// A relative path starts at the folder of the package's `Cargo.toml`, where `cargo test` starts
/// tests. A folder without scenario files counts as a failed test.
#[must_use = "it says whether the tests passed: return it from `main`"]
pub fn run(path: impl AsRef<Path>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials(path.as_ref())).exit_code()
}

fn trials(path: &Path) -> Vec<Trial> {
    match crate::find(path) {
        Ok(files) => {
            files.iter().flat_map(|file| trials_of(file, &file_name(file, path))).collect()
        }
        Err(error) => vec![failing_trial(&path.to_string_lossy(), error)],
    }
}

fn trials_of(file: &Path, name: &str) -> Vec<Trial> {
    let scenario = match Scenario::read(file) {
        Ok(scenario) => Arc::new(scenario),
        Err(error) => return vec![failing_trial(name, error)],
    };
    let case = |index: usize| {
        let name = format!("{name}::{}", scenario.cases()[index].name());
        let scenario = scenario.clone();
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

/// Creates a test that fails with the error of a file.
fn failing_trial(name: &str, error: ScenarioError) -> Trial {
    Trial::test(name, move || Err(error.render(false).into()))
}

/// Returns the path of a file below the folder, without `.toml`.
fn file_name(file: &Path, folder: &Path) -> String {
    let below = file.strip_prefix(folder).ok().filter(|below| below.file_name().is_some());
    let name = below.or(file.file_name().map(Path::new)).unwrap_or(file).to_string_lossy();
    name.strip_suffix(".toml").unwrap_or(&name).to_owned()
}
