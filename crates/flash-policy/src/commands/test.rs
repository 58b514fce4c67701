//! `flash-policy test`: runs scenario files.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use flash_policy_core::player::{Endpoint, Outcome, Role};
use flash_policy_fixture::client::Route;
use flash_policy_scenario::{
    self as scenario, CaseReport, MatrixReport, Runner, Scenario, ScenarioReport, Status,
};

use crate::args::Test;
use crate::failure::Failure;
use crate::report::{
    Case, CaseSummary, CommandResult, CoveredRule, Difference, ElementPlace, ErrorKind, Expected,
    ListedCase, MatrixResult, Mismatch, Note, Report, ReportedError, TestResult, Verdict,
};
use crate::so_far::SoFar;

pub(crate) fn run(args: &Test, so_far: &SoFar<TestResult>) -> Result<Report, Failure> {
    let chosen = CaseSelection::of(args)?;
    let mut result = TestResult {
        partition: args.partition.map(|(part, of)| format!("{part}/{of}")),
        ..TestResult::default()
    };
    let skipped = chosen.skipped.iter().map(|path| path.display().to_string());
    result.skipped_files = skipped.collect();
    if args.list {
        let cases = chosen.cases();
        let summary = CaseSummary { cases: cases.len(), ..CaseSummary::default() };
        result.summary = CaseSummary { files: Some(chosen.scenarios.len()), ..summary };
        result.listed = Some(cases.iter().map(ChosenCase::listed).collect());
        return Ok(Report::new(CommandResult::Test(result), chosen.errors));
    }
    if args.update {
        chosen.check_snapshots()?;
    }
    let ScenarioRun { files, cases, coverage, errors } =
        run_selected(args, &|_| Vec::new(), chosen, so_far);
    result.summary = CaseSummary::of(&cases, Some(files));
    result.cases = cases;
    result.coverage = args.coverage.then_some(coverage);
    Ok(Report::new(CommandResult::Test(result), errors))
}

/// Returns the real servers for endpoints of a scenario. It is called before each case.
type Routes<'a> = &'a dyn Fn(&Scenario) -> Vec<(Endpoint, Route)>;

/// The result of running scenarios.
pub(crate) struct ScenarioRun {
    /// The number of files that could be run.
    pub(crate) files: usize,
    pub(crate) cases: Vec<Case>,
    pub(crate) coverage: Vec<CoveredRule>,
    /// The errors of the other files.
    pub(crate) errors: Vec<ReportedError>,
}

/// Runs scenarios against real servers, which replace the endpoints that the scenarios declare.
/// Tells the observer of each case.
pub(crate) fn run_against(
    args: &Test,
    routes: Routes<'_>,
    observer: &dyn CaseObserver,
) -> Result<ScenarioRun, ReportedError> {
    Ok(run_selected(args, routes, CaseSelection::of(args)?, observer))
}

/// Learns of each case.
pub(crate) trait CaseObserver {
    /// Takes an outcome over real sockets.
    fn answered(&self, _outcome: &Outcome<()>) {}

    /// Returns whether the case must run again: a real server was gone, perhaps since the case
    /// before it.
    fn is_doubtful(&self, _case: &Case) -> bool {
        false
    }

    fn done(&self, case: &Case);
}

impl CaseObserver for SoFar<TestResult> {
    fn done(&self, case: &Case) {
        self.update(|result| {
            result.cases.push(case.clone());
            result.summary = CaseSummary::of(&result.cases, None);
        });
    }
}

/// The scenarios of the command line, and the selection of their cases.
struct CaseSelection<'a> {
    args: &'a Test,
    scenarios: Vec<Scenario>,
    /// The `*.toml` of folders that are no scenario files.
    skipped: Vec<PathBuf>,
    errors: Vec<ReportedError>,
}

