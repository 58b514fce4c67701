//! Writes reports to stdout and to files, and errors to stderr. It knows no command.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anstream::{AutoStream, ColorChoice};
use flash_policy_scenario::files;

use crate::exit::Exit;
use crate::render::{self, Format, Style};
use crate::report::{CommandResult, ErrorKind, Report, ReportedError};

/// A value of `--format`: `NAME[=PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    format: Format,
    path: Option<PathBuf>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let (name, path) = match written.split_once('=') {
            Some((name, "-")) => (name, None),
            Some((_, "")) => return Err("there is no path behind the equals sign".to_owned()),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (written, None),
        };
        let format = name.parse().map_err(|_| {
            format!("expected {}, and perhaps =PATH", crate::args::list(Format::IDS))
        })?;
        Ok(Self { format, path })
    }
}

impl Target {
    /// Returns the file that the path leads to, by whatever name; `None` for stdout.
    fn place(&self) -> Option<PathBuf> {
        let path = self.path.as_ref()?;
        let resolved = path.canonicalize().ok().or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
            Some(folder.join(path.file_name()?))
        });
        Some(resolved.unwrap_or_else(|| path.clone()))
    }
}

/// All formats of a report, each with its destination.
#[derive(Clone)]
pub(crate) struct Sinks {
    targets: Vec<Target>,
}

impl Sinks {
    /// Creates the sinks of these targets. Without targets, the human format goes to stdout.
    ///
    /// Returns an error if two formats share a destination.
    pub(crate) fn new(targets: &[Target]) -> Result<Self, String> {
        for (index, target) in targets.iter().enumerate() {
            if targets[..index].iter().any(|other| other.place() == target.place()) {
                let path = target.path.as_ref();
                let place = path.map_or("stdout".to_owned(), |path| path.display().to_string());
                return Err(format!(
                    "two formats would share {place}; give one of them a file, as in --format \
                     sarif=PATH"
                ));
            }
        }
        let targets = match targets {
            [] => vec![Target { format: Format::Human, path: None }],
            targets => targets.to_vec(),
        };
        Ok(Self { targets })
    }

    /// Returns the first file of a report that the command reads.
    pub(crate) fn overwritten(&self, is_read: impl Fn(&Path) -> bool) -> Option<&Path> {
        let is_read = |target: &&Target| target.place().is_some_and(|place| is_read(&place));
        self.targets.iter().find(is_read)?.path.as_deref()
    }

    /// Returns whether every format is one of these.
    pub(crate) fn are_among(&self, formats: &[Format]) -> bool {
        self.targets.iter().all(|target| formats.contains(&target.format))
    }

    /// Writes a report in every format, and its errors to stderr. Returns the exit code.
    pub(crate) fn write(&self, report: &Report) -> Exit {
        // If one format cannot be written, the others still are.
        let failures: Vec<_> =
            self.targets.iter().filter_map(|target| write_to(target, report).err()).collect();
        self.print_notes(report);
        for error in report.errors.iter().chain(&failures) {
            print_error(error);
        }
        failures.iter().map(ReportedError::exit).fold(report.exit(), Exit::or_worse)
    }

    /// Prints to stderr the notes that people must see in any format.
    fn print_notes(&self, report: &Report) {
        let mut text = String::new();
        match &report.result {
            CommandResult::Check(check) => {
                let is_shown = self.targets.iter().any(|target| target.format == Format::Human);
                let written = check.fixes.as_ref().filter(|fixes| fixes.written && !is_shown);
                text.extend(written.map(render::fixes));
            }
            CommandResult::Run(run) => text += &render::server_notes(run, report.exit()),
            _ => {}
        }
        // If stderr is closed, the exit code and the reports still tell.
        let _ = write!(anstream::stderr(), "{text}");
    }
}

/// Prints an error to stderr.
pub(crate) fn print_error(error: &ReportedError) {
    let text = error_text(error, &style_of(&io::stderr()));
    // If stderr is closed, the exit code still tells.
    let _ = write!(anstream::stderr(), "{text}");
}

fn error_text(error: &ReportedError, style: &Style) -> String {
    format!("{}\n", render::error(error, style).trim_end())
}

fn write_to(target: &Target, report: &Report) -> Result<(), ReportedError> {
    match &target.path {
        None => print(&target.format.render(report, &style_of(&io::stdout()))),
        Some(path) => {
            let mut text = target.format.render(report, &Style::PLAIN);
            if target.format == Format::Human {
                // On a terminal, the errors are on stderr.
                text.extend(report.errors.iter().map(|error| error_text(error, &Style::PLAIN)));
            }
            write_file(path, text.as_bytes()).map_err(|error| {
                let text = format!("cannot write {}: {error}", path.display());
                ReportedError::new(ErrorKind::NotRun, text)
            })
        }
    }
}

/// Writes a file beside the old one and renames it, so that a full disk keeps the old one. Anything
/// but a regular file, such as a pipe, is written to directly. So is a path such as `/dev/stdout`,
/// which may lead to a regular file that others write to.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) {
        return OpenOptions::new().append(true).open(path)?.write_all(bytes);
    }
    match fs::metadata(path) {
        Ok(known) if !known.is_file() => fs::write(path, bytes),
        _ => files::replace(path, bytes),
    }
}

/// Writes text to stdout.
pub(crate) fn print(text: &str) -> Result<(), ReportedError> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // The reader, such as `head`, has closed the pipe because it needs no more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            let text = format!("cannot write to stdout: {error}");
            Err(ReportedError::new(ErrorKind::NotRun, text))
        }
        Ok(()) => Ok(()),
    }
}

/// Returns the style for a stream, by `--color`, the environment and the terminal.
fn style_of(stream: &impl anstream::stream::RawStream) -> Style {
    Style { colour: AutoStream::choice(stream) != ColorChoice::Never }
}
