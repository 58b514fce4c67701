//! What came of `flash-policy test`, for the report, for the other formats, and in words.

use std::fmt::Write;

use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::printable::printable;
use flash_policy_scenario::{
    CaseReport, Expectation, MatrixReport, RuleCoverage, Scenario, ScenarioError, Status,
};
use serde_json::{Map, Value, json};

use super::Chosen;
use crate::exit::{Exit, Failure};
use crate::report::{Case, Covered, Done, Entry, Listed, Report, State, Summary, Verdict, Wrong};

/// The cases that are chosen, none of them run.
pub(super) fn list(scenarios: &[Scenario], chosen: &[Chosen<'_>], wrong: &[ScenarioError]) -> Done {
    let human = chosen.iter().map(|one| printable(one.whole_name()) + "\n").collect();
    let listed = chosen.iter().map(|one| Listed { file: one.file(), name: one.name().to_owned() });
    let summary = Summary { cases: Some(chosen.len()), ..summary(scenarios.len(), wrong) };
    let report = Report {
        listed: Some(listed.collect()),
        errors: errors(wrong),
        ..Report::new("test", summary)
    };
    Done::new(exit_of_wrong(wrong), report, Vec::new(), human)
}

/// What came of one case, or of a matrix.
pub(super) struct Ran {
    entry: Entry,
    json: Case,
    exit: Exit,
}

/// All that there is to tell.
pub(super) struct Told<'a> {
    /// How many files could be run.
    pub(super) files: usize,
    pub(super) ran: Vec<Ran>,
    /// Files that could not.
    pub(super) wrong: &'a [ScenarioError],
    /// Where it is asked for.
    pub(super) coverage: Option<&'a [RuleCoverage]>,
    pub(super) partition: Option<(usize, usize)>,
}

impl Told<'_> {
    pub(super) fn done(self) -> Done {
        let exit =
            self.ran.iter().fold(exit_of_wrong(self.wrong), |exit, ran| exit.or_worse(ran.exit));
        let human = self.in_words();
        let (mut entries, cases): (Vec<_>, Vec<_>) =
            self.ran.into_iter().map(|ran| (ran.entry, ran.json)).unzip();
        entries.extend(self.wrong.iter().map(entry_of_wrong));
        let passed = cases.iter().filter(|case| case.passed).count();
        let skipped = cases.iter().filter(|case| case.skipped.is_some()).count();
        let is_nothing = skipped > 0 && skipped == cases.len();
        let exit = exit.or_worse(if is_nothing { Exit::Nothing } else { Exit::Expected });
        let summary = Summary {
            cases: Some(cases.len()),
            passed: Some(passed),
            failed: Some(cases.len() - passed - skipped),
            skipped: (skipped > 0).then_some(skipped),
            ..summary(self.files, self.wrong)
        };
        let report = Report {
            cases: Some(cases),
            errors: errors(self.wrong),
            coverage: self.coverage.map(|coverage| coverage.iter().map(covered).collect()),
            ..Report::new("test", summary)
        };
        Done::new(exit, report, entries, human)
    }

    /// Each file's cases, then the failures, and last the counts. Nothing where all files are wrong: stderr says it.
    fn in_words(&self) -> String {
        if self.files == 0 {
            return String::new();
        }
        let (good, bad) =
            (style("ok  ", anstyle::AnsiColor::Green), style("FAIL", anstyle::AnsiColor::Red));
        let (mut text, mut failures, mut file) = (String::new(), String::new(), "");
        let (mut passed, mut skipped) = (0, 0);
        for Ran { entry, .. } in &self.ran {
            if entry.file != file {
                file = &entry.file;
                let _ = writeln!(text, "{}", printable(file));
            }
            if entry.state == State::Skipped {
                skipped += 1;
                let _ = writeln!(
                    text,
                    "  skip {}: {}",
                    printable(&entry.name),
                    printable(&entry.message)
                );
                continue;
            }
            let is_good = entry.state == State::Passed;
            let _ = writeln!(
                text,
                "  {} {}",
                if is_good { &good } else { &bad },
                printable(&entry.name)
            );
            if is_good {
                passed += 1;
            } else {
                let place = entry.place.map_or(String::new(), |place| format!(":{place}"));
                let (file, name) = (printable(file), printable(&entry.name));
                let _ = writeln!(failures, "{file}{place}: {name}\n{}\n", entry.detail.trim_end());
            }
        }
        match self.partition {
            Some((part, of)) if self.ran.is_empty() => {
                let _ = writeln!(text, "--partition {part}/{of} leaves no case to this run");
            }
            _ => text += "\n",
        }
        let _ = write!(failures, "{passed} passed, {} failed", self.ran.len() - passed - skipped);
        if skipped > 0 {
            let _ = write!(failures, ", {skipped} skipped");
        }
        match self.wrong.len() {
            0 => {}
            1 => failures += ", 1 file not run",
            count => failures += &format!(", {count} files not run"),
        }
        text + &failures + "\n" + &self.coverage.map_or(String::new(), coverage_in_words)
    }
}

