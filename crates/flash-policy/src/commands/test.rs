//! `flash-policy test`: runs scenario files.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use flash_policy_core::player::Endpoint;
use flash_policy_scenario::{
    self as scenario, CaseReport, MatrixReport, Runner, Scenario, ScenarioReport, Status,
};

use crate::args::Test;
use crate::exit::Failure;
use crate::report::{
    Case, CaseSummary, CommandResult, CoveredRule, Difference, ElementPlace, ErrorKind, Expected,
    ListedCase, MatrixResult, Mismatch, Report, ReportedError, TestResult, Verdict,
};

pub(crate) fn run(args: &Test) -> Result<Report, Failure> {
    let chosen = Choice::of(args)?;
    let mut result = TestResult {
        partition: args.partition.map(|(part, of)| format!("{part}/{of}")),
        ..TestResult::default()
    };
    if args.list {
        let cases = chosen.cases();
        let summary = CaseSummary { cases: cases.len(), ..CaseSummary::default() };
        result.summary = CaseSummary { files: Some(chosen.scenarios.len()), ..summary };
        result.listed = Some(cases.iter().map(ChosenCase::listed).collect());
        return Ok(Report::new(CommandResult::Test(result), chosen.errors));
    }
    let ScenarioRun { files, cases, coverage, errors } = run_chosen(args, &|_| Vec::new(), chosen);
    result.summary = CaseSummary::of(&cases, Some(files));
    result.cases = cases;
    result.coverage = args.coverage.then_some(coverage);
    Ok(Report::new(CommandResult::Test(result), errors))
}

/// The real servers that stand at endpoints of a scenario.
type Routes<'a> = &'a dyn Fn(&Scenario) -> Vec<(Endpoint, SocketAddr)>;

/// What came of running scenarios.
pub(crate) struct ScenarioRun {
    /// The files that could be run.
    pub(crate) files: usize,
    pub(crate) cases: Vec<Case>,
    pub(crate) coverage: Vec<CoveredRule>,
    /// What is wrong with the other files.
    pub(crate) errors: Vec<ReportedError>,
}

/// Runs scenarios with real servers in the place of what they declare.
pub(crate) fn run_against(args: &Test, routes: Routes<'_>) -> Result<ScenarioRun, ReportedError> {
    Ok(run_chosen(args, routes, Choice::of(args)?))
}

/// The scenarios that were named, and those of their cases that are to be run.
struct Choice<'a> {
    args: &'a Test,
    scenarios: Vec<Scenario>,
    errors: Vec<ReportedError>,
}

impl<'a> Choice<'a> {
    /// Reads all scenario files. What is wrong with some does not keep the others from being run.
    fn of(args: &'a Test) -> Result<Self, ReportedError> {
        let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
        for path in &args.paths {
            let files = scenario::find(path).unwrap_or_else(|error| {
                errors.push(ReportedError::from(&error));
                Vec::new()
            });
            for file in files {
                match Scenario::read(file) {
                    Ok(scenario) => scenarios.push(scenario),
                    Err(error) => errors.push(ReportedError::from(&error)),
                }
            }
        }
        let choice = Self { args, scenarios, errors };
        if choice.wanted().is_empty() && choice.errors.is_empty() {
            let text = "no case is left to test: none has the text of --filter in `file: name`";
            let error = ReportedError::new(ErrorKind::NothingToTest, text);
            return Err(error.help("--list shows them all"));
        }
        Ok(choice)
    }

    fn wanted(&self) -> Vec<ChosenCase<'_>> {
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

    /// Returns the cases of this part. Where there are fewer cases than parts, some part has none: that
    /// is no fault of the machine that runs it.
    fn cases(&self) -> Vec<ChosenCase<'_>> {
        let (part, of) = self.args.partition.unwrap_or((1, 1));
        let wanted = self.wanted().into_iter().enumerate();
        wanted.filter(|(index, _)| index % of == part - 1).map(|(_, one)| one).collect()
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

    /// Returns the name as `--filter` and `--list` have it.
    fn whole_name(&self) -> String {
        format!("{}: {}", self.file(), self.name())
    }

    fn listed(&self) -> ListedCase {
        ListedCase { file: self.file(), name: self.name().to_owned() }
    }
}

fn run_chosen(args: &Test, routes: Routes<'_>, choice: Choice<'_>) -> ScenarioRun {
    let (mut cases, mut all) = (Vec::new(), ScenarioReport::default());
    let chosen = choice.cases();
    let mut progress = Progress { done: 0, of: chosen.len(), is_shown: io::stderr().is_terminal() };
    for scenario in &choice.scenarios {
        let routes = routes(scenario).into_iter();
        let mut runner =
            routes.fold(Runner::new(scenario), |runner, (at, to)| runner.route(at, to));
        for one in chosen.iter().filter(|one| std::ptr::eq(one.scenario, scenario)) {
            progress.step();
            let started = Instant::now();
            cases.extend(match one.case {
                Some(case) => Some(of_case(runner.run(case), started.elapsed())),
                None => runner
                    .run_matrix()
                    .map(|matrix| of_matrix(matrix, args.update).took(started.elapsed())),
            });
        }
        all.merge(runner.finish());
    }
    progress.clear();
    let coverage = all.coverage().iter().map(CoveredRule::from).collect();
    let files = choice.scenarios.len();
    drop(chosen);
    ScenarioRun { files, cases, coverage, errors: choice.errors }
}

fn of_case(case: &CaseReport, took: Duration) -> Case {
    let reason = case.reason().map(str::to_owned);
    let is_skipped = case.status() == Status::Skipped;
    let (skipped, error) = if is_skipped { (reason, None) } else { (None, reason) };
    let budget = |role| case.profile().timing.budget(role);
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
        decided_by: case.deciding_place().map(ElementPlace::from),
        details: case.details(),
        ..Case::new(case.name(), case.status())
    };
    case.took(took)
}

/// Describes a matrix. One that is not as its snapshot has it is accepted, where that is asked for and
/// the snapshot can be written.
fn of_matrix(matrix: &MatrixReport, update: bool) -> Case {
    let snapshot = matrix.snapshot().display().to_string();
    let (mut status, mut summary) = (matrix.status(), matrix.summary().to_owned());
    let (mut written, mut error) = (false, None);
    if update && status == Status::Failed {
        match matrix.update() {
            Ok(_) => {
                (status, written) = (Status::Passed, true);
                summary = format!("written to {snapshot}");
            }
            Err(problem) => {
                status = Status::NotRun;
                summary = format!("cannot write {snapshot}: {problem}");
                error = Some(summary.clone());
            }
        }
    }
    let changes = matrix.changes().iter().filter(|_| status != Status::Passed);
    let mismatches = changes.map(|change| Mismatch {
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
        matrix: Some(MatrixResult { snapshot, summary, written }),
        details: matrix.to_string(),
        ..Case::new("matrix", status)
    }
}

/// A line on a terminal that says how far the run is; a log has none.
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
