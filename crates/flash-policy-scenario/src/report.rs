//! What came of running scenarios.

use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::Position;
use flash_policy_core::player::{Outcome, PlayerEvent, Unexpected, Verdict};
use flash_policy_core::printable::printable;

use super::decide::Decided;
use super::matrix::MatrixReport;
use super::model::{Case, Expectation, Scenario};
use super::source::Place;
use super::status::{Status, defect};

/// What came of running scenarios: the cases in order, the matrices, and which policy rules they exercised. Its
/// `Display` is the text of every failure, and the counts.
///
/// ```
/// # std::env::set_current_dir("../..").unwrap();
/// let report = flash_policy_scenario::run("fixtures/scenarios")?;
/// assert!(report.is_success(), "{report}");
/// assert_eq!(report.failed(), 0);
/// # Ok::<(), flash_policy_scenario::ScenarioError>(())
/// ```
#[derive(Debug, Default)]
pub struct ScenarioReport {
    pub(super) cases: Vec<CaseReport>,
    pub(super) matrices: Vec<MatrixReport>,
    pub(super) coverage: Vec<RuleCoverage>,
}

/// What came of one case. Its `Display` is the text of a failure, without colours.
#[derive(Debug)]
pub struct CaseReport {
    file: PathBuf,
    name: String,
    position: Position,
    expected: Expectation,
    status: Status,
    outcome: Option<Outcome<()>>,
    mismatches: Vec<Mismatch>,
    /// Below the expectations: the diagnosis, or why there is none.
    text: String,
    /// The element of a policy that decided.
    place: Option<Place>,
}

/// Something that is not as a case expects it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// `verdict`, `cause`, `event`, `then`, `granted-by`, or `requests to` and an endpoint.
    pub what: String,
    /// What the case expects.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// How often an element of a policy decided, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCoverage {
    /// The file in which it is written: the policy's, or the scenario's own.
    pub file: PathBuf,
    /// Where it is written there.
    pub position: Position,
    /// The element, as XML.
    pub element: String,
    /// How many connections it granted, backends that could not be reached included.
    pub granted: usize,
    /// How many denials it decided, as the nearest miss or as the meta-policy.
    pub denied: usize,
    /// Whether it did what it is there for: a rule has granted, a meta-policy that can deny has denied.
    pub is_exercised: bool,
}

impl ScenarioReport {
    /// The cases, in the order in which they ran.
    pub fn cases(&self) -> &[CaseReport] {
        &self.cases
    }

    /// The matrices, in the order in which they ran.
    pub fn matrices(&self) -> &[MatrixReport] {
        &self.matrices
    }

    /// How often each element of each policy document decided: cases, and cells of matrices. An element is counted
    /// once for all scenarios and endpoints that serve its document.
    pub fn coverage(&self) -> &[RuleCoverage] {
        &self.coverage
    }

    /// How many cases and matrices are as expected.
    pub fn passed(&self) -> usize {
        self.statuses().filter(|status| *status == Status::Passed).count()
    }

    /// How many cases and matrices are not.
    pub fn failed(&self) -> usize {
        self.statuses().count() - self.passed() - self.skipped()
    }

    /// How many cases were skipped, because they change what stands where a real server is.
    pub fn skipped(&self) -> usize {
        self.statuses().filter(|status| *status == Status::Skipped).count()
    }

    /// Whether there are some, and all are as expected.
    pub fn is_success(&self) -> bool {
        self.failed() == 0 && self.passed() > 0
    }

    /// Adds what came of another run.
    pub fn merge(&mut self, other: Self) {
        self.cases.extend(other.cases);
        self.matrices.extend(other.matrices);
        self.coverage.extend(other.coverage);
        // Both are in order already, which makes this one pass.
        self.coverage.sort_by(|a, b| a.key().cmp(&b.key()));
        self.coverage.dedup_by(|again, rule| {
            let is_same = rule.key() == again.key();
            if is_same {
                rule.granted += again.granted;
                rule.denied += again.denied;
                rule.is_exercised |= again.is_exercised;
            }
            is_same
        });
    }

    fn statuses(&self) -> impl Iterator<Item = Status> {
        self.cases
            .iter()
            .map(CaseReport::status)
            .chain(self.matrices.iter().map(MatrixReport::status))
    }
}

impl fmt::Display for ScenarioReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in self
            .cases
            .iter()
            .filter(|case| ![Status::Passed, Status::Skipped].contains(&case.status))
        {
            let (file, name) = (printable(case.file.display()), printable(&case.name));
            writeln!(f, "{file}:{}:{}: {name}\n{case}", case.line(), case.column())?;
        }
        for matrix in self.matrices.iter().filter(|matrix| matrix.status() != Status::Passed) {
            writeln!(
                f,
                "{}:{}:{}: matrix\n{matrix}",
                printable(matrix.file().display()),
                matrix.line(),
                matrix.column()
            )?;
        }
        write!(f, "{} passed, {} failed", self.passed(), self.failed())?;
        match self.skipped() {
            0 => writeln!(f),
            count => writeln!(f, ", {count} skipped"),
        }
    }
}

