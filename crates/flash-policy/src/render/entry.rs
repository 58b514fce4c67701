//! The entries of a report: the view that JUnit, SARIF, GitHub and TAP share.

use flash_policy_conformance::CheckVerdict;
use flash_policy_core::diagnostics::{Severity, rules};
use flash_policy_core::printable::counted;
use flash_policy_core::source_text::Position;
use flash_policy_scenario::{DISAGREEMENT, Status};

use super::subject::Subject;
use super::{Style, human};
use crate::exit::Exit;
use crate::report::{
    AnswerFinding, Case, Change, CheckResult, CommandResult, ConformanceCheck, DiffResult, Finding,
    LiveResult, Note, Report, ReportedError, RunResult, ServerUnderTest, SkippedFiles,
    SuppressedFinding, Suppressor,
};

/// One item of a result.
pub(super) struct Entry {
    pub(super) place: Place,
    /// The name of the finding, case or check.
    pub(super) name: String,
    pub(super) state: State,
    pub(super) subject: Subject,
    /// The heading of an annotation.
    pub(super) title: String,
    /// The message, in one line.
    pub(super) message: String,
    /// Advice.
    pub(super) help: Option<String>,
    /// The full text for people, without colour.
    pub(super) detail: String,
    /// True if one line is not enough, and a reader needs `detail` as well.
    pub(super) needs_its_block: bool,
    /// The part of its identity that tells it apart from others with its id and place. It does not
    /// depend on the wording.
    pub(super) fingerprint: String,
    /// The time that it took, if that was measured.
    pub(super) took_ms: Option<u64>,
    /// The remarks on it, the worst first. Formats that list findings show them as their own.
    pub(super) notes: Vec<Entry>,
}

impl Entry {
    /// Returns the message and the advice, in one line.
    pub(super) fn sentence(&self) -> String {
        match &self.help {
            Some(help) => format!("{}; help: {help}", self.message),
            None => self.message.clone(),
        }
    }
}

/// The place that an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File {
        path: String,
        position: Option<Position>,
    },
    Stdin {
        position: Option<Position>,
    },
    /// A server, by its logical `HOST:PORT`.
    Server(String),
    /// The command as a whole.
    Nowhere,
}

/// The state of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Passed,
    /// Something was found. `fails` is true if it makes the command fail.
    Found {
        severity: Severity,
        fails: bool,
    },
    /// Something was found but does not count.
    Suppressed {
        severity: Severity,
        reason: String,
        in_source: bool,
    },
    /// The case was left out.
    Skipped,
    /// The case could not be judged.
    NotRun,
}

impl State {
    /// Returns the severity of what was found.
    pub(super) fn severity(&self) -> Severity {
        match self {
            Self::Found { severity, .. } | Self::Suppressed { severity, .. } => *severity,
            Self::NotRun => Severity::Error,
            Self::Passed | Self::Skipped => Severity::Info,
        }
    }
}

impl Place {
    fn of_file(file: &str, position: Option<Position>) -> Self {
        if file == crate::input::STDIN {
            Self::Stdin { position }
        } else {
            Self::File { path: file.to_owned(), position }
        }
    }

    /// Returns the name of the file or server, as the user gave it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::File { path, .. } => path,
            Self::Stdin { .. } => crate::input::STDIN,
            Self::Server(endpoint) => endpoint,
            Self::Nowhere => "flash-policy",
        }
    }

    pub(super) fn position(&self) -> Option<Position> {
        match self {
            Self::File { position, .. } | Self::Stdin { position } => *position,
            Self::Server(_) | Self::Nowhere => None,
        }
    }
}

