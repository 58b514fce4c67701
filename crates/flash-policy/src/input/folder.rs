//! Walks a folder for policy documents. One entry that cannot be read does not end the walk.

use std::path::{Path, PathBuf};

use flash_policy_core::ids;
use flash_policy_scenario::files::ReadError;
use walkdir::{DirEntry, WalkDir};

use super::{Input, format, unreadable};
use crate::report::ReportedError;

ids! {
    /// The reasons why a file in a folder is not examined.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) enum SkipReason {
        /// Its name does not end in `.xml`.
        NotXml = "not-xml",
        /// It is XML, but clearly not a policy.
        OtherFormat = "other-format",
        /// Its name begins with a dot. A hidden folder counts as one file.
        Hidden = "hidden",
        /// It is a pipe, a device or a socket.
        Special = "special",
    }
}

impl SkipReason {
    /// Returns the reason in words, as in "2 files skipped: not XML".
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NotXml => "not XML",
            Self::OtherFormat => "XML of another format",
            Self::Hidden => "hidden",
            Self::Special => "not regular files",
        }
    }
}

/// An entry that a walk finds.
pub(crate) enum Found {
    Document(Input),
    Skipped(PathBuf, SkipReason),
    Unreadable(ReportedError),
}

/// Walks a folder in the order of names. It follows links, and stops where a link leads back.
pub(crate) fn walk(folder: &Path) -> impl Iterator<Item = Found> {
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    let mut walk = walk.into_iter();
    std::iter::from_fn(move || {
        loop {
            let found = match walk.next()? {
                Ok(entry) if entry.depth() > 0 && is_hidden(&entry) => {
                    if entry.file_type().is_dir() {
                        walk.skip_current_dir();
                    }
                    Some(Found::Skipped(entry.into_path(), SkipReason::Hidden))
                }
                Ok(entry) => of_entry(&entry),
                Err(error) => of_error(error),
            };
            if found.is_some() {
                return found;
            }
        }
    })
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn of_entry(entry: &DirEntry) -> Option<Found> {
    if entry.file_type().is_dir() {
        return None;
    }
    let path = entry.path();
    if !is_xml(path) {
        return Some(Found::Skipped(path.to_owned(), SkipReason::NotXml));
    }
    if !entry.file_type().is_file() {
        return Some(Found::Skipped(path.to_owned(), SkipReason::Special));
    }
    Some(match Input::read(path) {
        Ok(input) if format::is_policy_document(path, &input.bytes) => Found::Document(input),
        Ok(_) => Found::Skipped(path.to_owned(), SkipReason::OtherFormat),
        Err(error) => Found::Unreadable(error),
    })
}

/// Returns what an entry is that cannot be walked: a link that leads nowhere or in a circle, or a
/// folder that may not be read.
fn of_error(error: walkdir::Error) -> Option<Found> {
    if error.loop_ancestor().is_some() {
        // The folder that the link leads back to is being walked already.
        return None;
    }
    let path = error.path().map(Path::to_owned).unwrap_or_default();
    let is_link = path.is_symlink();
    // A link may lead to a folder, so only another extension shows that it cannot matter.
    if is_link && path.extension().is_some() && !is_xml(&path) {
        return Some(Found::Skipped(path, SkipReason::NotXml));
    }
    if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
        return Some(Found::Skipped(path, SkipReason::Hidden));
    }
    let reason = match error.into_io_error() {
        Some(error) => ReadError::at(&path, error),
        None => ReadError::new("it cannot be read"),
    };
    Some(Found::Unreadable(unreadable(&path.display().to_string(), reason)))
}

/// Returns whether a walk would find this file as a document.
pub(crate) fn is_examined(path: &Path) -> bool {
    let is_document = |input: Input| format::is_policy_document(path, &input.bytes);
    is_xml(path) && path.is_file() && Input::read(path).is_ok_and(is_document)
}

fn is_xml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
}
