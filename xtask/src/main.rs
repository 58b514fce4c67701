//! Runs the jobs of CI that are more than one command: `cargo xtask NAME` runs one, `.ci/run` runs
//! them all.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a job reports to whoever reads the log of CI"
)]

mod budgets;
mod command;
mod each_feature;
mod package;
mod sources;
mod wasm;
mod workspace;

use std::env;
use std::process::ExitCode;

/// The result of a job, or of a step of one: the error is the message to print.
type Result<T = ()> = std::result::Result<T, String>;

struct Job {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result,
}

const JOBS: [Job; 4] = [
    Job {
        name: "budgets",
        about: "Check the number of dependencies and the size of the sources",
        run: budgets::run,
    },
    Job {
        name: "each-feature",
        about: "Run clippy on each package with no features, and with each feature alone",
        run: each_feature::run,
    },
    Job {
        name: "package",
        about: "Package and verify every publishable crate, and test core and the fixture unpacked",
        run: package::run,
    },
    Job {
        name: "wasm",
        about: "Type-check flash-policy-core for wasm32-unknown-unknown",
        run: wasm::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let job = match arguments.as_slice() {
        [name] => JOBS.iter().find(|job| job.name == name),
        _ => None,
    };
    match job {
        Some(job) => exit_code(job),
        None => usage(),
    }
}

fn exit_code(job: &Job) -> ExitCode {
    match (job.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {}: {message}", job.name);
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: cargo xtask JOB, where JOB is one of");
    for job in &JOBS {
        eprintln!("  {:<13} {}", job.name, job.about);
    }
    ExitCode::from(2)
}
