//! Where reports go: formats, each to stdout or to a file.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use anstream::AutoStream;
use anstream::adapter::strip_str;

use super::exit::{Exit, Failure};
use super::format;
use super::report::Done;

/// `--format NAME[=PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    format: Format,
    path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
    Junit,
    Sarif,
    Github,
    Tap,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let (name, path) = match written.split_once('=') {
            Some((_, "")) => return Err("there is no path behind the equals sign".to_owned()),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (written, None),
        };
        let format = clap::ValueEnum::from_str(name, false);
        let format =
            format.map_err(|_| "expected human, json, junit, sarif, github or tap, and perhaps =PATH".to_owned())?;
        Ok(Self { format, path })
    }
}

/// Everywhere that a report goes to.
pub(super) struct Sinks {
    targets: Vec<Target>,
    color: clap::ColorChoice,
}

impl Sinks {
    /// At most one format may go to stdout; where none is chosen, the one for people does.
    pub(super) fn new(targets: &[Target], color: clap::ColorChoice) -> Result<Self, Failure> {
        if targets.iter().filter(|target| target.path.is_none()).count() > 1 {
            return Err(Failure::usage(
                "two formats would share stdout; give one of them a file, as in --format sarif=PATH",
            ));
        }
        let targets = match targets {
            [] => vec![Target { format: Format::Human, path: None }],
            targets => targets.to_vec(),
        };
        Ok(Self { targets, color })
    }

    /// Writes what a subcommand came to in every format, and passes its exit code on.
    pub(super) fn put(&self, done: Done) -> Result<Exit, Failure> {
        for target in &self.targets {
            let text = match target.format {
                Format::Human => done.human.clone(),
                Format::Json => format::json(&done.report),
                Format::Junit => format::junit(&done)?,
                Format::Sarif => format::sarif(&done),
                Format::Github => format::github(&done),
                Format::Tap => format::tap(&done),
            };
            match &target.path {
                None => self.print(&text)?,
                Some(path) => {
                    let cannot =
                        |error| Failure::new(Exit::NotRun, format!("cannot write {}: {error}", path.display()));
                    fs::write(path, strip_str(&text).to_string()).map(|()| Exit::Expected).map_err(cannot)?
                }
            };
        }
        Ok(done.exit)
    }

    /// Writes text to stdout, without its colours where they are not wanted.
    pub(super) fn print(&self, text: &str) -> Result<Exit, Failure> {
        let choice = match self.color {
            clap::ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let mut stdout = AutoStream::new(io::stdout().lock(), choice);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // The reader has seen enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Expected),
            Err(error) => Err(Failure::new(Exit::NotRun, format!("cannot write to stdout: {error}"))),
            Ok(()) => Ok(Exit::Expected),
        }
    }
}
