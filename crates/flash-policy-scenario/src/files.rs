//! Files of the user's: why one cannot be read, and how one is written.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a file cannot be read, and what to do about it.
#[derive(Debug)]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Unreadable {
    /// Creates the reason from a sentence without advice.
    pub fn because(message: &str) -> Self {
        Self { message: message.to_owned(), help: None }
    }
}

impl From<io::Error> for Unreadable {
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

/// One line, with the help behind a semicolon.
impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// Puts a whole file in the place of another in one step, or where there is none: whoever reads it meanwhile finds the
/// old one or the new one, and neither a crash nor a full disk loses it. Where the path is a link, the file that it
/// leads to is replaced. An existing file keeps its permissions; where they forbid writing, it is left alone.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = behind_links(path)?;
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
    let (new, mut file) = beside(&path)?;
    let write = || {
        file.write_all(bytes)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        // Only what is on the disk may take the old one's place.
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// The file that a path leads to, which need not be there.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => behind_links(&path.with_file_name("").join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        found => found,
    }
}

/// A new file in the same folder, of a name that nothing had there.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
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
