//! What came of a case or a matrix, in a word.

use std::fmt::Write;

use flash_policy_core::ids;

use super::decide::Difference;

ids! {
    /// What came of a case or a matrix.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Status {
        /// It is as expected.
        Passed = "passed",
        /// It is not.
        Failed = "failed",
        /// The evaluator and the real sockets differ: a defect of this crate.
        Disagreement = "disagreement",
        /// The machine could not run it.
        NotRun = "not-run",
        /// It changes what stands where a real server is.
        Skipped = "skipped",
    }
}

/// The text of a defect of this crate.
pub(super) fn defect(differences: &[Difference]) -> String {
    let mut text =
        "the evaluator and the real sockets disagree: this is a defect of flash-policy-fixture, please report it\n"
            .to_owned();
    for Difference { what, evaluated, real } in differences {
        let _ = write!(
            text,
            "  differs  {what}\n  without a network: {evaluated}\n  over real sockets: {real}\n"
        );
    }
    text
}
