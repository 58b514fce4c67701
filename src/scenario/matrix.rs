//! The matrix of a scenario, and the snapshot that pins it.

use std::io;
use std::path::{Path, PathBuf};

use super::decide::{Decided, Difference};
use super::model::{Attempt, MatrixPlan, Scenario};
use super::status::{Status, defect};
use crate::analysis::{Cell, Matrix};
use crate::excerpt::shown;
use crate::files;
use crate::player::{Cause, Outcome};

/// What came of a scenario's `[matrix]`. Its `Display` is the text of a failure.
///
/// ```
/// use flash_policy_fixture::scenario::{Runner, Scenario, Status};
///
/// let scenario = Scenario::read("fixtures/scenarios/matrix.toml")?;
/// let mut runner = Runner::new(&scenario);
/// let report = runner.run_matrix().expect("this file has a matrix");
/// assert_eq!(report.status(), Status::Passed, "{report}");
/// # Ok::<(), flash_policy_fixture::scenario::ScenarioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MatrixReport {
    file: PathBuf,
    line: u32,
    column: u32,
    snapshot: PathBuf,
    status: Status,
    matrix: Matrix,
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
        self.status
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
        match self.status {
            Status::Passed => return Ok(false),
            Status::Failed => {}
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, self.text.clone())),
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
                Decided::NotRun(problem) => {
                    not_run = Some(problem);
                    Cell::new(Cause::NoPolicy, None)
                }
            }
        });
        let (status, text) = compare(scenario, plan, &matrix, &differing, not_run);
        let (file, snapshot) = (scenario.file.path.clone(), plan.snapshot.clone());
        Self { file, line: plan.position.line, column: plan.position.column, snapshot, status, matrix, text }
    }
}

fn compare(
    scenario: &Scenario,
    plan: &MatrixPlan,
    matrix: &Matrix,
    differing: &[Difference],
    not_run: Option<String>,
) -> (Status, String) {
    if !differing.is_empty() {
        return (Status::Disagreement, defect(differing));
    }
    if let Some(problem) = not_run {
        return (Status::NotRun, format!("the matrix could not be run: {problem}\n"));
    }
    let table = matrix.to_string();
    let pinned = plan.pinned.as_ref().map(|pinned| pinned.replace("\r\n", "\n"));
    let (expected, got, details) = match pinned {
        Some(pinned) if pinned == table => return (Status::Passed, table),
        Some(pinned) => {
            let changes = matrix.changes(&pinned);
            let lines: String = changes.iter().map(|change| format!("  cell     {change}\n")).collect();
            match changes.len() {
                0 => ("the table", "the same cells, laid out otherwise".to_owned(), lines),
                1 => ("the cells", "1 that differs".to_owned(), lines),
                count => ("the cells", format!("{count} that differ"), lines),
            }
        }
        None => {
            let lines = table.lines().map(|line| format!("  table    {line}\n")).collect();
            ("the table", "no such file".to_owned(), lines)
        }
    };
    let (snapshot, file) = (shown(plan.snapshot.display()), shown(scenario.file.path.display()));
    let accept = format!("  advice   to accept it: flash-policy test --update {file}\n");
    (Status::Failed, format!("expected {expected} of {snapshot}\n     got {got}\n{details}{accept}"))
}

impl std::fmt::Display for MatrixReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
