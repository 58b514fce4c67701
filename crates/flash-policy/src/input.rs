//! Reads policy documents and text files, from paths, folders and standard input.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flash_policy_core::document::readable;
use flash_policy_scenario::files::ReadError;
use walkdir::WalkDir;

use crate::report::{ErrorKind, ReportedError};

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
}

impl Input {
    /// Reads a file, or stdin if the path is `-`. Reads at most [`MAX_POLICY`] bytes.
    pub(crate) fn read(path: &Path) -> Result<Self, ReportedError> {
        if path == Path::new("-") {
            let bytes = read_at_most(MAX_POLICY, io::stdin().lock())
                .map_err(|error| unreadable(STDIN, error.into()))?;
            return Ok(Self { path: None, name: STDIN.to_owned(), bytes });
        }
        let name = path.display().to_string();
        if path.is_dir() {
            let error = ReportedError::new(ErrorKind::UnreadableFile, "it is a directory");
            let error = error.help("name a policy document, or - for standard input");
            return Err(error.in_file(name));
        }
        let bytes = File::open(path).and_then(|file| read_at_most(MAX_POLICY, file));
        Ok(Self {
            path: Some(path.to_owned()),
            bytes: bytes.map_err(|error| unreadable(&name, error.into()))?,
            name,
        })
    }

    /// Reads the policy documents at these paths, each once. Returns the errors of the others.
    ///
    /// A file counts as a document whatever it holds. In a folder, each `*.xml` that mentions an
    /// element of policies counts, except hidden ones.
    pub(crate) fn read_all(paths: &[PathBuf]) -> (Vec<Self>, Vec<ReportedError>) {
        let mut inputs = Vec::new();
        let mut failures = Vec::new();
        let mut seen = HashSet::new();
        for path in paths {
            let read = if path.is_dir() {
                in_folder(path)
            } else {
                Self::read(path).map(|input| vec![input])
            };
            match read {
                Ok(read) => inputs
                    .extend(read.into_iter().filter(|input| seen.insert(input.canonical_path()))),
                Err(failure) => failures.push(failure),
            }
        }
        (inputs, failures)
    }

    /// Returns the canonical path, or the path itself for a pipe; `None` for standard input.
    fn canonical_path(&self) -> Option<PathBuf> {
        self.path.as_ref().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()))
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
    let bytes = File::open(path).and_then(|file| read_at_most(MAX_TEXT, file));
    let bytes = bytes.map_err(|error| unreadable(&name, error.into()))?;
    String::from_utf8(bytes).map_err(|_| unreadable(&name, ReadError::new("it is not UTF-8")))
}

fn read_at_most(limit: u64, from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the error for a file that cannot be read.
fn unreadable(name: &str, error: ReadError) -> ReportedError {
    ReportedError {
        help: error.help,
        ..ReportedError::new(ErrorKind::UnreadableFile, error.message).in_file(name)
    }
}

fn in_folder(folder: &Path) -> Result<Vec<Input>, ReportedError> {
    let mut inputs = Vec::new();
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            // A link leads back to a folder that is being walked.
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let text = format!("the folder cannot be read: {error}");
                let error = ReportedError::new(ErrorKind::UnreadableFile, text);
                return Err(error.in_file(folder.display().to_string()));
            }
        };
        let is_xml =
            entry.path().extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
        if is_xml && entry.file_type().is_file() {
            inputs.extend(
                Some(Input::read(entry.path())?)
                    .filter(|input| mentions_policy_elements(&input.bytes)),
            );
        }
    }
    if inputs.is_empty() {
        let text = "there is no policy document in it: no *.xml that speaks of policies";
        let error = ReportedError::new(ErrorKind::NothingToTest, text);
        return Err(error.in_file(folder.display().to_string()));
    }
    Ok(inputs)
}

/// Returns whether a document mentions an element of policies. It may be malformed, or UTF-16: NUL
/// bytes between the letters are ignored.
fn mentions_policy_elements(bytes: &[u8]) -> bool {
    let letters: Vec<u8> =
        bytes.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    [&b"cross-domain-policy"[..], b"allow-access-from"]
        .iter()
        .any(|word| letters.windows(word.len()).any(|window| window == *word))
}
