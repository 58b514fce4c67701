//! [`MatrixReport`]: the matrix of a scenario, compared with its snapshot.

use std::io;
use std::path::{Path, PathBuf};

use flash_policy_core::analysis::{Cell, CellChange, Matrix};
use flash_policy_core::player::{Cause, Outcome};
use flash_policy_core::printable::printable;

use super::decide::{Decision, Difference};
use super::model::{Attempt, MatrixPlan, Scenario};
use super::note::CaseNote;
use super::status::{DISAGREEMENT, Status, differences_text};
use crate::files;

/// The result of a scenario's `[matrix]`.
///
/// `Display` is the text of a failure, or the table if the matrix passed.
///
/// ```
/// use flash_policy_scenario::{Runner, Scenario, Status};
///
/// # std::env::set_current_dir("../..").unwrap();
/// let scenario = Scenario::read("fixtures/scenarios/matrix.toml")?;
/// let mut runner = Runner::new(&scenario);
/// let report = runner.run_matrix().expect("this file has a matrix");
/// assert_eq!(report.status(), Status::Passed, "{report}");
/// # Ok::<(), flash_policy_scenario::ScenarioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MatrixReport {
    file: PathBuf,
    line: u32,
    column: u32,
    snapshot: PathBuf,
    matrix: Matrix,
    comparison: Comparison,
    notes: Vec<CaseNote>,
    /// Whether the snapshot file may be replaced: it is a snapshot, or absent.
    is_replaceable: bool,
}

impl MatrixReport {
    /// Returns the path of the scenario file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Returns the line in the scenario file that names the snapshot, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns the column in the scenario file that names the snapshot, from 1.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// Returns the path of the snapshot file.
    pub fn snapshot(&self) -> &Path {
        &self.snapshot
    }

    /// Returns whether the verdicts are as in the snapshot.
    pub fn status(&self) -> Status {
        self.comparison.status
    }

    /// Returns each cell that differs from the snapshot. There are none if there is no snapshot.
    pub fn changes(&self) -> &[CellChange] {
        &self.comparison.changes
    }

    /// Returns the result in one line.
    pub fn summary(&self) -> &str {
        &self.comparison.summary
    }

    /// Returns the remarks on the matrix: a warning for each target whose host no entry names.
    pub fn notes(&self) -> &[CaseNote] {
        &self.notes
    }

    /// Returns the table of verdicts. If the status is neither passed nor failed, some of its cells
    /// were not decided and have a placeholder.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Accepts the verdicts: writes the snapshot file, unless it is up to date. Returns whether it
    /// was written.
    ///
    /// The file is replaced in one step, so that a reader never finds half of it. A symbolic link
    /// stays, and so do the file's permissions.
    ///
    /// # Errors
    ///
    /// Returns `InvalidData` if not every cell was decided or if the file is not a snapshot, and
    /// `PermissionDenied` if the snapshot is read-only. Other errors come from the system.
    pub fn update(&self) -> io::Result<bool> {
        match self.comparison.status {
            Status::Passed => Ok(false),
            Status::Failed if !self.is_replaceable => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a snapshot of a matrix"))
            }
            Status::Failed => {
                files::replace(&self.snapshot, self.matrix.to_string().as_bytes())?;
                Ok(true)
            }
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, self.comparison.text.clone())),
        }
    }

    /// Decides every combination, each on a stage of its own, and compares the table with the
    /// snapshot. `count` gets each outcome.
    pub(super) fn run(
        scenario: &Scenario,
        plan: &MatrixPlan,
        notes: Vec<CaseNote>,
        mut decide: impl FnMut(Attempt) -> Decision,
        mut count: impl FnMut(&Outcome<()>),
    ) -> Self {
        let undecided = || Cell::new(Cause::NoPolicy, None);
        let mut disagreements = Vec::new();
        let mut not_run = None;
        let matrix = Matrix::of(&plan.swfs, &plan.connects, |swf, connect| {
            let attempt = Attempt {
                swf: swf.clone(),
                connect: connect.clone(),
                load: Vec::new(),
                profile: plan.profile.clone(),
            };
            match decide(attempt) {
                Decision::Agreed { outcome, .. } => {
                    count(&outcome);
                    Cell::from(&*outcome)
                }
                Decision::Disagreed(differences) => {
                    disagreements.extend(differences);
                    undecided()
                }
                Decision::NotRun(reason) | Decision::Skipped(reason) => {
                    not_run = Some(reason);
                    undecided()
                }
            }
        });
        let comparison = compare(scenario, plan, &matrix, &disagreements, not_run);
        Self {
            file: scenario.file.path.clone(),
            line: plan.position.line,
            column: plan.position.column,
            snapshot: plan.snapshot.clone(),
            matrix,
            comparison,
            notes,
            is_replaceable: plan.foreign_snapshot().is_none(),
        }
    }
}

impl std::fmt::Display for MatrixReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.comparison.text)
    }
}

/// The result of comparing a table with its snapshot.
#[derive(Clone, Debug)]
struct Comparison {
    status: Status,
    changes: Vec<CellChange>,
    summary: String,
    text: String,
}

fn compare(
    scenario: &Scenario,
    plan: &MatrixPlan,
    matrix: &Matrix,
    disagreements: &[Difference],
    not_run: Option<String>,
) -> Comparison {
    let snapshot = printable(plan.snapshot.display());
    let undecided = |status, summary: String, text: String| Comparison {
        status,
        changes: Vec::new(),
        summary,
        text,
    };
    if !disagreements.is_empty() {
        let text = differences_text(disagreements);
        return undecided(Status::Disagreement, DISAGREEMENT.to_owned(), text);
    }
    if let Some(reason) = not_run {
        let summary = format!("the matrix could not be run: {reason}");
        let text = format!("{summary}\n");
        return undecided(Status::NotRun, summary, text);
    }
    let table = matrix.to_string();
    let Some(pinned) = &plan.pinned else {
        let lines: String = table.lines().map(|line| format!("  table    {line}\n")).collect();
        let text = failure(scenario, &snapshot, "the table", "no such file", &lines);
        return undecided(Status::Failed, format!("there is no {snapshot}"), text);
    };
    let pinned = pinned.replace("\r\n", "\n");
    if pinned == table {
        return undecided(Status::Passed, format!("as {snapshot} has it"), table);
    }
    let changes = matrix.changes(&pinned);
    let lines: String = changes.iter().map(|change| format!("  cell     {change}\n")).collect();
    let (expected, got, summary) = match changes.len() {
        0 => (
            "the table",
            "the same cells, laid out otherwise".to_owned(),
            format!("the cells of {snapshot}, laid out otherwise"),
        ),
        1 => (
            "the cells",
            "1 that differs".to_owned(),
            format!("1 cell differs from {snapshot}: {}", first_few(&changes)),
        ),
        count => (
            "the cells",
            format!("{count} that differ"),
            format!("{count} cells differ from {snapshot}: {}", first_few(&changes)),
        ),
    };
    let text = failure(scenario, &snapshot, expected, &got, &lines);
    Comparison { status: Status::Failed, changes, summary: printable(summary), text }
}

fn failure(
    scenario: &Scenario,
    snapshot: &str,
    expected: &str,
    got: &str,
    details: &str,
) -> String {
    let file = printable(scenario.file.path.display());
    let accept = format!("  advice   to accept it: flash-policy test --update {file}\n");
    format!("expected {expected} of {snapshot}\n     got {got}\n{details}{accept}")
}

/// Returns the first changes, as many as fit on a line, and the number of the others.
fn first_few(changes: &[CellChange]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = changes.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = changes.len().saturating_sub(SHOWN);
    shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}