/// Returns the entries of a report in order. Errors come last.
pub(super) fn entries(report: &Report) -> Vec<Entry> {
    let mut entries = match &report.result {
        CommandResult::Check(check) => of_check(check),
        CommandResult::Eval(eval) => {
            let cases = eval.cases.iter().map(of_case);
            cases.chain(eval.answer_findings.iter().map(of_answer)).collect()
        }
        CommandResult::Test(test) => {
            let skipped = test.skipped_files.iter().map(|file| {
                let place = Place::of_file(file, None);
                Entry { state: State::Skipped, ..passed(place, "skipped: not a scenario") }
            });
            test.cases.iter().map(of_case).chain(skipped).collect()
        }
        CommandResult::Probe(probe) => of_live(&probe.live),
        CommandResult::Run(run) => of_run(run),
        CommandResult::Diff(diff) => of_diff(diff),
        CommandResult::Explain(_) => Vec::new(),
    };
    entries.extend(report.errors.iter().map(of_error));
    entries
}

/// Returns the entries of a report, each followed by the remarks on it.
pub(super) fn entries_and_notes(report: &Report) -> Vec<Entry> {
    let with_notes = |mut entry: Entry| {
        let notes = std::mem::take(&mut entry.notes);
        std::iter::once(entry).chain(notes)
    };
    entries(report).into_iter().flat_map(with_notes).collect()
}

fn of_check(check: &CheckResult) -> Vec<Entry> {
    let mut entries = Vec::new();
    for document in &check.documents {
        let file = &document.file;
        let found = check.findings.iter().filter(|finding| finding.file == *file).map(of_finding);
        let hidden = check.suppressed.iter().filter(|one| one.finding.file == *file);
        let mut of_document: Vec<_> = found.chain(hidden.map(of_suppressed)).collect();
        of_document.sort_by_key(|entry| entry.place.position());
        if of_document.is_empty() {
            of_document.push(passed(Place::of_file(file, None), NOTHING_FOUND));
        }
        entries.extend(of_document);
    }
    entries.extend(check.skipped.iter().flat_map(of_skipped));
    entries
}

/// Returns the entry of each skipped file if they are listed, otherwise one for all.
fn of_skipped(skipped: &SkippedFiles) -> Vec<Entry> {
    let reason = skipped.reason.0.words();
    let skip = |place, text: String| Entry { state: State::Skipped, ..passed(place, &text) };
    let counted = format!("{} skipped: {reason}", counted(skipped.count, "file"));
    match skipped.files.as_slice() {
        [] => vec![skip(Place::Nowhere, counted)],
        files => {
            let file =
                |file: &String| skip(Place::of_file(file, None), format!("skipped: {reason}"));
            files.iter().map(file).collect()
        }
    }
}

/// The name and message of a document in which nothing was found.
const NOTHING_FOUND: &str = "nothing found";

fn passed(place: Place, text: &str) -> Entry {
    Entry {
        place,
        name: text.to_owned(),
        state: State::Passed,
        subject: Subject::Nothing,
        title: text.to_owned(),
        message: text.to_owned(),
        help: None,
        detail: String::new(),
        needs_its_block: false,
        fingerprint: String::new(),
        took_ms: None,
        notes: Vec::new(),
    }
}

/// Returns the subject for a rule's id.
fn of_id(id: &str) -> Subject {
    rules::find(id).map_or(Subject::Nothing, Subject::Rule)
}

fn of_finding(finding: &Finding) -> Entry {
    let position = finding.position();
    let at = position.map(|position| format!(" at {position}")).unwrap_or_default();
    Entry {
        place: Place::of_file(&finding.file, position),
        name: format!("{} {}{at}", finding.rule, finding.name),
        state: State::Found { severity: finding.severity.0, fails: finding.fails },
        subject: of_id(finding.rule),
        title: format!("{} {}", finding.rule, finding.name),
        message: finding.message.clone(),
        help: Some(finding.help.clone()),
        detail: human::finding(finding, &Style::PLAIN),
        needs_its_block: false,
        fingerprint: finding.fingerprint.clone(),
        took_ms: None,
        notes: Vec::new(),
    }
}

fn of_suppressed(suppressed: &SuppressedFinding) -> Entry {
    let state = State::Suppressed {
        severity: suppressed.finding.severity.0,
        reason: suppressed.reason.clone(),
        in_source: suppressed.suppressed_by == Suppressor::Document,
    };
    Entry { state, ..of_finding(&suppressed.finding) }
}

