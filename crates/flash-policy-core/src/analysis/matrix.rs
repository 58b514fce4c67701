//! Tabulates the verdicts of every combination of requesters and targets.

use std::fmt;

use crate::player::{Cause, Grantor, Outcome, Verdict};

/// The verdicts of every combination of some requesters and some targets.
///
/// Its `Display` is a table for a person to read, which [`Matrix::changes`] can compare with a
/// later matrix.
///
/// ```
/// use flash_policy_core::{Evaluator, PolicyFile, analysis::{Cell, Matrix}};
///
/// let policy = PolicyFile::builder().allow("*.example.com", 5000).build();
/// let swfs = ["http://www.example.com/game.swf", "http://evil.example/game.swf"];
/// let ports = [5000, 6000];
/// let matrix = Matrix::of(&swfs, &ports, |swf, port| {
///     let player = Evaluator::new(*swf).unwrap();
///     let mut player = player.policy("game.example.com:843", policy.clone());
///     Cell::from(&player.connect("game.example.com", *port))
/// });
/// assert_eq!(
///     matrix.to_string(),
///     "swf                              5000               6000\n\
///      http://www.example.com/game.swf  backend-refused    port-not-listed\n\
///      http://evil.example/game.swf     domain-not-listed  domain-not-listed\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    rows: Vec<String>,
    columns: Vec<String>,
    cells: Vec<Cell>,
}

impl Matrix {
    /// Returns whether a text begins as a table that a [`Matrix`] displayed does: with the heading
    /// of the requesters and at least one target.
    ///
    /// ```
    /// use flash_policy_core::analysis::Matrix;
    ///
    /// assert!(Matrix::is_table("swf    h:1\na.swf  permitted\n"));
    /// assert!(!Matrix::is_table("<cross-domain-policy/>"));
    /// ```
    pub fn is_table(text: &str) -> bool {
        let head = text.lines().next().map(columns).unwrap_or_default();
        head.len() > 1 && head[0] == CORNER
    }

    /// Decides every combination, row by row.
    pub fn of<R: fmt::Display, C: fmt::Display>(
        swfs: &[R],
        connects: &[C],
        mut decide: impl FnMut(&R, &C) -> Cell,
    ) -> Self {
        Self {
            rows: swfs.iter().map(ToString::to_string).collect(),
            columns: connects.iter().map(ToString::to_string).collect(),
            cells: swfs
                .iter()
                .flat_map(|swf| connects.iter().map(move |to| (swf, to)))
                .map(|(swf, to)| decide(swf, to))
                .collect(),
        }
    }

    /// Returns the requesters, one for each row.
    pub fn swfs(&self) -> &[String] {
        &self.rows
    }

    /// Returns the targets, one for each column.
    pub fn connects(&self) -> &[String] {
        &self.columns
    }

    /// Returns each cell, row by row, with its requester and its target.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str, &Cell)> {
        let places =
            self.rows.iter().flat_map(|row| self.columns.iter().map(move |column| (row, column)));
        places.zip(&self.cells).map(|((row, column), cell)| (row.as_str(), column.as_str(), cell))
    }

    /// Returns the differences from a table that a [`Matrix`] displayed before, cell by cell.
    ///
    /// ```
    /// use flash_policy_core::{Cause, analysis::{Cell, Matrix}};
    ///
    /// let now = Matrix::of(&["a.swf"], &["h:1"], |_, _| Cell::new(Cause::NoPolicy, None));
    /// let changes = now.changes("swf    h:1\na.swf  permitted\n");
    /// assert_eq!(changes[0].to_string(), "a.swf to h:1: permitted → no-policy");
    /// assert!(now.changes(&now.to_string()).is_empty());
    /// ```
    pub fn changes(&self, table: &str) -> Vec<CellChange> {
        let mut lines = table.lines().map(columns);
        let head: Vec<&str> = lines.next().unwrap_or_default();
        let pinned = lines.flat_map(|line| {
            let swf = line.first().copied().unwrap_or_default();
            let cells = head.iter().skip(1).zip(line.into_iter().skip(1));
            cells.map(move |(connect, cell)| ((swf, *connect), cell)).collect::<Vec<_>>()
        });
        let mut pinned: Vec<((&str, &str), &str)> = pinned.collect();
        let mut changes = Vec::new();
        for (swf, connect, cell) in self.cells() {
            let was = pinned
                .iter()
                .position(|(place, _)| *place == (swf, connect))
                .map(|at| pinned.remove(at).1);
            let is = cell.to_string();
            if was != Some(is.as_str()) {
                changes.push(CellChange::new(swf, connect, was, Some(&is)));
            }
        }
        changes.extend(
            pinned
                .iter()
                .map(|((swf, connect), was)| CellChange::new(swf, connect, Some(was), None)),
        );
        changes
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.cells.iter().map(ToString::to_string).collect();
        let head = std::iter::once(CORNER).chain(self.columns.iter().map(String::as_str));
        let rows = self.rows.iter().zip(texts.chunks(self.columns.len().max(1)));
        let rows = rows
            .map(|(row, cells)| std::iter::once(row).chain(cells).map(String::as_str).collect());
        let lines: Vec<Vec<&str>> = std::iter::once(head.collect()).chain(rows).collect();
        let width = |column: usize| {
            lines.iter().filter_map(|line| Some(line.get(column)?.chars().count())).max()
        };
        let widths: Vec<usize> =
            (0..=self.columns.len()).map(|column| width(column).unwrap_or(0)).collect();
        for line in &lines {
            let padded: Vec<String> =
                line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", padded.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// The result of one combination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    cause: Cause,
    granted_by: Option<Grantor>,
}

impl Cell {
    /// Creates a cell with this cause, and this grantor if there was a grant.
    pub fn new(cause: Cause, granted_by: Option<Grantor>) -> Self {
        Self { cause, granted_by }
    }

    /// Returns the verdict.
    pub fn verdict(&self) -> Verdict {
        self.cause.verdict()
    }

    /// Returns the true cause.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Returns the grantor, if there was a grant.
    pub fn granted_by(&self) -> Option<&Grantor> {
        self.granted_by.as_ref()
    }
}

impl<S> From<&Outcome<S>> for Cell {
    fn from(outcome: &Outcome<S>) -> Self {
        Self::new(outcome.cause(), outcome.granted_by().cloned())
    }
}

/// Writes `permitted`, or the cause.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verdict() {
            Verdict::Permitted => f.pad(Verdict::Permitted.as_str()),
            _ => f.pad(self.cause.as_str()),
        }
    }
}

/// A difference between a cell of a [`Matrix`] and a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CellChange {
    /// The requester.
    pub swf: String,
    /// The target.
    pub connect: String,
    /// The cell of the table, or `None` if the table has no such cell.
    pub was: Option<String>,
    /// The cell of the matrix, or `None` if the matrix has no such cell.
    pub is: Option<String>,
}

impl CellChange {
    fn new(swf: &str, connect: &str, was: Option<&str>, is: Option<&str>) -> Self {
        Self {
            swf: swf.to_owned(),
            connect: connect.to_owned(),
            was: was.map(str::to_owned),
            is: is.map(str::to_owned),
        }
    }
}

impl fmt::Display for CellChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let was = self.was.as_deref().unwrap_or("(not there)");
        let is = self.is.as_deref().unwrap_or("(gone)");
        write!(f, "{} to {}: {was} → {is}", self.swf, self.connect)
    }
}

/// The heading of the column of requesters.
const CORNER: &str = "swf";

/// Splits a line of the table into its cells.
fn columns(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}
