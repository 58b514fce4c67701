//! [`find`]: the scenario files in a folder; and how much of a file is read.
//!
//! It looks at files, but does not parse them.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::ScenarioError;
use crate::files::ReadError;

/// Returns the scenario files at `path`, sorted.
///
/// A file counts whatever it contains. In a folder and below it, every `*.toml` counts that looks
/// like a scenario file: it has a line such as `version = 1`, `[[case]]`, `[[policy]]` or
/// `[matrix]`, even if it has errors. Hidden files and folders, `Cargo.toml` and
/// `flash-policy.toml` are left out, and links to folders are not followed.
///
/// ```
/// let error = flash_policy_scenario::find("no/such/folder").unwrap_err();
/// assert!(error.is_unreadable());
/// ```
///
/// # Errors
///
/// Returns an error if the path or a folder below it cannot be read, or if the folder has no
/// scenario file.
pub fn find(path: impl AsRef<Path>) -> Result<Vec<PathBuf>, ScenarioError> {
    let FoundFiles { scenarios, errors, .. } = find_all(path);
    errors.into_iter().next().map_or(Ok(scenarios), Err)
}

/// The files that [`find_all`] finds.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FoundFiles {
    /// The scenario files, sorted.
    pub scenarios: Vec<PathBuf>,
    /// The other `*.toml`, sorted, which do not look like scenario files.
    pub skipped: Vec<PathBuf>,
    /// The files and folders that cannot be read, or the reason why there is nothing to test.
    pub errors: Vec<ScenarioError>,
}

/// Returns the scenario files at `path`, as [`find`] does, and what else is there. A folder that
/// cannot be read does not hide the files of the others.
///
/// ```
/// let found = flash_policy_scenario::find_all("no/such/folder");
/// assert!(found.scenarios.is_empty() && found.errors[0].is_unreadable());
/// ```
pub fn find_all(path: impl AsRef<Path>) -> FoundFiles {
    let path = path.as_ref();
    let mut found = FoundFiles::default();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => found.scenarios.push(path.to_owned()),
        Err(error) => found.errors.push(unreadable(path, error)),
    }
    if !found.scenarios.is_empty() || !found.errors.is_empty() {
        return found;
    }
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        if let Err(error) = look_into(&folder, &mut found, &mut folders) {
            found.errors.push(unreadable(&folder, error));
        }
    }
    if found.scenarios.is_empty() && found.errors.is_empty() {
        let help = "put a scenario file in it, *.toml, or name another folder";
        let text = "there is no scenario file in this folder";
        found.errors.push(ScenarioError::nothing_to_test(path, text, help));
    }
    found.scenarios.sort();
    found.skipped.sort();
    found
}

/// Adds the files of a folder, and the folders in it.
fn look_into(folder: &Path, found: &mut FoundFiles, folders: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        // A link to a folder does not count as a folder here. It could lead in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.push(entry.path());
        } else if !has_name_of_a_scenario(&name) {
            continue;
        } else if looks_like_a_scenario(&entry.path()) {
            found.scenarios.push(entry.path());
        } else {
            found.skipped.push(entry.path());
        }
    }
    Ok(())
}

fn unreadable(at: &Path, error: io::Error) -> ScenarioError {
    let ReadError { message, help } = ReadError::at(at, error);
    ScenarioError::unreadable(at, message, help)
}

fn has_name_of_a_scenario(name: &str) -> bool {
    name.ends_with(".toml") && !["Cargo.toml", "flash-policy.toml"].contains(&name)
}

/// Returns whether a file looks like a scenario file. One that cannot be read counts, so that its
/// reader reports the reason.
fn looks_like_a_scenario(path: &Path) -> bool {
    let mut bytes = Vec::new();
    // A read of a pipe or a device could wait forever, and it is no scenario file.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return false;
    }
    let file = fs::File::open(path);
    if file.and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)).is_err() {
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

/// Returns whether a line without blanks is a top-level key of a scenario file. The `version` of
/// other TOML files, such as rustfmt's or a package's, is text and not a number.
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

/// The longest file that is read, in bytes: 1 MiB.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

pub(super) const TOO_LONG: &str = "it is longer than 1 MiB";

/// Reads a regular file of at most [`MAX_BYTES`]. Pipes and devices are refused, because a read of
/// them could wait forever.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    let metadata = fs::metadata(path).map_err(|error| ReadError::at(path, error))?;
    if metadata.is_dir() {
        return Err(ReadError::new("it is a directory"));
    }
    if !metadata.is_file() {
        return Err(ReadError::new("it is no regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(ReadError::from)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= MAX_BYTES => Ok(bytes),
        _ => Err(ReadError::new(TOO_LONG)),
    }
}

pub(super) fn utf8(bytes: Vec<u8>) -> Result<String, ReadError> {
    String::from_utf8(bytes).map_err(|_| ReadError::new("it is no UTF-8 text"))
}

/// Returns the path without any `folder/..`, so that a file has the same name whichever scenario
/// names it. Keeps the path if the short form is another file, because the folder is a link.
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