impl Ran {
    pub(super) fn case(case: &CaseReport) -> Self {
        let message = match (case.outcome(), case.mismatches().first()) {
            (_, Some(mismatch)) => mismatch.to_string(),
            (Some(outcome), None) => format!("{}: {}", outcome.verdict(), outcome.cause()),
            (None, None) if case.status() == Status::Skipped => {
                case.render(false).trim_end().to_owned()
            }
            (None, None) => case.status().to_string(),
        };
        let entry = Entry {
            file: case.file().display().to_string(),
            place: Some(Position { line: case.line(), column: case.column() }),
            name: case.name().to_owned(),
            state: state(case.status()),
            id: case
                .outcome()
                .map_or(case.status().to_string(), |outcome| outcome.cause().to_string()),
            message,
            detail: case.render(true),
        };
        let json = Case {
            file: entry.file.clone(),
            name: entry.name.clone(),
            passed: case.passed(),
            skipped: (case.status() == Status::Skipped).then(|| entry.message.clone()),
            expected: Some(expected(case.expected())),
            got: case.outcome().map(Verdict::from),
            address: None,
            mismatches: case.mismatches().iter().map(ToString::to_string).collect(),
        };
        Self { entry, json, exit: exit_of(case.status()) }
    }

    /// A matrix that is not as its snapshot has it is accepted, where that is asked for and can be written.
    pub(super) fn matrix(matrix: &MatrixReport, update: bool) -> Self {
        let (mut status, mut message, mut detail) =
            (matrix.status(), matrix.summary().to_owned(), matrix.to_string());
        let mut mismatches: Vec<_> = matrix.changes().iter().map(ToString::to_string).collect();
        if update && status == Status::Failed {
            match matrix.update() {
                Ok(_) => {
                    (status, message) =
                        (Status::Passed, format!("written to {}", matrix.snapshot().display()))
                }
                Err(error) => {
                    (status, message) = (
                        Status::NotRun,
                        format!("cannot write {}: {error}", matrix.snapshot().display()),
                    );
                    detail = printable(&message) + "\n" + &detail;
                    mismatches.insert(0, message.clone());
                }
            }
        }
        if status == Status::Passed {
            mismatches.clear();
        } else if mismatches.is_empty() {
            mismatches.push(message.clone());
        }
        let id = match status {
            Status::Passed | Status::Failed => "matrix".to_owned(),
            _ => status.to_string(),
        };
        let (file, name) = (matrix.file().display().to_string(), "matrix".to_owned());
        let place = Some(Position { line: matrix.line(), column: matrix.column() });
        let passed = status == Status::Passed;
        let json = Case {
            file: file.clone(),
            name: name.clone(),
            passed,
            skipped: None,
            expected: None,
            got: None,
            address: None,
            mismatches,
        };
        let entry = Entry { file, place, name, state: state(status), id, message, detail };
        Self { entry, json, exit: exit_of(status) }
    }
}

fn state(status: Status) -> State {
    match status {
        Status::Passed => State::Passed,
        Status::Failed => State::Found { severity: Severity::Error, fails: true },
        Status::Skipped => State::Skipped,
        Status::NotRun | Status::Disagreement => State::NotRun,
    }
}

fn exit_of(status: Status) -> Exit {
    match status {
        Status::Passed | Status::Skipped => Exit::Expected,
        Status::Failed => Exit::Finding,
        Status::NotRun => Exit::NotRun,
        Status::Disagreement => Exit::Defect,
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

/// The counts that do not depend on cases.
fn summary(files: usize, wrong: &[ScenarioError]) -> Summary {
    let errors = (!wrong.is_empty()).then_some(wrong.len());
    Summary { files: Some(files), errors, ..Summary::default() }
}

fn exit_of_wrong(wrong: &[ScenarioError]) -> Exit {
    wrong.iter().map(Failure::exit_of).fold(Exit::Expected, Exit::or_worse)
}

fn errors(wrong: &[ScenarioError]) -> Vec<Wrong> {
    let error = |error: &ScenarioError| Wrong {
        file: error.path().display().to_string(),
        line: error.line(),
        column: error.column(),
        message: error.message().to_owned(),
        help: error.help().map(str::to_owned),
    };
    wrong.iter().map(error).collect()
}

fn entry_of_wrong(error: &ScenarioError) -> Entry {
    let id = match error {
        error if error.is_nothing_to_test() => "nothing-to-test",
        error if error.is_unreadable() => "unreadable-file",
        _ => "invalid-scenario",
    };
    let place = error.line().zip(error.column()).map(|(line, column)| Position { line, column });
    let help = error.help().map(|help| format!("; help: {help}")).unwrap_or_default();
    Entry {
        file: error.path().display().to_string(),
        place,
        name: "scenario file".to_owned(),
        state: State::NotRun,
        id: id.to_owned(),
        message: format!("{}{help}", error.message()),
        detail: error.render(true),
    }
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

fn coverage_in_words(coverage: &[RuleCoverage]) -> String {
    let bare: Vec<_> = coverage.iter().filter(|rule| !rule.is_exercised).collect();
    let mut text =
        format!("\n{} of {} policy rules exercised\n", coverage.len() - bare.len(), coverage.len());
    for rule in bare {
        let (file, line, column) =
            (printable(rule.file.display()), rule.position.line, rule.position.column);
        let _ = writeln!(text, "  {file}:{line}:{column}: no case needs {}", rule.element);
    }
    text
}

fn style(text: &str, color: anstyle::AnsiColor) -> String {
    let style = color.on_default().bold();
    format!("{style}{text}{style:#}")
}