impl<'a> CaseSelection<'a> {
    /// Reads all scenario files. If some are wrong, the others still run.
    fn of(args: &'a Test) -> Result<Self, ReportedError> {
        let mut scenarios = Vec::new();
        let mut errors = Vec::new();
        let mut skipped = Vec::new();
        for path in &args.paths {
            let found = scenario::find_all(path);
            errors.extend(found.errors.iter().map(ReportedError::from));
            skipped.extend(found.skipped);
            for file in found.scenarios {
                match Scenario::read(file) {
                    Ok(scenario) => scenarios.push(scenario),
                    Err(error) => errors.push(ReportedError::from(&error)),
                }
            }
        }
        let selection = Self { args, scenarios, skipped, errors };
        if selection.filtered_cases().is_empty() && selection.errors.is_empty() {
            let text = "no case is left to test: none has the text of --filter in `file: name`";
            let error = ReportedError::new(ErrorKind::NothingToTest, text);
            return Err(error.help("--list shows them all"));
        }
        Ok(selection)
    }

    /// Returns an error if an update would overwrite a file that is not a snapshot.
    fn check_snapshots(&self) -> Result<(), Failure> {
        let cases = self.cases();
        let mut matrices = cases.iter().filter(|one| one.case.is_none());
        match matrices.find_map(|one| Some((one, one.scenario.foreign_snapshot()?))) {
            Some((matrix, path)) => Err(Failure::usage(format!(
                "--update would overwrite {}, which is not a snapshot of a matrix; name another \
                 file in `snapshot` of {}",
                path.display(),
                matrix.file()
            ))),
            None => Ok(()),
        }
    }

    fn filtered_cases(&self) -> Vec<ChosenCase<'_>> {
        let all = self.scenarios.iter().flat_map(|scenario| {
            let cases = (0..scenario.cases().len()).map(Some);
            let cases = cases.chain(scenario.has_matrix().then_some(None));
            cases.map(move |case| ChosenCase { scenario, case })
        });
        let filter = &self.args.filter;
        let has_text = |one: &ChosenCase<'_>| {
            filter.is_empty() || filter.iter().any(|text| one.whole_name().contains(text.as_str()))
        };
        all.filter(has_text).collect()
    }

    /// Returns the cases of this part. If there are fewer cases than parts, some parts are empty,
    /// which is not an error.
    fn cases(&self) -> Vec<ChosenCase<'_>> {
        let (part, of) = self.args.partition.unwrap_or((1, 1));
        let filtered_cases = self.filtered_cases().into_iter().enumerate();
        filtered_cases.filter(|(index, _)| index % of == part - 1).map(|(_, one)| one).collect()
    }
}

/// A case of a scenario, or its matrix.
struct ChosenCase<'a> {
    scenario: &'a Scenario,
    case: Option<usize>,
}

impl ChosenCase<'_> {
    fn name(&self) -> &str {
        self.case.map_or("matrix", |case| self.scenario.cases()[case].name())
    }

    fn file(&self) -> String {
        self.scenario.path().display().to_string()
    }

    /// Returns `file: name`, as `--filter` and `--list` use it.
    fn whole_name(&self) -> String {
        format!("{}: {}", self.file(), self.name())
    }

    fn listed(&self) -> ListedCase {
        ListedCase { file: self.file(), name: self.name().to_owned() }
    }
}

/// Runs the cases, and tells the observer of each one.
fn run_selected(
    args: &Test,
    routes: Routes<'_>,
    selection: CaseSelection<'_>,
    observer: &dyn CaseObserver,
) -> ScenarioRun {
    let mut cases = Vec::new();
    let mut all = ScenarioReport::default();
    let chosen = selection.cases();
    let mut progress = Progress { done: 0, of: chosen.len(), is_shown: io::stderr().is_terminal() };
    for scenario in &selection.scenarios {
        let mut runner = Runner::new(scenario);
        for one in chosen.iter().filter(|one| std::ptr::eq(one.scenario, scenario)) {
            progress.step();
            runner = routed(runner, routes(scenario));
            let mut case = run_one(&mut runner, one, args.update, observer);
            if case.as_ref().is_some_and(|case| observer.is_doubtful(case)) {
                // A new runner has new sessions, in which nothing has failed.
                all.merge(runner.finish());
                runner = routed(Runner::new(scenario), routes(scenario));
                case = run_one(&mut runner, one, args.update, observer);
            }
            case.iter().for_each(|case| observer.done(case));
            cases.extend(case);
        }
        all.merge(runner.finish());
    }
    progress.clear();
    let coverage = all.coverage().iter().map(CoveredRule::from).collect();
    let files = selection.scenarios.len();
    drop(chosen);
    ScenarioRun { files, cases, coverage, errors: selection.errors }
}

