//! The packages of this workspace, and what they depend on, as `cargo tree` lists them.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Result;
use crate::command::{cargo, output};

/// Cargo's options for all packages that can be published.
pub(crate) const PUBLISHED: [&str; 5] = ["--workspace", "--exclude", "suite", "--exclude", "xtask"];

/// A package of the workspace.
#[derive(Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The names of its features, without `default`.
    pub(crate) features: Vec<String>,
}

/// A crate that another one is built from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Dependency {
    /// Returns whether it is a crate of this workspace.
    pub(crate) fn is_ours(&self) -> bool {
        self.name.starts_with("flash-policy")
    }
}

/// Returns the root folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Returns the packages that can be published.
pub(crate) fn members() -> Result<Vec<Member>> {
    let format = ["--all-features", "--depth", "0", "--format", "{p}|{f}"];
    let listed = tree(&[&PUBLISHED[..], &format].concat())?;
    lines(&listed).map(|line| member(line).ok_or_else(|| unreadable(line))).collect()
}

/// Returns the crates that a package is built from, itself left out.
pub(crate) fn dependencies(package: &str, options: &[&str]) -> Result<BTreeSet<Dependency>> {
    let listed = tree(&[&["--package", package], options].concat())?;
    let found = lines(&listed).map(|line| dependency(line).ok_or_else(|| unreadable(line)));
    let mut found = found.collect::<Result<BTreeSet<_>>>()?;
    found.retain(|dependency| dependency.name != package);
    Ok(found)
}

fn tree(options: &[&str]) -> Result<String> {
    output(cargo(&["tree", "--locked", "--edges", "normal", "--prefix", "none"]).args(options))
}

fn lines(listed: &str) -> impl Iterator<Item = &str> {
    listed.lines().filter(|line| !line.is_empty())
}

fn unreadable(line: &str) -> String {
    format!("cannot read this line of cargo tree: {line}")
}

/// Reads a line such as `flash-policy-core v0.1.0 (/path)|default,lint`.
fn member(line: &str) -> Option<Member> {
    let (package, features) = line.split_once('|')?;
    let Dependency { name, version } = dependency(package)?;
    let features = features.split(',').filter(|name| !["", "default"].contains(name));
    Some(Member { name, version, features: features.map(str::to_owned).collect() })
}

/// Reads a line such as `tokio v1.54.1 (*)`.
fn dependency(line: &str) -> Option<Dependency> {
    let (name, rest) = line.split_once(" v")?;
    let version = rest.split(' ').next()?;
    Some(Dependency { name: name.to_owned(), version: version.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_has_a_version_and_features() {
        let read = member("flash-policy-core v0.1.0 (/a b/core)|default,lint,extra").unwrap();
        assert_eq!((read.name.as_str(), read.version.as_str()), ("flash-policy-core", "0.1.0"));
        assert_eq!(read.features, ["lint", "extra"]);
    }

    #[test]
    fn a_member_may_have_no_feature() {
        let read = member("flash-policy v0.1.0 (/work)|").unwrap();
        assert_eq!(read.features, [""; 0]);
    }

    #[test]
    fn a_repeated_dependency_is_the_same_dependency() {
        let first = dependency("tokio v1.54.1").unwrap();
        assert_eq!(dependency("tokio v1.54.1 (*)"), Some(first));
    }
}
