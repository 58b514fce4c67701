//! Reads policy documents and text files, from paths, folders and standard input.

mod bounded;
mod folder;
mod format;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use flash_policy_core::document::readable;
use flash_policy_scenario::files::ReadError;

use crate::report::{ErrorKind, ReportedError};
use folder::Found;

pub(crate) use folder::SkipReason;

/// The name of standard input in reports.
pub(crate) const STDIN: &str = "<stdin>";

/// The most bytes that are read of a policy. A player rejects far smaller ones already.
const MAX_POLICY: u64 = 1024 * 1024;

/// The most bytes that are read of settings or of an earlier report.
const MAX_TEXT: u64 = 64 * 1024 * 1024;

/// A document that was read, with its name in reports.
pub(crate) struct Input {
    /// `None` for standard input.
    pub(crate) path: Option<PathBuf>,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// The folder in which it was found; `None` if it was named itself.
    folder: Option<PathBuf>,
}

impl Input {
    /// Reads a file, or stdin if the path is `-`. Reads at most [`MAX_POLICY`] bytes.
    pub(crate) fn read(path: &Path) -> Result<Self, ReportedError> {
        if path == Path::new("-") {
            let bytes = bounded::read_at_most(MAX_POLICY, io::stdin().lock())
                .map_err(|error| unreadable(STDIN, error.into()))?;
            return Ok(Self { path: None, name: STDIN.to_owned(), bytes, folder: None });
        }
        let name = path.display().to_string();
        if path.is_dir() {
            let error = ReportedError::new(ErrorKind::UnreadableFile, "it is a directory");
            let error = error.help("name a policy document, or - for standard input");
            return Err(error.in_file(name));
        }
        let bytes = bounded::read(path, MAX_POLICY).map_err(|error| unreadable(&name, error))?;
        Ok(Self { path: Some(path.to_owned()), bytes, name, folder: None })
    }

    /// Reads the policy documents at these paths, each once, and passes each to `examine`. Returns
    /// what was not read.
    ///
    /// A file counts as a document whatever it holds. In a folder, each `*.xml` counts that is not
    /// clearly another format, except hidden ones.
    pub(crate) fn read_all(paths: &[PathBuf], mut examine: impl FnMut(Self)) -> Unread {
        let mut unread = Unread::default();
        let mut seen = HashSet::new();
        let mut examine = |input: Self| {
            if seen.insert(input.canonical_path()) {
                examine(input);
            }
        };
        for path in paths {
            if path.is_dir() {
                unread.add_folder(path, &mut examine);
            } else {
                match Self::read(path) {
                    Ok(input) => examine(input),
                    Err(error) => unread.errors.push(error),
                }
            }
        }
        unread
    }

    /// Returns the canonical path, or the path itself for a pipe; `None` for standard input.
    fn canonical_path(&self) -> Option<PathBuf> {
        self.path.as_ref().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()))
    }

    /// Returns the real path of a document that a link of its folder led to, out of that folder.
    pub(crate) fn outside(&self) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?.canonicalize().ok()?;
        let path = self.canonical_path()?;
        (!path.starts_with(folder)).then_some(path)
    }

    /// Returns whether a file counts as a policy document if it is in a folder. One that cannot be
    /// read does not.
    pub(crate) fn is_examined_in_a_folder(path: &Path) -> bool {
        folder::is_examined(path)
    }

    /// Returns whether the document may be longer than the bytes that were read.
    pub(crate) fn is_cut(&self) -> bool {
        u64::try_from(self.bytes.len()).is_ok_and(|length| length == MAX_POLICY)
    }

    /// Returns the document as text, for excerpts.
    pub(crate) fn text(&self) -> String {
        readable(&self.bytes)
    }
}

/// Reads a text file: settings, or an earlier report.
pub(crate) fn read_text(path: &Path) -> Result<String, ReportedError> {
    let name = path.display().to_string();
    let bytes = bounded::read(path, MAX_TEXT).map_err(|error| unreadable(&name, error))?;
    String::from_utf8(bytes).map_err(|_| unreadable(&name, ReadError::new("it is not UTF-8")))
}

/// Returns the error for a file that cannot be read.
fn unreadable(name: &str, error: ReadError) -> ReportedError {
    ReportedError {
        help: error.help,
        ..ReportedError::new(ErrorKind::UnreadableFile, error.message).in_file(name)
    }
}

/// The files that were not read as policy documents.
#[derive(Default)]
pub(crate) struct Unread {
    /// The files of folders that are not examined.
    pub(crate) skipped: Vec<(PathBuf, SkipReason)>,
    /// The files and folders that cannot be read.
    pub(crate) errors: Vec<ReportedError>,
}

impl Unread {
    fn add_folder(&mut self, folder: &Path, examine: &mut impl FnMut(Input)) {
        let (mut is_empty, errors) = (true, self.errors.len());
        for found in folder::walk(folder) {
            match found {
                Found::Document(input) => {
                    is_empty = false;
                    examine(Input { folder: Some(folder.to_owned()), ..input });
                }
                Found::Skipped(path, reason) => self.skipped.push((path, reason)),
                Found::Unreadable(error) => self.errors.push(error),
            }
        }
        if is_empty && self.errors.len() == errors {
            let text = "there is no policy document in it: no *.xml that speaks of policies";
            let error = ReportedError::new(ErrorKind::NothingToTest, text);
            self.errors.push(error.in_file(folder.display().to_string()));
        }
    }
}
