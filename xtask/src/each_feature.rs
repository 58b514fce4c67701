//! Checks that no crate relies on a feature that another package happens to enable.
//!
//! Features unify over all packages that one call of Cargo selects, so each package is checked
//! alone.

use crate::Result;
use crate::command::{self, cargo};
use crate::workspace::{self, Member};

/// Runs clippy on each package with no features, and with each feature alone.
pub(crate) fn run() -> Result {
    for member in workspace::members()? {
        check(&member, None)?;
        for feature in &member.features {
            check(&member, Some(feature))?;
        }
    }
    Ok(())
}

fn check(member: &Member, feature: Option<&str>) -> Result {
    println!("{}: {}", member.name, feature.unwrap_or("no features"));
    let mut clippy = cargo(&["clippy", "--quiet", "--locked", "--all-targets"]);
    clippy.args(["--package", &member.name, "--no-default-features"]);
    if let Some(feature) = feature {
        clippy.args(["--features", feature]);
    }
    command::run(clippy.args(["--", "-D", "warnings"]))
}
