//! The result of a check, before it has the check's id.

use flash_policy_core::diagnostics::{Diagnostic, Rule};

use crate::CheckVerdict;

/// A verdict, its reason, and the rule of the catalogue that explains it.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) verdict: CheckVerdict,
    pub(crate) reason: String,
    pub(crate) rule: Option<&'static Rule>,
    /// The help for what was observed, where it differs from the help of the rule.
    pub(crate) help: Option<String>,
}

impl Finding {
    fn new(verdict: CheckVerdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), rule: None, help: None }
    }

    pub(crate) fn pass(reason: impl Into<String>) -> Self {
        Self::new(CheckVerdict::Pass, reason)
    }

    pub(crate) fn tolerated(reason: impl Into<String>, rule: Option<&'static Rule>) -> Self {
        Self { rule, ..Self::new(CheckVerdict::Tolerated, reason) }
    }

    pub(crate) fn fail(reason: impl Into<String>, rule: Option<&'static Rule>) -> Self {
        Self { rule, ..Self::new(CheckVerdict::Fail, reason) }
    }

    pub(crate) fn not_run(reason: impl Into<String>) -> Self {
        Self::new(CheckVerdict::NotRun, reason)
    }

    /// Adds the rule and the help of a diagnostic.
    pub(crate) fn explained_by(self, diagnostic: Option<&Diagnostic>) -> Self {
        let Some(diagnostic) = diagnostic else { return self };
        let help = Some(diagnostic.help().to_owned());
        Self { rule: Some(diagnostic.rule()), help, ..self }
    }

    pub(crate) fn is_pass(&self) -> bool {
        self.verdict == CheckVerdict::Pass
    }
}
