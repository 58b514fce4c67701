//! `flash-policy test`: runs scenario files.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

use serde_json::{Map, Value, json};

use super::args::Test;
use super::exit::{Exit, Failure};
use super::report::{Case, Covered, Done, Entry, Report, State, Summary, Verdict};
use crate::excerpt::shown;
use crate::rules::{Position, Severity};
use crate::scenario::{self, CaseReport, Expectation, MatrixReport, RuleCoverage, Runner, Scenario, Status};

pub(super) fn run(args: &Test) -> Result<Done, Failure> {
    let scenarios = read(args)?;
    let chosen = choose(args, &scenarios);
    if chosen.is_empty() {
        return Err(Failure::new(Exit::Nothing, "no case is left to test: --filter and --partition leave none"));
    }
    if args.list {
        return Ok(list(&scenarios, &chosen));
    }
    let mut all = scenario::Report::default();
    let mut progress = Progress { done: 0, of: chosen.len(), is_shown: io::stderr().is_terminal() };
    for (index, scenario) in scenarios.iter().enumerate() {
        let mut runner = Runner::new(scenario);
        for one in chosen.iter().filter(|one| one.scenario == index) {
            progress.step();
            match one.case {
                Some(case) => drop(runner.run(case)),
                None => update(args, runner.run_matrix())?,
            }
        }
        all.merge(runner.finish());
    }
    progress.clear();
    Ok(done(args, &all, scenarios.len()))
}

/// All scenario files that are meant; where some cannot be read, all of them are named.
fn read(args: &Test) -> Result<Vec<Scenario>, Failure> {
    let (mut scenarios, mut failures) = (Vec::new(), Vec::new());
    for path in &args.paths {
        match scenario::find(path) {
            Ok(files) => {
                for file in files {
                    match Scenario::read(file) {
                        Ok(scenario) => scenarios.push(scenario),
                        Err(error) => failures.push(Failure::from(error)),
                    }
                }
            }
            Err(error) => failures.push(Failure::from(error)),
        }
    }
    let worst = failures.iter().map(|failure| failure.exit).min();
    match worst {
        None => Ok(scenarios),
        Some(exit) => {
            let texts: Vec<_> = failures.into_iter().map(|failure| failure.message).collect();
            Err(Failure { exit, message: texts.join("\n\n") })
        }
    }
}

/// A case of a scenario, or its matrix.
struct Chosen {
    scenario: usize,
    case: Option<usize>,
    /// As `--filter` and `--list` have it.
    name: String,
}

fn choose(args: &Test, scenarios: &[Scenario]) -> Vec<Chosen> {
    let all = scenarios.iter().enumerate().flat_map(|(scenario, one)| {
        let file = one.path().display();
        let cases = one.cases().iter().enumerate().map(move |(case, named)| Chosen {
            scenario,
            case: Some(case),
            name: format!("{file}: {}", named.name()),
        });
        let matrix = one.has_matrix().then(|| Chosen {
            scenario,
            case: None,
            name: format!("{}: matrix", one.path().display()),
        });
        cases.chain(matrix).collect::<Vec<_>>()
    });
    let is_wanted =
        |one: &Chosen| args.filter.is_empty() || args.filter.iter().any(|text| one.name.contains(text.as_str()));
    let (part, of) = args.partition.unwrap_or((1, 1));
    all.filter(is_wanted).enumerate().filter(|(index, _)| index % of == part - 1).map(|(_, one)| one).collect()
}

fn list(scenarios: &[Scenario], chosen: &[Chosen]) -> Done {
    let human = chosen.iter().map(|one| shown(&one.name) + "\n").collect();
    let summary = Summary { files: Some(scenarios.len()), cases: Some(chosen.len()), ..Summary::default() };
    Done { exit: Exit::Expected, report: Report::new("test", summary), entries: Vec::new(), human }
}

/// Accepts a matrix as it is, where that is asked for.
fn update(args: &Test, matrix: Option<&MatrixReport>) -> Result<(), Failure> {
    let Some(matrix) = matrix.filter(|_| args.update) else { return Ok(()) };
    let cannot = |error| Failure::new(Exit::NotRun, format!("cannot write {}: {error}", matrix.snapshot().display()));
    matrix.update().map(|_| ()).map_err(cannot)
}

/// A line on a terminal that says how far it is; in a log there is none.
struct Progress {
    done: usize,
    of: usize,
    is_shown: bool,
}

impl Progress {
    fn step(&mut self) {
        self.done += 1;
        self.show(&format!("\r{} of {}", self.done, self.of));
    }

    fn clear(&self) {
        self.show("\r\x1b[K");
    }

