//! The result of a check, before it has the check's id.

use std::time::Duration;

use flash_policy_core::diagnostics::{Diagnostic, Rule};

use crate::CheckVerdict;
use crate::observation::{ConnectionEnd, Observation};

/// A verdict, its reason, and the rule of the catalogue that explains it.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) verdict: CheckVerdict,
    pub(crate) reason: String,
    pub(crate) rule: Option<&'static Rule>,
    /// The help for what was observed, where it differs from the help of the rule.
    pub(crate) help: Option<String>,
    /// The wait on which it rests. A machine that is late in this time may have caused it.
    pub(crate) wait: Option<Duration>,
}

impl Finding {
    fn new(verdict: CheckVerdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), rule: None, help: None, wait: None }
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

    /// Marks a finding that rests on a wait.
    pub(crate) fn resting_on(self, wait: Duration) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// Marks a finding that rests on what did not arrive on a connection that stayed open.
    pub(crate) fn resting_on_silence(self, observation: &Observation) -> Self {
        match observation.end() {
            ConnectionEnd::Open | ConnectionEnd::Dropped => {
                self.resting_on(observation.observed_until())
            }
            _ => self,
        }
    }

    /// Returns whether it says something against the server.
    pub(crate) fn is_complaint(&self) -> bool {
        matches!(self.verdict, CheckVerdict::Tolerated | CheckVerdict::Fail)
    }

    /// Adds a later finding of the same check. The worse one decides; neither is lost.
    pub(crate) fn and(self, later: Self) -> Self {
        if !later.is_complaint() {
            return self;
        }
        if !self.is_complaint() {
            return later;
        }
        let is_earlier_worse =
            self.verdict == CheckVerdict::Fail && later.verdict == CheckVerdict::Tolerated;
        let named = |finding: &Self| {
            let rule = finding.rule.map(|rule| format!(" ({})", rule.id())).unwrap_or_default();
            format!("{}{rule}", finding.reason)
        };
        if is_earlier_worse {
            let reason = format!("{}; {}", named(&later), self.reason);
            return Self { reason, ..self };
        }
        let reason = format!("{}; {}", named(&self), later.reason);
        Self { reason, ..later }
    }
}
