//! [`ScenarioReport`] and [`CaseReport`]: the results of running scenarios, as data and as text.

use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::Position;
use flash_policy_core::player::{Outcome, PlayerEvent, Unexpected, Verdict};
use flash_policy_core::printable::printable;

use super::decide::Decision;
use super::matrix::MatrixReport;
use super::model::{Case, Expectation, Scenario};
use super::source::Place;
use super::status::{Status, disagreement};

/// The result of running scenarios: the cases, the matrices, and the policy rules that they
/// exercised.
///
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

impl ScenarioReport {
    /// Returns the cases, in the order in which they ran.
    pub fn cases(&self) -> &[CaseReport] {
        &self.cases
    }

    /// Returns the matrices, in the order in which they ran.
    pub fn matrices(&self) -> &[MatrixReport] {
        &self.matrices
    }

    /// Returns how often each element of each policy document decided a case or a cell of a matrix.
    /// An element has one entry for all scenarios and endpoints that serve its document.
    pub fn coverage(&self) -> &[RuleCoverage] {
        &self.coverage
    }

    /// Returns the number of cases and matrices that are as expected.
    pub fn passed(&self) -> usize {
        self.statuses().filter(|status| *status == Status::Passed).count()
    }

    /// Returns the number of cases and matrices that are neither as expected nor skipped.
    pub fn failed(&self) -> usize {
        self.statuses().count() - self.passed() - self.skipped()
    }

    /// Returns the number of cases that were skipped, because they change an endpoint that a real
    /// server has taken over.
    pub fn skipped(&self) -> usize {
        self.statuses().filter(|status| *status == Status::Skipped).count()
    }

    /// Returns whether at least one case or matrix is as expected, and none failed.
    pub fn is_success(&self) -> bool {
        self.failed() == 0 && self.passed() > 0
    }

    /// Adds the results of another run.
    pub fn merge(&mut self, other: Self) {
        self.cases.extend(other.cases);
        self.matrices.extend(other.matrices);
        self.coverage.extend(other.coverage);
        // Both parts are sorted already, so that the sort takes one pass.
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
        for case in &self.cases {
            if matches!(case.status, Status::Passed | Status::Skipped) {
                continue;
            }
            let file = printable(case.file.display());
            let name = printable(&case.name);
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

/// The result of one case.
///
/// `Display` is the text of a failure, without colours.
#[derive(Debug)]
pub struct CaseReport {
    file: PathBuf,
    name: String,
    position: Position,
    expected: Expectation,
    status: Status,
    outcome: Option<Outcome<()>>,
    mismatches: Vec<Mismatch>,
    /// The text below the mismatches: the diagnosis, or the reason why there is none.
    text: String,
    /// The place of the policy's element that decided a failed case.
    place: Option<Place>,
}

impl CaseReport {
    pub(super) fn new(scenario: &Scenario, case: &Case, decision: Decision) -> Self {
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
        match decision {
            Decision::Agreed(outcome) => report.judge(*outcome, scenario),
            Decision::Disagreed(differences) => {
                report.status = Status::Disagreement;
                report.text = disagreement(&differences);
            }
            Decision::Skipped(reason) => {
                report.status = Status::Skipped;
                report.text = format!("{reason}\n");
            }
            Decision::NotRun(reason) => {
                report.status = Status::NotRun;
                report.text = format!("the case could not be run: {reason}\n");
            }
        }
        report
    }

    /// Returns the path of the scenario file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Returns the name of the case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line of the case's name in its file, from 1.
    pub fn line(&self) -> u32 {
        self.position.line
    }

    /// Returns the column of the case's name in its file, from 1.
    pub fn column(&self) -> u32 {
        self.position.column
    }

    /// Returns the expected result.
    pub fn expected(&self) -> &Expectation {
        &self.expected
    }

    /// Returns the outcome, or `None` if the case was not decided or the two decisions disagree.
    pub fn outcome(&self) -> Option<&Outcome<()>> {
        self.outcome.as_ref()
    }

    /// Returns the status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns whether the result is as expected.
    pub fn passed(&self) -> bool {
        self.status == Status::Passed
    }

    /// Returns every fact that is not as expected, the verdict first.
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }

    /// Returns the text of a failure: the expected and the actual result, the diagnosis, and the
    /// line of the policy that decided.
    pub fn render(&self, colour: bool) -> String {
        let mut text = String::new();
        if let Some(outcome) = &self.outcome {
            let expected =
                self.expected.cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            let _ = writeln!(text, "expected {}{expected}", self.expected.verdict);
            let _ = writeln!(text, "     got {}: {}", outcome.verdict(), outcome.cause());
        }
        for mismatch in &self.mismatches {
            if !["verdict", "cause"].contains(&mismatch.what.as_str()) {
                let _ = writeln!(text, "  wrong    {mismatch}");
            }
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
        let (text, outcome) = diagnosis(outcome, self.expected.verdict);
        self.text = text;
        self.outcome = outcome;
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// A fact that is not as a case expects it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The fact: `verdict`, `cause`, `event`, `then`, `granted-by`, or `requests to` with an
    /// endpoint.
    pub what: String,
    /// The expected value.
    pub expected: String,
    /// The actual value.
    pub got: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.what, self.expected, self.got)
    }
}

/// The place of a policy's element, and how often the element decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCoverage {
    /// The file that contains the element: the policy file, or the scenario file itself.
    pub file: PathBuf,
    /// The place in that file.
    pub position: Position,
    /// The element, as XML.
    pub element: String,
    /// The number of connections that it granted, including those whose backend could not be
    /// reached.
    pub granted: usize,
    /// The number of denials that it decided, as the nearest miss or as the meta-policy.
    pub denied: usize,
    /// True if the element has served its purpose: a rule has granted, or a meta-policy that can
    /// deny has denied.
    pub is_exercised: bool,
}

impl RuleCoverage {
    /// Returns the key that tells elements apart. It has the XML too, because all elements of a
    /// document that is written with escapes have the same place.
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

/// Returns the diagnosis without its first lines, and the outcome. If the verdict is not the
/// expected one, the advice says how to get that one.
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