    fn show(&self, text: &str) {
        if self.is_shown {
            // A progress that cannot be shown is no reason to stop.
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}

fn done(args: &Test, all: &scenario::Report, files: usize) -> Done {
    let accepted = |matrix: &MatrixReport| args.update && matrix.status() == Status::Failed;
    let cases = all.cases().iter().map(|case| (entry_of_case(case), json_of_case(case), case.status()));
    let matrices = all.matrices().iter().map(|matrix| {
        let status = if accepted(matrix) { Status::Passed } else { matrix.status() };
        (entry_of_matrix(matrix, status), json_of_matrix(matrix, status), status)
    });
    let (mut entries, mut json, mut exit) = (Vec::new(), Vec::new(), Exit::Expected);
    for (entry, case, status) in cases.chain(matrices) {
        entries.push(entry);
        json.push(case);
        exit = exit.max(exit_of(status));
    }
    let passed = json.iter().filter(|case| case.passed).count();
    let summary = Summary {
        files: Some(files),
        cases: Some(json.len()),
        passed: Some(passed),
        failed: Some(json.len() - passed),
        ..Summary::default()
    };
    let mut human = in_words(&entries, passed);
    let mut report = Report { cases: Some(json), ..Report::new("test", summary) };
    if args.coverage {
        human += &coverage_in_words(all.coverage());
        report.coverage = Some(all.coverage().iter().map(covered).collect());
    }
    Done { exit, report, entries, human }
}

fn exit_of(status: Status) -> Exit {
    match status {
        Status::Passed => Exit::Expected,
        Status::Failed => Exit::Finding,
        Status::NotRun => Exit::NotRun,
        Status::Disagreement => Exit::Defect,
    }
}

fn entry_of_case(case: &CaseReport) -> Entry {
    let message = match (case.outcome(), case.mismatches().first()) {
        (_, Some(mismatch)) => mismatch.to_string(),
        (Some(outcome), None) => format!("{}: {}", outcome.verdict(), outcome.cause()),
        (None, None) => case.status().to_string(),
    };
    Entry {
        file: case.file().display().to_string(),
        place: Some(Position { line: case.line(), column: case.column() }),
        name: case.name().to_owned(),
        state: state(case.status()),
        id: case.outcome().map_or(case.status().to_string(), |outcome| outcome.cause().to_string()),
        message,
        detail: case.render(true),
    }
}

fn entry_of_matrix(matrix: &MatrixReport, status: Status) -> Entry {
    Entry {
        file: matrix.file().display().to_string(),
        place: Some(Position { line: matrix.line(), column: matrix.column() }),
        name: "matrix".to_owned(),
        state: state(status),
        id: "matrix".to_owned(),
        message: format!("the matrix against {}: {status}", matrix.snapshot().display()),
        detail: matrix.to_string(),
    }
}

fn state(status: Status) -> State {
    match status {
        Status::Passed => State::Passed,
        _ => State::Found { severity: Severity::Error, fails: true },
    }
}

fn json_of_case(case: &CaseReport) -> Case {
    Case {
        file: case.file().display().to_string(),
        name: case.name().to_owned(),
        passed: case.passed(),
        expected: Some(expected(case.expected())),
        got: case.outcome().map(Verdict::from),
        mismatches: case.mismatches().iter().map(ToString::to_string).collect(),
    }
}

fn json_of_matrix(matrix: &MatrixReport, status: Status) -> Case {
    let mismatches = if status == Status::Passed { Vec::new() } else { vec![matrix.to_string()] };
    Case {
        file: matrix.file().display().to_string(),
        name: "matrix".to_owned(),
        passed: status == Status::Passed,
        expected: None,
        got: None,
        mismatches,
    }
}

/// What a case expects, as its file says it.
fn expected(expectation: &Expectation) -> Value {
    let mut said = Map::new();
    let mut say = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            said.insert(key.to_owned(), Value::String(value));
        }
    };
    say("expect", Some(expectation.verdict.to_string()));
    say("cause", expectation.cause.map(|cause| cause.to_string()));
    say("event", expectation.event.map(|event| event.to_string()));
    say("then", expectation.then.map(|event| event.to_string()));
    say("granted-by", expectation.granted_by.as_ref().map(ToString::to_string));
    if !expectation.requests.is_empty() {
        let requests: Map<_, _> =
            expectation.requests.iter().map(|(at, count)| (at.to_string(), json!(count))).collect();
        said.insert("requests".to_owned(), Value::Object(requests));
    }
    Value::Object(said)
}

fn covered(rule: &RuleCoverage) -> Covered {
    Covered {
        file: rule.file.display().to_string(),
        line: rule.position.line,
        column: rule.position.column,
        element: rule.element.clone(),
        granted: rule.granted,
        denied: rule.denied,
        exercised: rule.is_exercised,
    }
}

/// Each file's cases, then the failures, and last the counts.
fn in_words(entries: &[Entry], passed: usize) -> String {
    let (good, bad) = (style("ok  ", anstyle::AnsiColor::Green), style("FAIL", anstyle::AnsiColor::Red));
    let (mut text, mut failures, mut file) = (String::new(), String::new(), "");
    for entry in entries {
        if entry.file != file {
            file = &entry.file;
            let _ = writeln!(text, "{}", shown(file));
        }
        let is_good = entry.state == State::Passed;
        let _ = writeln!(text, "  {} {}", if is_good { &good } else { &bad }, shown(&entry.name));
        if !is_good {
            let place = entry.place.map_or(String::new(), |place| format!(":{place}"));
            let (file, name) = (shown(file), shown(&entry.name));
            let _ = writeln!(failures, "{file}{place}: {name}\n{}\n", entry.detail.trim_end());
        }
    }
    let failed = entries.len() - passed;
    format!("{text}\n{failures}{passed} passed, {failed} failed\n")
}

fn coverage_in_words(coverage: &[RuleCoverage]) -> String {
    let bare: Vec<_> = coverage.iter().filter(|rule| !rule.is_exercised).collect();
    let mut text = format!("\n{} of {} policy rules exercised\n", coverage.len() - bare.len(), coverage.len());
    for rule in bare {
        let (file, line, column) = (shown(rule.file.display()), rule.position.line, rule.position.column);
        let _ = writeln!(text, "  {file}:{line}:{column}: no case needs {}", rule.element);
    }
    text
}

fn style(text: &str, color: anstyle::AnsiColor) -> String {
    let style = color.on_default().bold();
    format!("{style}{text}{style:#}")
}
