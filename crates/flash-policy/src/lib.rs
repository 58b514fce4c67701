//! The command `flash-policy`: its subcommands, and the formats of its reports.
//!
//! The interface of the command is its arguments, its output and its exit codes; the pages of
//! `docs/` describe them. This library is the command as a function, so that tests can build it.

mod args;
mod baseline;
mod commands;
mod exit;
mod failure;
mod input;
mod inputs_of;
mod output;
mod reference;
mod render;
mod report;
mod settings;
mod signals;
mod so_far;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;

use args::{Args, Command, Probe, Run, SchemaOf};
use commands::{check, diff, eval, explain, probe, run as run_command, serve, test};
use exit::Exit;
use failure::Failure;
use output::{Sinks, print_error};
use render::Format;
use render::nagios::{self, NagiosState};
use report::{CheckResult, CommandResult, ErrorKind, Report, ReportedError};
use so_far::SoFar;

/// Runs the command with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    apply_color_choice(&arguments);
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() && asks_for_nagios(&arguments) => {
            // clap appends the usage to its message; Nagios shows one line only.
            let text = error.render().to_string();
            let text = text.split("\n\nUsage:").next().unwrap_or_default();
            let text = text.strip_prefix("error: ").unwrap_or(text);
            return exit_as_plugin(NagiosState::Unknown, &nagios::unknown(text));
        }
        Err(error) => {
            // An error here means that the terminal is gone, so nobody could read about it.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Expected }.into();
        }
    };
    if let Command::Probe(probe @ Probe { nagios: true, .. }) = &args.command {
        return plugin(probe);
    }
    run(args).into()
}

const BUG: &str =
    "this is a bug in flash-policy, not in your policy: please report it with the lines above";

/// Applies `--color` to every stream. It reads the raw arguments, so that the option also applies
/// to the help and the errors of clap, which come before clap has parsed it.
fn apply_color_choice(args: &[OsString]) {
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

fn run(args: Args) -> Exit {
    let sinks = match Sinks::new(&args.format) {
        Ok(sinks) => sinks,
        Err(message) => return usage(&message),
    };
    if let Some(path) = sinks.overwritten(|path| args.command.reads(path)) {
        let path = path.display();
        return usage(&format!(
            "a report would overwrite {path}, which this command reads; write it to another file"
        ));
    }
    match &args.command {
        Command::Check(check) => {
            report(&sinks, CheckResult::summarized, |so_far| check::run(check, so_far))
        }
        Command::Eval(eval) => {
            report(&sinks, CommandResult::Eval, |so_far| eval::run(eval, so_far))
        }
        Command::Test(test) if test.list && !sinks.are_among(&[Format::Human, Format::Json]) => {
            usage("--list runs nothing, so only the formats human and json can show it")
        }
        Command::Test(test) => {
            report(&sinks, CommandResult::Test, |so_far| test::run(test, so_far))
        }
        Command::Probe(probe) => {
            report(&sinks, CommandResult::Probe, |so_far| probe::run(probe, so_far))
        }
        Command::Run(run) => report_run(&sinks, run),
        Command::Diff(diff) => report(&sinks, CommandResult::Diff, |_| diff::run(diff)),
        Command::Explain(_) if !sinks.are_among(&[Format::Human, Format::Json]) => {
            usage("explain knows the formats human and json")
        }
        Command::Explain(explain) => {
            report(&sinks, CommandResult::Explain, |_| explain::run(&explain.words))
        }
        _ if !args.format.is_empty() => usage(
            "--format is for reports: serve prints lines of JSON as docs/serve.md has them, and \
             schema, completions and man have one form each",
        ),
        Command::Serve(serve) => exit_of(catch(|| serve::run(serve))),
        Command::Schema(schema) => print(&render::json(&schema_of(schema.of))),
        Command::Completions(completions) => print(&completions.script()),
        Command::Man(man) => exit_of(catch(|| Ok(print(&man.page()?)))),
    }
}

/// Runs a command and writes its report in every chosen format. If a signal comes first, the report
/// holds what was known by then.
fn report<T: Clone + Default + Send + 'static>(
    sinks: &Sinks,
    wrap: fn(T) -> CommandResult,
    command: impl Fn(&SoFar<T>) -> Result<Report, Failure>,
) -> Exit {
    let reporter = Reporter::new(sinks, wrap);
    signals::on_first(Exit::NotRun as i32, {
        let reporter = reporter.clone();
        move || {
            let text = "a signal came before all was done";
            reporter.cut_short(ReportedError::new(ErrorKind::Interrupted, text));
        }
    });
    let result = catch(|| command(&reporter.so_far));
    reporter.finish(result)
}