impl CaseReport {
    pub(super) fn new(scenario: &Scenario, case: &Case, decided: Decided) -> Self {
        let mut report = Self {
            file: scenario.file.path.clone(),
            name: case.name.clone(),
            position: case.position,
            expected: case.expected.clone(),
            status: Status::Passed,
            outcome: None,
            mismatches: Vec::new(),
            text: String::new(),
            place: None,
        };
        match decided {
            Decided::Alike(outcome) => report.judge(*outcome, scenario),
            Decided::Differing(differences) => {
                (report.status, report.text) = (Status::Disagreement, defect(&differences));
            }
            Decided::Skipped(why) => (report.status, report.text) = (Status::Skipped, why + "\n"),
            Decided::NotRun(problem) => {
                (report.status, report.text) =
                    (Status::NotRun, format!("the case could not be run: {problem}\n"));
            }
        }
        report
    }

    /// The scenario file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The case's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line of the case in its file, from 1.
    pub fn line(&self) -> u32 {
        self.position.line
    }

    /// The column of the case in its file, from 1.
    pub fn column(&self) -> u32 {
        self.position.column
    }

    /// What must come of it.
    pub fn expected(&self) -> &Expectation {
        &self.expected
    }

    /// What came of it; `None` where it was not decided, or not alike both times.
    pub fn outcome(&self) -> Option<&Outcome<()>> {
        self.outcome.as_ref()
    }

    /// Whether it is as expected.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether it is as expected.
    pub fn passed(&self) -> bool {
        self.status == Status::Passed
    }

    /// All that is not as expected, the verdict first.
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }

    /// The text of a failure: what was expected, what came, the diagnosis, and the policy's line that decided.
    pub fn render(&self, colour: bool) -> String {
        let mut text = String::new();
        if let Some(outcome) = &self.outcome {
            let expected =
                self.expected.cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            let _ = writeln!(text, "expected {}{expected}", self.expected.verdict);
            let _ = writeln!(text, "     got {}: {}", outcome.verdict(), outcome.cause());
        }
        for mismatch in self
            .mismatches
            .iter()
            .filter(|mismatch| !["verdict", "cause"].contains(&mismatch.what.as_str()))
        {
            let _ = writeln!(text, "  wrong    {mismatch}");
        }
        text.push_str(&self.text);
        if let (Some(outcome), Some(place)) = (&self.outcome, &self.place) {
            let message = match outcome.verdict() {
                Verdict::Denied => "decided by this element",
                _ => "granted by this element",
            };
            let _ = writeln!(text, "{}", place.render(message, colour));
        }
        text
    }

    fn judge(&mut self, outcome: Outcome<()>, scenario: &Scenario) {
        self.mismatches = mismatches(&self.expected, &outcome);
        if !self.mismatches.is_empty() {
            self.status = Status::Failed;
            self.place = outcome.rule().and_then(|rule| {
                let document = scenario.policies.get(rule.endpoint())?.document.as_ref()?;
                document.find(rule, &scenario.file)
            });
        }
        (self.text, self.outcome) = diagnosis(outcome, self.expected.verdict);
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.what, self.expected, self.got)
    }
}

impl RuleCoverage {
    /// Where a document is written with escapes, all its elements have one place.
    fn key(&self) -> (&Path, Position, &str) {
        (&self.file, self.position, &self.element)
    }
}

impl fmt::Display for RuleCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, element, granted, denied, .. } = self;
        write!(
            f,
            "{}:{position}: {element}: granted {granted}, denied {denied}",
            printable(self.file.display())
        )
    }
}

fn mismatches(expected: &Expectation, outcome: &Outcome<()>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut check = |what: &str, expected: Option<String>, got: String| {
        if let Some(expected) = expected.filter(|expected| *expected != got) {
            found.push(Mismatch { what: what.to_owned(), expected, got });
        }
    };
    let nothing = || "nothing".to_owned();
    let event = |index| outcome.events().get(index).map_or_else(nothing, PlayerEvent::to_string);
    let grantor = || outcome.granted_by().map_or_else(nothing, ToString::to_string);
    check("verdict", Some(expected.verdict.to_string()), outcome.verdict().to_string());
    check("cause", expected.cause.map(|cause| cause.to_string()), outcome.cause().to_string());
    check("event", expected.event.map(|event| event.to_string()), event(0));
    check("then", expected.then.map(|event| event.to_string()), event(1));
    check("granted-by", expected.granted_by.as_ref().map(ToString::to_string), grantor());
    for (at, count) in &expected.requests {
        check(
            &format!("requests to {at}"),
            Some(count.to_string()),
            outcome.requests_to(at).to_string(),
        );
    }
    found
}

/// The diagnosis, without its head. Where the verdict is another one, its advice is how to get the expected one.
fn diagnosis(outcome: Outcome<()>, expected: Verdict) -> (String, Option<Outcome<()>>) {
    if outcome.verdict() == expected {
        return (without_head(&outcome.to_string(), 1), Some(outcome));
    }
    let unexpected = match expected {
        Verdict::Permitted => outcome.try_permitted().err(),
        Verdict::Denied => outcome.try_denied().err(),
        Verdict::Unreachable => outcome.try_unreachable().err(),
    };
    let text = unexpected.as_ref().map(|unexpected| without_head(&unexpected.to_string(), 2));
    (text.unwrap_or_default(), unexpected.map(Unexpected::into_outcome))
}

fn without_head(text: &str, lines: usize) -> String {
    text.split_inclusive('\n').skip(lines).collect()
}
