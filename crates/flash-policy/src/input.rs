//! Reading what the command is given.

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

/// More than any policy may have, so that what is cut off here was rejected anyway.
const MAX_POLICY: u64 = 1024 * 1024;

/// More than any settings or report of ours has.
const MAX_TEXT: u64 = 64 * 1024 * 1024;

/// A document that was read, and what its user calls it.
pub(crate) struct Input {
    /// `None` for standard input.
    pub(crate) path: Option<PathBuf>,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Input {
    /// Reads a file, or stdin where the path is `-`; no more of it than could ever be a policy.
    pub(crate) fn read(path: &Path) -> Result<Self, ReportedError> {
        if path == Path::new("-") {
            let bytes = up_to(MAX_POLICY, io::stdin().lock())
                .map_err(|error| unreadable(STDIN, error.into()))?;
            return Ok(Self { path: None, name: STDIN.to_owned(), bytes });
        }
        let name = path.display().to_string();
        if path.is_dir() {
            let error = ReportedError::new(ErrorKind::UnreadableFile, "it is a directory");
            let error = error.help("name a policy document, or - for standard input");
            return Err(error.in_file(name));
        }
        let bytes = File::open(path).and_then(|file| up_to(MAX_POLICY, file));
        Ok(Self {
            path: Some(path.to_owned()),
            bytes: bytes.map_err(|error| unreadable(&name, error.into()))?,
            name,
        })
    }

    /// The policy documents that are meant by paths, each once, and why some are not there: a file is one whatever is in
    /// it; in a folder, each `*.xml` that speaks of a policy's elements, but nothing hidden.
    pub(crate) fn read_all(paths: &[PathBuf]) -> (Vec<Self>, Vec<ReportedError>) {
        let (mut inputs, mut failures, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for path in paths {
            let read = if path.is_dir() {
                in_folder(path)
            } else {
                Self::read(path).map(|input| vec![input])
            };
            match read {
                Ok(read) => {
                    inputs.extend(read.into_iter().filter(|input| seen.insert(input.place())))
                }
                Err(failure) => failures.push(failure),
            }
        }
        (inputs, failures)
    }

    /// Where it really is: a pipe is where its path says, and standard input nowhere.
    fn place(&self) -> Option<PathBuf> {
        self.path.as_ref().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()))
    }

    /// Whether it may be longer than what was read.
    pub(crate) fn is_cut(&self) -> bool {
        u64::try_from(self.bytes.len()).is_ok_and(|length| length == MAX_POLICY)
    }

    /// The text that excerpts are cut from.
    pub(crate) fn text(&self) -> String {
        readable(&self.bytes)
    }
}

/// The text of a file of ours: settings, or an earlier report.
pub(crate) fn text_of(path: &Path) -> Result<String, ReportedError> {
    let name = path.display().to_string();
    let bytes = File::open(path).and_then(|file| up_to(MAX_TEXT, file));
    let bytes = bytes.map_err(|error| unreadable(&name, error.into()))?;
    String::from_utf8(bytes).map_err(|_| unreadable(&name, ReadError::new("it is not UTF-8")))
}

fn up_to(limit: u64, from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the error for a file that cannot be read.
fn unreadable(name: &str, why: ReadError) -> ReportedError {
    ReportedError {
        help: why.help,
        ..ReportedError::new(ErrorKind::UnreadableFile, why.message).in_file(name)
    }
}

fn in_folder(folder: &Path) -> Result<Vec<Input>, ReportedError> {
    let mut inputs = Vec::new();
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            // What the link leads back to is walked already.
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
                Some(Input::read(entry.path())?).filter(|input| speaks_of_policies(&input.bytes)),
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

// Broken ones too, and those in UTF-16: what is between the letters does not count.
fn speaks_of_policies(bytes: &[u8]) -> bool {
    let letters: Vec<u8> =
        bytes.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    [&b"cross-domain-policy"[..], b"allow-access-from"]
        .iter()
        .any(|word| letters.windows(word.len()).any(|window| window == *word))
}