fn of_case(case: &Case) -> Entry {
    let file = |file: &String| Place::of_file(file, case.position());
    let place = match (&case.decided_by, &case.file, &case.got) {
        (_, Some(path), _) if case.line.is_some() => file(path),
        (Some(element), _, _) => Place::of_file(&element.file, Some(element.position())),
        (None, Some(path), _) => file(path),
        (None, None, Some(got)) => Place::Server(got.connect.clone()),
        (None, None, None) => Place::Nowhere,
    };
    Entry {
        place,
        name: case.name.clone(),
        state: match case.status.0 {
            Status::Passed => State::Passed,
            Status::Failed => State::Found { severity: Severity::Error, fails: true },
            Status::Skipped => State::Skipped,
            Status::NotRun | Status::Disagreement => State::NotRun,
        },
        subject: match (&case.got, &case.matrix, case.status.0) {
            (Some(got), _, _) => Subject::Cause(got.cause.0),
            (None, Some(_), Status::Passed | Status::Failed) => Subject::Matrix,
            (None, _, status) => Subject::Case(status),
        },
        title: case.name.clone(),
        message: case_message(case),
        help: None,
        detail: match case.route {
            Some(_) => human::attempt(case, &Style::PLAIN),
            None => human::case(case, &Style::PLAIN),
        },
        needs_its_block: true,
        fingerprint: case.name.clone(),
        took_ms: Some(case.took_ms),
        notes: case.notes.iter().map(|note| of_note(note, case)).collect(),
    }
}

fn of_note(note: &Note, case: &Case) -> Entry {
    let file = case.file.as_deref().unwrap_or_default();
    Entry {
        place: Place::of_file(file, Some(note.position())),
        name: format!("{} of {}", note.kind.0, case.name),
        state: State::Found { severity: note.severity.0, fails: false },
        subject: Subject::Note(note.kind.0),
        title: case.name.clone(),
        message: note.message.clone(),
        help: note.help.clone(),
        detail: human::notes(&case.notes, "", &Style::PLAIN),
        needs_its_block: false,
        fingerprint: case.name.clone(),
        took_ms: None,
        notes: Vec::new(),
    }
}

/// Returns the result of a case in one line.
fn case_message(case: &Case) -> String {
    if let Some(reason) = case.skipped.as_ref().or(case.error.as_ref()) {
        return reason.clone();
    }
    if let Some(matrix) = &case.matrix {
        return matrix.summary.clone();
    }
    if !case.differences.is_empty() {
        return DISAGREEMENT.to_owned();
    }
    match (case.mismatches.first(), &case.got) {
        (Some(mismatch), _) => human::mismatch(mismatch),
        (None, Some(got)) => format!("{}: {}", got.outcome.0, got.cause.0),
        (None, None) => case.status.0.to_string(),
    }
}

fn of_run(run: &RunResult) -> Vec<Entry> {
    let mut entries = of_live(&run.live);
    let exit = run.live.exit();
    entries.extend(run.server.as_ref().map(|server| of_server(server, exit)));
    entries
}

fn of_live(live: &LiveResult) -> Vec<Entry> {
    let cases = live.cases.iter().map(of_case);
    let answers = live.answer_findings.iter().map(of_answer);
    let checks = live.checks.iter().flatten().map(of_check_of_server);
    cases.chain(answers).chain(checks).collect()
}

fn of_answer(finding: &AnswerFinding) -> Entry {
    let AnswerFinding { endpoint, diagnostic, fails, suppressed } = finding;
    let severity = diagnostic.severity.0;
    Entry {
        place: Place::Server(endpoint.clone()),
        name: format!("{} at {endpoint}", diagnostic.id),
        state: match suppressed {
            None => State::Found { severity, fails: *fails },
            Some(suppressed) => State::Suppressed {
                severity,
                reason: suppressed.reason.clone(),
                in_source: suppressed.by == Suppressor::Document,
            },
        },
        subject: of_id(diagnostic.id),
        title: format!("{} at {endpoint}", diagnostic.id),
        message: diagnostic.message.clone(),
        help: Some(diagnostic.help.clone()),
        detail: human::diagnostic(diagnostic),
        needs_its_block: false,
        fingerprint: diagnostic.fingerprint.clone(),
        took_ms: None,
        notes: Vec::new(),
    }
}

