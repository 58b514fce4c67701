//! The user's files: the reason why one cannot be read, and a safe way to replace one.
//!
//! [`ReadError`] is text for people: a message and advice, in the same words for the command and
//! for scenario files. It does not name the file; the caller does.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The reason why a file cannot be read, for people.
///
/// ```
/// use std::io;
/// use flash_policy_scenario::files::ReadError;
///
/// let error = ReadError::from(io::Error::from(io::ErrorKind::NotFound));
/// assert_eq!(error.to_string(), "there is no such file; check the path");
/// ```
#[derive(Debug)]
pub struct ReadError {
    /// The reason, a sentence about the file.
    pub message: String,
    /// The advice, if there is one.
    pub help: Option<String>,
}

impl ReadError {
    /// Creates a reason without advice.
    pub fn new(message: &str) -> Self {
        Self { message: message.to_owned(), help: None }
    }

    /// Creates the reason for an error at this path. A link that leads nowhere, or in a circle, is
    /// told from a file that does not exist.
    pub fn at(path: &Path, error: io::Error) -> Self {
        Self::of_link(path).unwrap_or_else(|| error.into())
    }

    /// Returns the reason why a link leads to no file; `None` if the path is not such a link.
    fn of_link(path: &Path) -> Option<Self> {
        let target = path.read_link().ok()?;
        let mut at = path.with_file_name("").join(&target);
        let mut links = 1;
        while let Ok(next) = at.read_link() {
            links += 1;
            if links > MAX_LINKS {
                return Some(Self {
                    message: "the link leads back to itself".to_owned(),
                    help: Some("make it lead to a file, or remove it".to_owned()),
                });
            }
            at = at.with_file_name("").join(next);
        }
        if at.exists() {
            return None;
        }
        Some(Self {
            message: format!("the link leads to {}, which cannot be found", target.display()),
            help: Some("correct the link, or remove it".to_owned()),
        })
    }
}

/// The most links that the system follows.
const MAX_LINKS: usize = 40;

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        let help = |help: &str| Some(help.to_owned());
        match error.kind() {
            io::ErrorKind::NotFound => {
                Self { message: "there is no such file".to_owned(), help: help("check the path") }
            }
            io::ErrorKind::PermissionDenied => Self {
                message: "it may not be read".to_owned(),
                help: help("check its permissions"),
            },
            _ => Self { message: format!("it cannot be read: {error}"), help: None },
        }
    }
}

/// Writes one line. The help follows a semicolon.
impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for ReadError {}

/// Writes a file and puts it in the place of an existing one in one step. There need not be one.
///
/// A program that reads the path meanwhile finds the old file or the new one, and neither a crash
/// nor a full disk loses both. If the path is a symbolic link, its target is replaced. An existing
/// file keeps its permissions.
///
/// # Errors
///
/// Returns `PermissionDenied` if an existing file is read-only, and an error if it is not a regular
/// file. Other errors come from the system. The old file is unchanged then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = resolve_links(path)?;
    let permissions = match fs::metadata(&path) {
        Ok(old) if !old.is_file() => return Err(io::Error::other("it is no regular file")),
        Ok(old) if old.permissions().readonly() => {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "it is read-only; make it writable first",
            ));
        }
        Ok(old) => Some(old.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let (new, mut file) = create_beside(&path)?;
    let write = || {
        file.write_all(bytes)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        // The new file must be on the disk before it takes the old one's place.
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// Returns the path that a path's symbolic links lead to. There need not be a file.
fn resolve_links(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => resolve_links(&path.with_file_name("").join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        found => found,
    }
}

/// Creates a new file in the same folder, with a name that is not in use.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 0;
    loop {
        let new = path.with_file_name(format!(".{name}.{}-{number}.new", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&new) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => return opened.map(|file| (new, file)),
        }
    }
}
