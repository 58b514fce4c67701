//! Code shared by `probe` and `run`: the findings at live servers, and the conformance checks.

use std::net::SocketAddr;
use std::time::Instant;

use flash_policy_conformance::{Check, CheckVerdict, Torture};
use flash_policy_core::diagnostics::{Rule, Severity};
use flash_policy_core::player::{Endpoint, Outcome};

use crate::args::FailOn;
use crate::report::{
    AnswerFinding, ConformanceCheck, ConformanceOverview, Diagnostic, ErrorKind, ReportedError,
};

/// The rule for findings that make the command fail, by `--fail-on` and `--allow`.
pub(crate) struct FailRule {
    fail_on: FailOn,
    allowed: Vec<&'static Rule>,
}

impl FailRule {
    pub(crate) fn new(fail_on: Option<FailOn>, allowed: &[&'static Rule]) -> Self {
        Self { fail_on: fail_on.unwrap_or(FailOn::Error), allowed: allowed.to_vec() }
    }

    fn fails(&self, severity: Severity, rule: Option<&Rule>) -> bool {
        let is_allowed =
            rule.is_some_and(|rule| self.allowed.iter().any(|allowed| allowed.id() == rule.id()));
        self.fail_on.fails(severity) && !is_allowed
    }

    /// Returns the diagnostics of the servers' answers, each once for its location.
    pub(crate) fn answers<'a>(
        &self,
        outcomes: impl Iterator<Item = &'a Outcome<()>>,
    ) -> Vec<AnswerFinding> {
        let mut found: Vec<AnswerFinding> = Vec::new();
        for asked in outcomes.flat_map(Outcome::asked) {
            for diagnostic in asked.diagnostics() {
                let endpoint = asked.endpoint().to_string();
                let fails = self.fails(diagnostic.severity(), Some(diagnostic.rule()));
                let diagnostic = Diagnostic::from(diagnostic);
                let is_known = |one: &AnswerFinding| {
                    one.endpoint == endpoint && one.diagnostic.fingerprint == diagnostic.fingerprint
                };
                if !found.iter().any(is_known) {
                    found.push(AnswerFinding { endpoint, diagnostic, fails });
                }
            }
        }
        found
    }
}

/// Runs the conformance checks against the server at `endpoint`, whose real address is `addr`.
pub(crate) fn torture(
    endpoint: &Endpoint,
    addr: SocketAddr,
    fail_rule: &FailRule,
) -> Result<(ConformanceOverview, Vec<ConformanceCheck>), ReportedError> {
    let started = Instant::now();
    let report = Torture::new(addr).standing_for(endpoint.port()).run().map_err(|error| {
        ReportedError::new(ErrorKind::NotRun, format!("this machine failed: {error}"))
    })?;
    let overview = ConformanceOverview::new(&report, endpoint, addr, started.elapsed());
    let fails = |check: &Check| match check.verdict() {
        CheckVerdict::Pass | CheckVerdict::NotRun => false,
        CheckVerdict::Tolerated => fail_rule.fails(Severity::Warning, check.rule()),
        CheckVerdict::Fail => fail_rule.fails(Severity::Error, check.rule()),
    };
    let checks =
        report.checks().iter().map(|check| ConformanceCheck::new(check, endpoint, fails(check)));
    Ok((overview, checks.collect()))
}
