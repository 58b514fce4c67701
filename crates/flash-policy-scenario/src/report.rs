//! [`ScenarioReport`] and [`CaseReport`]: the results of running scenarios, as data and as text.

use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::Position;
use flash_policy_core::player::{Cause, Outcome, Profile, Verdict};
use flash_policy_core::printable::printable;

use super::decide::{Decision, Difference};
use super::matrix::MatrixReport;
use super::mismatch::{ExpectedFact, Mismatch, mismatches};
use super::model::{Case, Expectation, Scenario};
use super::note::CaseNote;
use super::source::Place;
use super::status::{Status, differences_text};

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
        for case in &self.cases {
            write_notes(f, case.file(), &case.name, &case.notes)?;
        }
        for matrix in &self.matrices {
            write_notes(f, matrix.file(), "matrix", matrix.notes())?;
        }
        write!(f, "{} passed, {} failed", self.passed(), self.failed())?;
        match self.skipped() {
            0 => writeln!(f),
            count => writeln!(f, ", {count} skipped"),
        }
    }
}

/// Writes a line for each remark on a case.
fn write_notes(
    f: &mut fmt::Formatter<'_>,
    file: &Path,
    case: &str,
    notes: &[CaseNote],
) -> fmt::Result {
    for note in notes {
        let (file, case) = (printable(file.display()), printable(case));
        writeln!(
            f,
            "{file}:{}:{}: {}: {case}: {note}",
            note.line(),
            note.column(),
            note.severity()
        )?;
    }
    Ok(())
}

/// The result of one case.
///
/// `Display` is the text of a failure, without colours.
#[derive(Debug)]
pub struct CaseReport {
    file: PathBuf,
    name: String,
    position: Position,
    profile: Profile,
    expected: Expectation,
    status: Status,
    outcome: Option<Outcome<()>>,
    mismatches: Vec<Mismatch>,
    /// The facts on which the evaluator and the real sockets disagree.
    differences: Vec<Difference>,
    /// The reason why the case was skipped, or could not be run.
    reason: Option<String>,
    notes: Vec<CaseNote>,
    /// The place of the policy's element that decided a failed case.
    place: Option<Place>,
}

impl CaseReport {
    pub(super) fn new(
        scenario: &Scenario,
        case: &Case,
        notes: Vec<CaseNote>,
        decision: Decision,
    ) -> Self {
        let mut report = Self {
            file: scenario.file.path.clone(),
            name: case.name.clone(),
            position: case.position,
            profile: case.attempt.profile.clone(),
            expected: case.expected.clone(),
            status: Status::Passed,
            outcome: None,
            mismatches: Vec::new(),
            differences: Vec::new(),
            reason: None,
            notes,
            place: None,
        };
        match decision {
            Decision::Agreed { outcome, for_everybody } => {
                report.judge(*outcome, scenario);
                // A case that does not expect the denial fails, and its diagnosis says more.
                let is_expected = case.expected.verdict == Verdict::Denied;
                let is_said = case.expected.is_denial_of_everybody();
                match for_everybody {
                    Some(cause) if is_expected && !is_said => {
                        report.notes.push(CaseNote::nobody_gets_in(cause, case));
                    }
                    _ => {}
                }
            }
            Decision::Disagreed(differences) => {
                report.status = Status::Disagreement;
                report.differences = differences;
            }
            Decision::Skipped(reason) => {
                report.status = Status::Skipped;
                report.reason = Some(reason);
            }
            Decision::NotRun(reason) => {
                report.status = Status::NotRun;
                report.reason = Some(format!("the case could not be run: {reason}"));
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

    /// Returns the player that was simulated.
    pub fn profile(&self) -> &Profile {
        &self.profile
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

    /// Returns the facts on which the evaluator and the real sockets differ: a bug in
    /// flash-policy-fixture.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// Returns the reason why the case was skipped or could not be run, in one line.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Returns the remarks on the case, which do not change its status.
    pub fn notes(&self) -> &[CaseNote] {
        &self.notes
    }

    /// Returns the element of a policy that decided, where the case failed because of one.
    pub fn deciding_place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Returns the diagnosis: what was asked, what decided, and how to get what the case expects.
    /// Empty where there is no outcome.
    pub fn details(&self) -> String {
        let Some(outcome) = &self.outcome else {
            return String::new();
        };
        let wanted = self.expected.verdict;
        let wanted = (wanted != outcome.verdict()).then_some(wanted);
        outcome.details(wanted).to_string()
    }

    /// Returns the text of a failure: what was expected, what came, the diagnosis, and the line of
    /// the policy that decided.
    pub fn render(&self, colour: bool) -> String {
        let mut text = match &self.outcome {
            Some(outcome) => {
                let expected = (self.expected.verdict, self.expected.cause);
                let got = (outcome.verdict(), outcome.cause());
                mismatch_text(expected, got, &self.mismatches)
            }
            None => String::new(),
        };
        text += &self.details();
        text += &differences_text(&self.differences);
        text.extend(self.reason.iter().map(|reason| format!("{reason}\n")));
        if let (Some(outcome), Some(place)) = (&self.outcome, &self.place) {
            let _ = writeln!(text, "{}", place.render(deciding_text(outcome.verdict()), colour));
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
        self.outcome = Some(outcome);
    }
}

/// Returns the lines that say what was expected and what came, the verdict first.
pub fn mismatch_text(
    expected: (Verdict, Option<Cause>),
    got: (Verdict, Cause),
    mismatches: &[Mismatch],
) -> String {
    let because = expected.1.map(|cause| format!(": {cause}")).unwrap_or_default();
    let mut text = format!("expected {}{because}\n     got {}: {}\n", expected.0, got.0, got.1);
    for mismatch in mismatches {
        if !matches!(mismatch.fact, ExpectedFact::Verdict | ExpectedFact::Cause) {
            let _ = writeln!(text, "  wrong    {mismatch}");
        }
    }
    text
}

/// Returns the sentence above the element that decided.
pub fn deciding_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Denied => "decided by this element",
        Verdict::Permitted | Verdict::Unreachable => "granted by this element",
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
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