fn of_check_of_server(check: &ConformanceCheck) -> Entry {
    let found = |severity| State::Found { severity, fails: check.fails };
    let id = check.id.0;
    Entry {
        place: Place::Server(check.endpoint.clone()),
        name: format!("torture: {id}"),
        state: match check.verdict.0 {
            CheckVerdict::Pass => State::Passed,
            CheckVerdict::Tolerated => found(Severity::Warning),
            CheckVerdict::Fail => found(Severity::Error),
            CheckVerdict::NotRun => State::Skipped,
        },
        subject: check.rule.and_then(rules::find).map_or(Subject::Check(id), Subject::Rule),
        title: format!("torture: {id}"),
        message: check.reason.clone(),
        help: check.help.clone(),
        detail: human::conformance_check(check),
        needs_its_block: false,
        fingerprint: id.to_string(),
        took_ms: None,
        notes: Vec::new(),
    }
}

/// Returns the entry of the server, with its output. A crash makes a run fail even if every answer
/// came before it. `exit` is the exit code of a run without a crash: if that failed, the output may
/// say why.
fn of_server(server: &ServerUnderTest, exit: Exit) -> Entry {
    let has_said = !server.remarks.is_empty() || !server.output.trim().is_empty();
    let remarks = server.remarks.join("; ");
    let message = if server.remarks.is_empty() { "it ended when it was told to" } else { &remarks };
    let state = if server.has_crashed {
        State::Found { severity: Severity::Error, fails: true }
    } else if exit != Exit::Expected && has_said {
        State::Found { severity: Severity::Info, fails: false }
    } else {
        State::Passed
    };
    Entry {
        place: Place::Server(server.location.clone()),
        name: "the server under test".to_owned(),
        state,
        subject: if server.has_crashed { Subject::Crash } else { Subject::Server },
        title: "the server under test".to_owned(),
        message: message.to_owned(),
        help: None,
        detail: format!("{message}\n{}", human::server_output(&server.output)),
        needs_its_block: true,
        fingerprint: String::new(),
        took_ms: None,
        notes: Vec::new(),
    }
}

fn of_diff(diff: &DiffResult) -> Vec<Entry> {
    let changes: Vec<_> = diff.changes.iter().map(|change| of_change(change, &diff.file)).collect();
    if !changes.is_empty() || diff.file.is_empty() {
        return changes;
    }
    vec![passed(Place::of_file(&diff.file, None), "no change in meaning")]
}

fn of_change(change: &Change, file: &str) -> Entry {
    let severity = if change.fails { Severity::Error } else { Severity::Info };
    Entry {
        place: Place::of_file(file, change.position()),
        name: change.name.clone(),
        state: State::Found { severity, fails: change.fails },
        subject: Subject::Change(change.direction.0),
        title: change.direction.0.to_string(),
        message: change.text.clone(),
        help: None,
        detail: change.text.clone(),
        needs_its_block: false,
        fingerprint: change.name.clone(),
        took_ms: None,
        notes: Vec::new(),
    }
}

fn of_error(error: &ReportedError) -> Entry {
    Entry {
        place: match &error.place {
            Some(place) => Place::of_file(&place.file, place.position()),
            None => Place::Nowhere,
        },
        name: error.kind.0.to_string(),
        state: State::NotRun,
        subject: Subject::Error(error.kind.0),
        title: error.kind.0.to_string(),
        message: error.message.clone(),
        help: error.help.clone(),
        detail: human::error(error, &Style::PLAIN),
        needs_its_block: true,
        fingerprint: error.message.clone(),
        took_ms: None,
        notes: Vec::new(),
    }
}
