//! Analyses policies without a network: lints and fixes them, compares two of them, tabulates
//! verdicts for many requesters and targets, and counts which rules a set of cases exercises.
//!
//! Takes policies and outcomes, and returns findings. Does not know scenario files or report
//! formats.

mod coverage;
#[cfg(feature = "lint")]
mod diff;
#[cfg(feature = "lint")]
mod fix;
#[cfg(feature = "lint")]
mod grant;
#[cfg(feature = "lint")]
mod lint;
mod matrix;
#[cfg(feature = "lint")]
mod pair;
#[cfg(feature = "lint")]
mod suppression;

pub use coverage::{Coverage, ElementCoverage};
#[cfg(feature = "lint")]
pub use diff::{Change, Diff, Direction, MetaPolicyChange, Origin, PortSet, Scheme, Witness};
#[cfg(feature = "lint")]
pub use fix::{Fix, Revival, apply_fixes};
#[cfg(feature = "lint")]
pub use lint::Linter;
pub use matrix::{Cell, CellChange, Matrix};
#[cfg(feature = "lint")]
pub use pair::PairFindings;
#[cfg(feature = "lint")]
pub use suppression::Judged;
