//! The matrix of a scenario, and the snapshot that pins it.

use std::io;
use std::path::{Path, PathBuf};

use flash_policy_core::analysis::{Cell, CellChange, Matrix};
use flash_policy_core::player::{Cause, Outcome};
use flash_policy_core::printable::printable;

use super::decide::{Decided, Difference};
use super::model::{Attempt, MatrixPlan, Scenario};
use super::status::{Status, defect};
use crate::files;

/// What came of a scenario's `[matrix]`. Its `Display` is the text of a failure.
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
    compared: Compared,
}

/// What came of comparing the verdicts with the snapshot.
#[derive(Clone, Debug)]
struct Compared {
    status: Status,
    changes: Vec<CellChange>,
    summary: String,
    text: String,
}

impl MatrixReport {
    /// The scenario file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The line in the scenario file that names the snapshot.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column there.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// The file that pins it.
    pub fn snapshot(&self) -> &Path {
        &self.snapshot
    }

    /// Whether it is as its snapshot has it.
    pub fn status(&self) -> Status {
        self.compared.status
    }

    /// Each cell that is not as the snapshot has it; none where there is no snapshot.
    pub fn changes(&self) -> &[CellChange] {
        &self.compared.changes
    }

    /// What came of it, in one line.
    pub fn summary(&self) -> &str {
        &self.compared.summary
    }

    /// The verdicts.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Accepts the verdicts: writes the snapshot, unless it says the same already. Whoever reads it meanwhile finds the
    /// old one or the new one, whole. A link stays a link, and permissions stay as they are. `true` where something was
    /// written.
    ///
    /// # Errors
    ///
    /// As the system; a read-only snapshot is not written. `InvalidData` where not every cell was decided.
    pub fn update(&self) -> io::Result<bool> {
        match self.compared.status {
            Status::Passed => return Ok(false),
            Status::Failed => {}
            _ => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, self.compared.text.clone()));
            }
        }
        files::replace(&self.snapshot, self.matrix.to_string().as_bytes()).map(|()| true)
    }

    /// Decides every combination, each on a stage of its own, and compares with the snapshot.
    pub(super) fn run(
        scenario: &Scenario,
        plan: &MatrixPlan,
        mut decide: impl FnMut(Attempt) -> Decided,
        mut seen: impl FnMut(&Outcome<()>),
    ) -> Self {
        let (mut differing, mut not_run) = (Vec::new(), None);
        let matrix = Matrix::of(&plan.swfs, &plan.connects, |swf, connect| {
            let (swf, connect, profile) = (swf.clone(), connect.clone(), plan.profile.clone());
            match decide(Attempt { swf, connect, load: Vec::new(), profile }) {
                Decided::Alike(outcome) => {
                    seen(&outcome);
                    Cell::from(&*outcome)
                }
                Decided::Differing(differences) => {
                    differing.extend(differences);
                    Cell::new(Cause::NoPolicy, None)
                }
                Decided::NotRun(problem) | Decided::Skipped(problem) => {
                    not_run = Some(problem);
                    Cell::new(Cause::NoPolicy, None)
                }
            }
        });
        let compared = compare(scenario, plan, &matrix, &differing, not_run);
        let (file, snapshot) = (scenario.file.path.clone(), plan.snapshot.clone());
        Self {
            file,
            line: plan.position.line,
            column: plan.position.column,
            snapshot,
            matrix,
            compared,
        }
    }
}

fn compare(
    scenario: &Scenario,
    plan: &MatrixPlan,
    matrix: &Matrix,
    differing: &[Difference],
    not_run: Option<String>,
) -> Compared {
    let snapshot = printable(plan.snapshot.display());
    let undecided = |status, text: String| {
        let summary = text.lines().next().unwrap_or_default().to_owned();
        Compared { status, changes: Vec::new(), summary, text }
    };
    if !differing.is_empty() {
        return undecided(Status::Disagreement, defect(differing));
    }
    if let Some(problem) = not_run {
        return undecided(Status::NotRun, format!("the matrix could not be run: {problem}\n"));
    }
    let table = matrix.to_string();
    let pinned = plan.pinned.as_ref().map(|pinned| pinned.replace("\r\n", "\n"));
    let Some(pinned) = pinned else {
        let lines: String = table.lines().map(|line| format!("  table    {line}\n")).collect();
        let text = failure(scenario, &snapshot, "the table", "no such file", &lines);
        return Compared { text, ..undecided(Status::Failed, format!("there is no {snapshot}")) };
    };
    if pinned == table {
        return Compared {
            text: table,
            ..undecided(Status::Passed, format!("as {snapshot} has it"))
        };
    }
    let changes = matrix.changes(&pinned);
    let lines: String = changes.iter().map(|change| format!("  cell     {change}\n")).collect();
    let (what, got, summary) = match changes.len() {
        0 => {
            let got = "the same cells, laid out otherwise".to_owned();
            ("the table", got, format!("the cells of {snapshot}, laid out otherwise"))
        }
        1 => (
            "the cells",
            "1 that differs".to_owned(),
            format!("1 cell differs from {snapshot}: {}", listed(&changes)),
        ),
        count => {
            let summary = format!("{count} cells differ from {snapshot}: {}", listed(&changes));
            ("the cells", format!("{count} that differ"), summary)
        }
    };
    let text = failure(scenario, &snapshot, what, &got, &lines);
    Compared { status: Status::Failed, changes, summary: printable(summary), text }
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

/// As many as a line can hold.
fn listed(changes: &[CellChange]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = changes.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = changes.len().saturating_sub(SHOWN);
    shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

impl std::fmt::Display for MatrixReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.compared.text)
    }
}