/// Routes endpoints to real servers. A server that had to be started again has other ports.
fn routed<'a>(runner: Runner<'a>, routes: Vec<(Endpoint, Route)>) -> Runner<'a> {
    routes.into_iter().fold(runner, |runner, (at, to)| runner.route(at, to))
}

fn run_one(
    runner: &mut Runner<'_>,
    one: &ChosenCase<'_>,
    update: bool,
    observer: &dyn CaseObserver,
) -> Option<Case> {
    let started = Instant::now();
    match one.case {
        Some(case) => {
            let report = runner.run(case);
            report.outcome().into_iter().for_each(|outcome| observer.answered(outcome));
            Some(of_case(report, started.elapsed()))
        }
        None => runner
            .run_matrix_observed(&|outcome: &Outcome<()>| observer.answered(outcome))
            .map(|matrix| of_matrix(matrix, update).took(started.elapsed())),
    }
}

fn of_case(case: &CaseReport, took: Duration) -> Case {
    let reason = case.reason().map(str::to_owned);
    let is_skipped = case.status() == Status::Skipped;
    let (skipped, error) = if is_skipped { (reason, None) } else { (None, reason) };
    let budget = |role: Role| role.budget(&case.profile().timing);
    let case = Case {
        file: Some(case.file().display().to_string()),
        line: Some(case.line()),
        column: Some(case.column()),
        skipped,
        error,
        expected: Some(Expected::from(case.expected())),
        got: case.outcome().map(|outcome| Verdict::new(outcome, budget)),
        mismatches: case.mismatches().iter().map(Mismatch::from).collect(),
        differences: case.differences().iter().map(Difference::from).collect(),
        notes: case.notes().iter().map(Note::from).collect(),
        decided_by: case.deciding_place().map(ElementPlace::from),
        details: case.details(),
        ..Case::new(case.name(), case.status())
    };
    case.took(took)
}

/// Describes a matrix. With `update`, a matrix that differs from its snapshot is accepted, if the
/// snapshot can be written.
fn of_matrix(matrix: &MatrixReport, update: bool) -> Case {
    let snapshot = matrix.snapshot().display().to_string();
    let mut status = matrix.status();
    let mut summary = matrix.summary().to_owned();
    let mut written = false;
    let mut error = None;
    if update && status == Status::Failed {
        match matrix.update() {
            Ok(_) => {
                status = Status::Passed;
                written = true;
                summary = format!("written to {snapshot}");
            }
            Err(problem) => {
                status = Status::NotRun;
                summary = format!("cannot write {snapshot}: {problem}");
                error = Some(summary.clone());
            }
        }
    }
    let changes = if status == Status::Passed { &[] } else { matrix.changes() };
    let mismatches = changes.iter().map(|change| Mismatch {
        what: format!("{} to {}", change.swf, change.connect),
        expected: change.was.clone(),
        got: change.is.clone(),
        is_verdict: false,
    });
    Case {
        file: Some(matrix.file().display().to_string()),
        line: Some(matrix.line()),
        column: Some(matrix.column()),
        error,
        mismatches: mismatches.collect(),
        notes: matrix.notes().iter().map(Note::from).collect(),
        matrix: Some(MatrixResult { snapshot, summary, written }),
        details: matrix.to_string(),
        ..Case::new("matrix", status)
    }
}

/// A progress line on a terminal. It is not shown in a log.
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
            // If the progress cannot be shown, the run goes on.
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}
