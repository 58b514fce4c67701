//! What can be said of policies without a network: lints, the difference of two, the matrix of many requesters and
//! targets, and which rules a set of cases exercised. Pure: policies in, findings out.

#[cfg(feature = "scenario")]
mod coverage;
#[cfg(feature = "analysis")]
mod diff;
#[cfg(feature = "analysis")]
mod fix;
#[cfg(feature = "analysis")]
mod grant;
#[cfg(feature = "analysis")]
mod lint;
#[cfg(feature = "scenario")]
mod matrix;
mod place;
#[cfg(feature = "analysis")]
mod suppression;

#[cfg(feature = "scenario")]
pub use coverage::{Coverage, ElementCoverage};
#[cfg(feature = "analysis")]
pub use diff::{Change, Diff, Direction, MetaPolicyChange, Origin, PortSet, Scheme, Witness};
#[cfg(feature = "analysis")]
pub use fix::{Fix, mended};
#[cfg(feature = "analysis")]
pub use lint::Linter;
#[cfg(feature = "cli")]
pub(crate) use lint::counted;
#[cfg(feature = "scenario")]
pub use matrix::{Cell, CellChange, Matrix};
#[cfg(feature = "analysis")]
pub(crate) use place::value;
pub(crate) use place::{Lines, offset};
#[cfg(feature = "analysis")]
pub use suppression::Judged;
