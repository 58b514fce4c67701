//! The result of a check, before it has the check's id.

use flash_policy_core::diagnostics::Rule;

use crate::CheckVerdict;

/// A verdict, its reason, and the rule of the catalogue that explains it.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) verdict: CheckVerdict,
    pub(crate) reason: String,
    pub(crate) rule: Option<&'static Rule>,
}

impl Finding {
    pub(crate) fn pass(reason: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::Pass, reason: reason.into(), rule: None }
    }

    pub(crate) fn tolerated(reason: impl Into<String>, rule: Option<&'static Rule>) -> Self {
        Self { verdict: CheckVerdict::Tolerated, reason: reason.into(), rule }
    }

    pub(crate) fn fail(reason: impl Into<String>, rule: Option<&'static Rule>) -> Self {
        Self { verdict: CheckVerdict::Fail, reason: reason.into(), rule }
    }

    pub(crate) fn not_run(reason: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::NotRun, reason: reason.into(), rule: None }
    }

    pub(crate) fn is_pass(&self) -> bool {
        self.verdict == CheckVerdict::Pass
    }
}
