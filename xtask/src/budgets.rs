//! Checks what a consumer of the crates pays, and how large the sources are. It prints each figure.

use std::collections::BTreeSet;

use crate::Result;
use crate::sources::{self, Source};
use crate::workspace::{Dependency, dependencies};

/// The crates besides ours that a consumer of the fixture with default features may have to build.
const CRATES: usize = 10;
const LINES_OF_A_FILE: usize = 500;
const COLUMNS: usize = 100;

/// Checks every budget, and fails if one of them is exceeded.
pub(crate) fn run() -> Result {
    let mut budgets = Budgets::default();
    check_consumer(&mut budgets)?;
    check_core(&mut budgets)?;
    check_sources(&mut budgets, &sources::rust()?);
    budgets.verdict()
}

/// Counts the budgets that are exceeded.
#[derive(Default)]
struct Budgets {
    exceeded: usize,
}

impl Budgets {
    /// Prints a figure, and notes whether the budget is kept.
    fn check(&mut self, is_kept: bool, figure: &str) {
        println!("{}  {figure}", if is_kept { "ok  " } else { "OVER" });
        if !is_kept {
            self.exceeded += 1;
        }
    }

    /// Checks that nothing breaks a rule.
    fn check_none(&mut self, rule: &str, breaches: &[String]) {
        match breaches {
            [] => self.check(true, rule),
            _ => self.check(false, &format!("{rule}, but:\n      {}", breaches.join("\n      "))),
        }
    }

    fn verdict(self) -> Result {
        match self.exceeded {
            0 => Ok(()),
            count => Err(format!("{count} over budget; see the lines that begin with OVER")),
        }
    }
}

fn check_consumer(budgets: &mut Budgets) -> Result {
    let dependencies = dependencies("flash-policy-fixture", &[])?;
    let foreign = dependencies.iter().filter(|dependency| !dependency.is_ours()).count();
    budgets.check(
        foreign <= CRATES,
        &format!("{foreign} crates besides ours for a consumer of the fixture; at most {CRATES}"),
    );
    budgets.check_none("each of them in one version", &in_two_versions(&dependencies));
    Ok(())
}

fn check_core(budgets: &mut Budgets) -> Result {
    let direct = dependencies("flash-policy-core", &["--depth", "1"])?;
    let names: Vec<_> = direct.iter().map(|dependency| dependency.name.as_str()).collect();
    budgets.check(
        names == ["roxmltree"],
        &format!("flash-policy-core depends on roxmltree alone: {}", names.join(", ")),
    );
    let all = dependencies("flash-policy-core", &["--all-features"])?;
    let runtime = all.iter().filter(|dependency| dependency.name.starts_with("tokio"));
    let runtime: Vec<_> = runtime.map(|dependency| dependency.name.clone()).collect();
    budgets.check_none("no feature of flash-policy-core brings tokio", &runtime);
    budgets.check_none("each crate below it in one version", &in_two_versions(&all));
    Ok(())
}

fn check_sources(budgets: &mut Budgets, sources: &[Source]) {
    let too_long = sources.iter().filter(|source| source.lines() > LINES_OF_A_FILE);
    budgets.check_none(
        &format!("{} files of Rust, none over {LINES_OF_A_FILE} lines", sources.len()),
        &too_long.map(|source| format!("{}: {}", source.path, source.lines())).collect::<Vec<_>>(),
    );
    let too_wide = sources.iter().flat_map(|source| source.lines_wider_than(COLUMNS));
    budgets.check_none(
        &format!("no line of Rust over {COLUMNS} columns"),
        &too_wide.collect::<Vec<_>>(),
    );
    let unfinished = sources.iter().filter(|source| !source.is_test());
    budgets.check_none(
        &format!("no {} outside tests", sources::UNFINISHED),
        &unfinished.flat_map(Source::unfinished).collect::<Vec<_>>(),
    );
}

/// Returns the names that stand for more than one version.
fn in_two_versions(dependencies: &BTreeSet<Dependency>) -> Vec<String> {
    let sorted: Vec<_> = dependencies.iter().collect();
    let pairs = sorted.windows(2).filter(|pair| pair[0].name == pair[1].name);
    pairs
        .map(|pair| format!("{} {} and {}", pair[0].name, pair[0].version, pair[1].version))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_in_two_versions_is_named_with_both() {
        let crates = [("libc", "0.2.1"), ("tokio", "1.0.0"), ("libc", "0.3.0")];
        let crates =
            crates.map(|(name, version)| Dependency { name: name.into(), version: version.into() });
        assert_eq!(in_two_versions(&crates.into()), ["libc 0.2.1 and 0.3.0"]);
    }

    #[test]
    fn a_budget_that_is_exceeded_fails_the_job() {
        let mut budgets = Budgets::default();
        budgets.check(true, "1 crate");
        budgets.check_none("no long line", &["lib.rs:7".into()]);
        assert!(budgets.verdict().unwrap_err().starts_with("1 over budget"));
    }
}
