//! Where reports go: formats, each to stdout or to a file.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use anstream::adapter::strip_str;

use crate::exit::{Exit, Failure};
use crate::render;
use crate::report::Done;

/// `--format NAME[=PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
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
            Some((name, "-")) => (name, None),
            Some((_, "")) => return Err("there is no path behind the equals sign".to_owned()),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (written, None),
        };
        let format = clap::ValueEnum::from_str(name, false);
        let format = format.map_err(|_| {
            "expected human, json, junit, sarif, github or tap, and perhaps =PATH".to_owned()
        })?;
        Ok(Self { format, path })
    }
}

/// Everywhere that a report goes to.
pub(crate) struct Sinks {
    targets: Vec<Target>,
}

impl Sinks {
    /// At most one format may go to one place; where none is chosen, the one for people goes to stdout.
    pub(crate) fn new(targets: &[Target]) -> Result<Self, Failure> {
        for (index, target) in targets.iter().enumerate() {
            if targets[..index].iter().any(|other| other.path == target.path) {
                let place = target
                    .path
                    .as_ref()
                    .map_or("stdout".to_owned(), |path| path.display().to_string());
                let text = format!(
                    "two formats would share {place}; give one of them a file, as in --format sarif=PATH"
                );
                return Err(Failure::usage(text));
            }
        }
        let targets = match targets {
            [] => vec![Target { format: Format::Human, path: None }],
            targets => targets.to_vec(),
        };
        Ok(Self { targets })
    }

    /// The other formats tell of tests that have run.
    pub(crate) fn check_that_a_list_fits(&self) -> Result<(), Failure> {
        match self
            .targets
            .iter()
            .find(|target| ![Format::Human, Format::Json].contains(&target.format))
        {
            None => Ok(()),
            Some(_) => Err(Failure::usage(
                "--list runs nothing, so that only the formats human and json can show it",
            )),
        }
    }

    /// Writes what a subcommand came to in every format, and passes its exit code on.
    pub(crate) fn put(&self, done: Done) -> Result<Exit, Failure> {
        // One that cannot be written does not keep the others from being.
        let failures: Vec<_> =
            self.targets.iter().filter_map(|target| self.write(target, &done).err()).collect();
        // Where stderr is gone, the exit code and the reports still tell.
        let _ = write!(anstream::stderr(), "{}", done.aside);
        // That files were changed is said in any case.
        if let Some(mends) = done.report.mends.filter(|mends| mends.written) {
            if self.targets.iter().all(|target| target.format != Format::Human) {
                let _ = write!(anstream::stderr(), "{mends}");
            }
        }
        Ok(failures.into_iter().fold(done.exit, |exit, failure| exit.or_worse(failure.tell())))
    }

    fn write(&self, target: &Target, done: &Done) -> Result<(), Failure> {
        let text = match target.format {
            Format::Human => done.human.clone(),
            Format::Json => render::json(&done.report),
            Format::Junit => render::junit(done)?,
            Format::Sarif => render::sarif(done),
            Format::Github => render::github(done),
            Format::Tap => render::tap(done),
        };
        match &target.path {
            None => self.print(&text).map(|_| ()),
            Some(path) => fs::write(path, strip_str(&text).to_string()).map_err(|error| {
                Failure::new(Exit::NotRun, format!("cannot write {}: {error}", path.display()))
            }),
        }
    }

    /// Writes text to stdout, without its colours where they are not wanted.
    pub(crate) fn print(&self, text: &str) -> Result<Exit, Failure> {
        let mut stdout = anstream::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // The reader has seen enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Expected),
            Err(error) => {
                Err(Failure::new(Exit::NotRun, format!("cannot write to stdout: {error}")))
            }
            Ok(()) => Ok(Exit::Expected),
        }
    }
}
