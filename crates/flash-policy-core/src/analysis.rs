//! What can be said of policies without a network: lints, the difference of two policies, the matrix
//! of many requesters and targets, and which rules a set of cases exercised.
//!
//! Policies in, findings out. It knows no scenario file and no format.

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
mod suppression;

pub use coverage::{Coverage, ElementCoverage};
#[cfg(feature = "lint")]
pub use diff::{Change, Diff, Direction, MetaPolicyChange, Origin, PortSet, Scheme, Witness};
#[cfg(feature = "lint")]
pub use fix::{Fix, mended};
#[cfg(feature = "lint")]
pub use lint::Linter;
pub use matrix::{Cell, CellChange, Matrix};
#[cfg(feature = "lint")]
pub use suppression::Judged;