/// Runs `run`, which watches the signals itself, because it has a server to stop.
fn report_run(sinks: &Sinks, run: &Run) -> Exit {
    let reporter = Reporter::new(sinks, CommandResult::Run);
    let result = catch(|| {
        let reporter = reporter.clone();
        let so_far = reporter.so_far.clone();
        run_command::run(run, &so_far, move |error| reporter.cut_short(error))
    });
    reporter.finish(result)
}

/// Writes the report of a command once: at its end, or when it is cut short.
#[derive(Clone)]
struct Reporter<T> {
    sinks: Sinks,
    wrap: fn(T) -> CommandResult,
    so_far: SoFar<T>,
    is_written: Arc<AtomicBool>,
}

impl<T: Clone + Default> Reporter<T> {
    fn new(sinks: &Sinks, wrap: fn(T) -> CommandResult) -> Self {
        let is_written = Arc::default();
        Self { sinks: sinks.clone(), wrap, so_far: SoFar::default(), is_written }
    }

    /// Writes what is known so far, and ends the process. Does nothing if the report is being
    /// written.
    fn cut_short(&self, error: ReportedError) {
        if self.is_written.swap(true, Ordering::SeqCst) {
            return;
        }
        let report = Report::new((self.wrap)(self.so_far.snapshot()), vec![error]);
        let exit = catch_unwind(AssertUnwindSafe(|| self.sinks.write(&report)));
        std::process::exit(exit.unwrap_or(Exit::Bug) as i32);
    }

    fn finish(&self, result: Result<Report, Failure>) -> Exit {
        while self.is_written.swap(true, Ordering::SeqCst) {
            // The thread that cuts the command short writes the report, and ends the process.
            std::thread::park();
        }
        write(&self.sinks, self.wrap, result)
    }
}

/// Writes the result of a command. If the command has failed, the report holds the error.
fn write<T: Default>(
    sinks: &Sinks,
    wrap: fn(T) -> CommandResult,
    result: Result<Report, Failure>,
) -> Exit {
    match result {
        Ok(report) => sinks.write(&report),
        Err(Failure::Usage { message }) => usage(&message),
        Err(Failure::Error(error)) => sinks.write(&Report::new(wrap(T::default()), vec![*error])),
    }
}

/// Runs a command and turns a panic into an error. The panic hook has printed its message already.
fn catch<T>(command: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    let bug = |_| Err(ReportedError::new(ErrorKind::Bug, BUG).into());
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(bug)
}

fn exit_of(result: Result<Exit, Failure>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(Failure::Usage { message }) => usage(&message),
        Err(Failure::Error(error)) => {
            print_error(&error);
            error.exit()
        }
    }
}

fn usage(message: &str) -> Exit {
    print_error(&ReportedError::new(ErrorKind::InvalidInput, message));
    Exit::Usage
}

fn print(text: &str) -> Exit {
    match output::print(text) {
        Ok(()) => Exit::Expected,
        Err(error) => {
            print_error(&error);
            error.exit()
        }
    }
}

/// Returns whether the arguments ask for `probe --nagios`, even if they are wrong otherwise.
fn asks_for_nagios(arguments: &[OsString]) -> bool {
    let mut options = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    arguments.iter().any(|argument| argument == "probe")
        && options.any(|argument| argument == "--nagios")
}

fn plugin(probe: &Probe) -> ExitCode {
    signals::on_first(NagiosState::Unknown as i32, || {
        let state = NagiosState::Unknown;
        let _ = write!(std::io::stdout(), "{}", nagios::unknown("a signal came before the answer"));
        std::process::exit(state as i32);
    });
    let (state, line) = match catch(|| probe::run(probe, &SoFar::default())) {
        Ok(report) => nagios::nagios(&report),
        Err(Failure::Usage { message }) => (NagiosState::Unknown, nagios::unknown(&message)),
        Err(Failure::Error(error)) => {
            (NagiosState::Unknown, nagios::unknown(&nagios::sentence(&error)))
        }
    };
    exit_as_plugin(state, &line)
}

fn exit_as_plugin(state: NagiosState, line: &str) -> ExitCode {
    // If stdout is closed, the exit code still reports the state.
    let _ = write!(std::io::stdout(), "{line}");
    ExitCode::from(state as u8)
}

fn schema_of(kind: SchemaOf) -> serde_json::Value {
    match kind {
        SchemaOf::Report => report::schema(),
        SchemaOf::Scenario => flash_policy_scenario::schema().into(),
        SchemaOf::Settings => settings::schema(),
        SchemaOf::Serve => serve::schema(),
    }
}
