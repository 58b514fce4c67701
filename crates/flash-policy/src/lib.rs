//! The command `flash-policy`: its subcommands, and the formats of its reports.
//!
//! The command's interface is what it is called with, what it prints, and its exit codes; they are in
//! the pages of `docs/`. This library is that command as a function, so that tests can build it.

mod args;
mod baseline;
mod commands;
mod exit;
mod input;
mod output;
mod render;
mod report;
mod settings;
mod signals;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command, Explain, SchemaOf};
use commands::{check, diff, eval, explain, probe, run as run_command, serve, test};
use exit::{Exit, Failure};

/// Runs the command with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    heed_color(&arguments);
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() && probe::nagios_is_asked_for(&arguments) => {
            return probe::nagios_unknown(&error.render().to_string());
        }
        Err(error) => {
            // Nobody is left to tell when the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Expected }.into();
        }
    };
    if let Command::Probe(probe @ args::Probe { nagios: true, .. }) = &args.command {
        let told = catch_unwind(AssertUnwindSafe(|| probe::nagios(probe)));
        return told.unwrap_or_else(|_| probe::nagios_unknown(DEFECT));
    }
    // The panic's own message is printed where it happens.
    let run =
        catch_unwind(|| run(args)).unwrap_or_else(|_| Err(Failure::new(Exit::Defect, DEFECT)));
    run.unwrap_or_else(|failure| failure.tell()).into()
}

const DEFECT: &str =
    "this is a defect of flash-policy, not of your policy: please report it with the lines above";

/// Every stream heeds `--color`: the reports, what is told on stderr, and the help and the complaints of the parser, which
/// come before it has read the option.
fn heed_color(args: &[OsString]) {
    let mut choice = anstream::ColorChoice::Auto;
    for (index, argument) in args.iter().enumerate() {
        let value = match argument.to_str() {
            Some("--") => break,
            Some("--color") => args.get(index + 1).and_then(|value| value.to_str()),
            Some(argument) => argument.strip_prefix("--color="),
            None => None,
        };
        choice = match value {
            Some("always") => anstream::ColorChoice::Always,
            Some("never") => anstream::ColorChoice::Never,
            _ => choice,
        };
    }
    choice.write_global();
}

fn run(args: Args) -> Result<Exit, Failure> {
    let sinks = output::Sinks::new(&args.format)?;
    match args.command {
        Command::Check(check) => sinks.put(check::run(&check)?),
        Command::Eval(eval) => sinks.put(eval::run(&eval)?),
        Command::Test(test) => {
            if test.list {
                sinks.check_that_a_list_fits()?;
            }
            sinks.put(test::run(&test)?)
        }
        Command::Probe(probe) => sinks.put(probe::run(&probe)?),
        Command::Run(run) => sinks.put(run_command::run(&run)?),
        Command::Diff(diff) => sinks.put(diff::run(&diff)?),
        Command::Serve(_) if !args.format.is_empty() => Err(Failure::usage(
            "serve prints lines of JSON as docs/serve.md has them, and knows no --format",
        )),
        Command::Serve(serve) => serve::run(&serve),
        Command::Explain(Explain { id: None }) => sinks.print(&explain::list()),
        Command::Explain(Explain { id: Some(id) }) => {
            sinks.print(&explain::explain(&id).map_err(Failure::usage)?)
        }
        Command::Schema(schema) => sinks.print(&render::json(&schema_of(schema.of))),
        Command::Completions(completions) => sinks.print(&completions.script()),
        Command::Man(man) => sinks.print(&man.page()?),
    }
}

fn schema_of(what: SchemaOf) -> serde_json::Value {
    match what {
        SchemaOf::Report => report::schema(),
        SchemaOf::Scenario => flash_policy_scenario::schema().into(),
        SchemaOf::Serve => serve::schema(),
    }
}
