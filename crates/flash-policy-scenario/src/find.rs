//! Files from the disk: how much of one is read, and which are scenario files.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::ScenarioError;
use crate::files::Unreadable;

/// The most bytes of a file that are read: 1 MiB.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

pub(super) const TOO_LONG: &str = "it is longer than 1 MiB";

/// The bytes of a regular file: a pipe or a device would be waited for.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let metadata = fs::metadata(path).map_err(Unreadable::from)?;
    if metadata.is_dir() {
        return Err(Unreadable::because("it is a directory"));
    }
    if !metadata.is_file() {
        return Err(Unreadable::because("it is no regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(Unreadable::from)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= MAX_BYTES => Ok(bytes),
        _ => Err(Unreadable::because(TOO_LONG)),
    }
}

pub(super) fn utf8(bytes: Vec<u8>) -> Result<String, Unreadable> {
    String::from_utf8(bytes).map_err(|_| Unreadable::because("it is no UTF-8 text"))
}

/// The scenario files at `path`: the file itself, whatever is in it, or in a folder every `*.toml` in it and below that
/// looks like one, sorted, but for hidden ones, `Cargo.toml` and `flash-policy.toml`. What has a line such as
/// `version = 1`, `[[case]]`, `[[policy]]` or `[matrix]` looks like one, even if something in it is wrong.
///
/// ```
/// let error = flash_policy_scenario::find("no/such/folder").unwrap_err();
/// assert!(error.is_unreadable());
/// ```
///
/// # Errors
///
/// The path or a folder below cannot be read, or there is no scenario file.
pub fn find(path: impl AsRef<Path>) -> Result<Vec<PathBuf>, ScenarioError> {
    let path = path.as_ref();
    let failed = |at: &Path, error| {
        let Unreadable { message, help } = Unreadable::from(error);
        ScenarioError::unreadable(at, message, help)
    };
    if !fs::metadata(path).map_err(|error| failed(path, error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut found, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
            let entry = entry.map_err(|error| failed(&folder, error))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // A link to a folder is not followed: it could lead in a circle.
            match entry.file_type() {
                _ if name.starts_with('.') => {}
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ if !name.ends_with(".toml")
                    || ["Cargo.toml", "flash-policy.toml"].contains(&&*name) => {}
                _ if looks_like_a_scenario(&entry.path()) => found.push(entry.path()),
                _ => {}
            }
        }
    }
    if found.is_empty() {
        let help = "put a scenario file in it, *.toml, or name another folder";
        return Err(ScenarioError::nothing_to_test(
            path,
            "there is no scenario file in this folder",
            help,
        ));
    }
    found.sort();
    Ok(found)
}

/// What cannot be read may be one: whoever reads it says why not.
fn looks_like_a_scenario(path: &Path) -> bool {
    let mut bytes = Vec::new();
    // Whatever is no regular file could be waited for.
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let file = is_file.then(|| fs::File::open(path).ok()).flatten();
    if file.and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes).ok()).is_none() {
        return true;
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut is_top_level = true;
    text.trim_start_matches('\u{feff}').lines().any(|line| {
        let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        is_top_level &= !line.starts_with('[');
        if is_top_level { is_key_of_a_scenario(&line) } else { is_table_of_a_scenario(&line) }
    })
}

/// rustfmt's `version` is text, and so are the versions of packages.
fn is_key_of_a_scenario(line: &str) -> bool {
    let has_number = |line: &str| line.starts_with(|c: char| c.is_ascii_digit());
    line.strip_prefix("version=").is_some_and(has_number)
        || ["case=[", "policy=[", "backend=["].iter().any(|key| line.starts_with(key))
}

fn is_table_of_a_scenario(line: &str) -> bool {
    ["[[case]]", "[[policy]]", "[[backend]]", "[case]", "[matrix]"]
        .iter()
        .any(|table| line.starts_with(table))
}

/// The path without `folder/..`, unless that is another file: a link goes elsewhere. So one file has one name, whichever
/// scenario names it.
pub(super) fn tidy(path: PathBuf) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match (part, tidy.components().next_back()) {
            (Component::ParentDir, Some(Component::Normal(_))) => drop(tidy.pop()),
            _ => tidy.push(part),
        }
    }
    match (fs::canonicalize(&path), fs::canonicalize(&tidy)) {
        (Ok(one), Ok(other)) if one == other => tidy,
        _ => path,
    }
}
