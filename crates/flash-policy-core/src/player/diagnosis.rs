//! Turns evidence into ordered diagnostics. Pure: it sees bytes, times and documents, and knows
//! neither sockets nor clocks.
//!
//! There is a function for each kind of evidence, and the larger calls the smaller:
//!
//! - [`diagnose_answer`]: one location that was asked for its policy.
//! - [`diagnose_server`]: one location that was asked several times.
//! - [`diagnose_families`]: one host over its two address families.
//! - the whole attempt, whose diagnostics are those of its [`Outcome`](super::Outcome).
//!
//! Nothing else in this project chooses the rule of an answer. `probe`, `run`, `test`, `eval` and
//! the conformance checks all report what these functions return.

mod after_nul;
mod answer;
mod answered_document;
mod attempt;
mod cut_short;
mod evidence;
mod explanation;
mod families;
mod pace;
mod requester;
mod same_evidence;
mod server;

pub use answer::diagnose_answer;
pub(super) use attempt::{Located, diagnose_attempt};
pub use evidence::{AnswerEvidence, Opening};
pub use families::diagnose_families;
pub use same_evidence::SameEvidence;
pub use server::diagnose_server;
