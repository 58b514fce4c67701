//! Packages every publishable crate as `cargo publish` would, and tests two of them unpacked.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::command::{self, cargo};
use crate::workspace::{self, Member, PUBLISHED};

/// The packages whose tests run unpacked.
const TESTED: [&str; 2] = ["flash-policy-core", "flash-policy-fixture"];

/// Packages and verifies the crates together, since none of them is in a registry yet.
pub(crate) fn run() -> Result {
    let target = new_target()?;
    let options = ["package", "--quiet", "--locked", "--allow-dirty"];
    command::run(cargo(&options).args(PUBLISHED).arg("--target-dir").arg(&target))?;
    test_unpacked(&target.join("package"), &workspace::members()?)
}

/// Returns a target folder that no run before has used, and removes those of earlier runs.
///
/// Cargo verifies the packages from a registry below its target folder, and keeps what it unpacks
/// of a registry for ever. In the same place it would find an older package of the same version.
fn new_target() -> Result<PathBuf> {
    let all = workspace::root().join("target/packages");
    if all.exists() {
        fs::remove_dir_all(&all).map_err(|error| format!("{}: {error}", all.display()))?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(all.join(now.as_nanos().to_string()))
}

/// Tests the folders that the verification unpacked, in a workspace of their own.
fn test_unpacked(folder: &Path, members: &[Member]) -> Result {
    let manifest = folder.join("Cargo.toml");
    write(&manifest, &manifest_of_unpacked(members))?;
    // With the same lock file, nothing has to be fetched.
    copy(&workspace::root().join("Cargo.lock"), &folder.join("Cargo.lock"))?;
    let mut tests = cargo(&["test", "--quiet", "--offline", "--all-features"]);
    tests.args(TESTED.iter().flat_map(|name| ["--package", name]));
    tests.arg("--manifest-path").arg(manifest);
    command::run(tests.arg("--target-dir").arg(workspace::root().join("target")))
}

/// Returns a manifest by which the unpacked crates find each other.
fn manifest_of_unpacked(members: &[Member]) -> String {
    let folder = |member: &Member| format!("{}-{}", member.name, member.version);
    let folders: Vec<_> = members.iter().map(|member| format!("{:?}", folder(member))).collect();
    let patch = |member: &Member| format!("{} = {{ path = {:?} }}\n", member.name, folder(member));
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[patch.crates-io]\n{}",
        folders.join(", "),
        members.iter().map(patch).collect::<String>(),
    )
}

fn write(path: &Path, text: &str) -> Result {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result {
    match fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{} to {}: {error}", from.display(), to.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unpacked_crates_take_each_other_from_their_folders() {
        let member =
            |name: &str| Member { name: name.into(), version: "0.1.0".into(), features: vec![] };
        let manifest = manifest_of_unpacked(&[member("one"), member("two")]);
        assert_eq!(
            manifest,
            "[workspace]\nresolver = \"3\"\nmembers = [\"one-0.1.0\", \"two-0.1.0\"]\n\n\
             [patch.crates-io]\none = { path = \"one-0.1.0\" }\ntwo = { path = \"two-0.1.0\" }\n",
        );
    }
}
