//! [`Status`]: the result of a case or a matrix, in one word.

use std::fmt::Write;

use flash_policy_core::ids;

use super::decide::Difference;

ids! {
    /// The result of a case or a matrix. Reports use the ids.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Status {
        /// The result is as expected.
        Passed = "passed",
        /// The result is not as expected.
        Failed = "failed",
        /// The evaluator and the real sockets disagree. That is a bug in flash-policy-fixture.
        Disagreement = "disagreement",
        /// This machine could not run it.
        NotRun = "not-run",
        /// The case changes an endpoint that a real server has taken over, so it was not run.
        Skipped = "skipped",
    }
}

/// The headline of a disagreement between the evaluator and the real sockets.
pub const DISAGREEMENT: &str = "the evaluator and the real sockets disagree: this is a bug in \
     flash-policy-fixture, please report it";

/// Returns the text of a disagreement; empty where there is none.
pub fn differences_text(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let mut text = format!("{DISAGREEMENT}\n");
    for Difference { fact, evaluated, real } in differences {
        let _ = write!(
            text,
            "  differs  {fact}\n  without a network: {evaluated}\n  over real sockets: {real}\n"
        );
    }
    text
}
