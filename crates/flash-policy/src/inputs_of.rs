//! The files that a command reads, so that no report overwrites one of them.

use std::path::{Path, PathBuf};

use flash_policy_scenario::{Scenario, find_all};

use crate::args::Command;
use crate::input::Input;
use crate::settings;

impl Command {
    /// Returns whether the command reads the file at this canonical path. It need not exist.
    pub(crate) fn reads(&self, path: &Path) -> bool {
        let is_here = |input: &Path| is_same(input, path);
        match self {
            Self::Check(check) => {
                let settings = check.config.clone().or_else(settings::find_file);
                check.paths.iter().any(|input| is_document(input, path))
                    || check
                        .baseline
                        .iter()
                        .chain(&check.master)
                        .chain(&settings)
                        .any(|input| is_here(input))
            }
            Self::Eval(eval) => {
                let baseline = &eval.exceptions.baseline;
                is_here(&eval.file)
                    || eval.master.iter().chain(baseline).any(|input| is_here(input))
            }
            Self::Diff(diff) => is_here(&diff.old) || is_here(&diff.new),
            Self::Test(test) => is_of_scenarios(&test.paths, path),
            Self::Run(run) => {
                is_of_scenarios(&run.scenario, path)
                    || run.failing.exceptions.baseline.as_deref().is_some_and(is_here)
            }
            Self::Probe(probe) => probe.failing.exceptions.baseline.as_deref().is_some_and(is_here),
            _ => false,
        }
    }
}

/// Returns whether `check` of the input, a file or a folder, examines the file at `path`.
fn is_document(input: &Path, path: &Path) -> bool {
    if !input.is_dir() {
        return is_same(input, path);
    }
    let folder = input.canonicalize();
    folder.is_ok_and(|folder| path.starts_with(folder)) && Input::is_examined_in_a_folder(path)
}

/// Returns whether the file at `path` is one of the scenarios, or a file that one of them names.
fn is_of_scenarios(inputs: &[PathBuf], path: &Path) -> bool {
    let files = inputs.iter().flat_map(|input| find_all(input).scenarios);
    files.into_iter().any(|file| {
        let named = || Scenario::read(&file).map(|scenario| scenario.files()).unwrap_or_default();
        is_same(&file, path) || named().iter().any(|named| is_same(named, path))
    })
}

fn is_same(input: &Path, path: &Path) -> bool {
    input.canonicalize().is_ok_and(|input| input == path)
}
