//! The tests of the core: one binary, a module for each subject.

#![allow(
    clippy::unwrap_used,
    reason = "what a test sets up must work; clippy exempts test functions only"
)]

#[cfg(feature = "lint")]
mod analysis;
mod answer_diagnosis;
mod catalogue;
mod document_diagnosis;
#[cfg(feature = "lint")]
mod fixes;
#[cfg(feature = "lint")]
mod lint;
#[cfg(feature = "lint")]
mod pair;
mod policy_file;
mod rule_docs;
mod rule_table;
