//! The conformance checks of `--torture`.

use std::net::SocketAddr;
use std::time::Duration;

use flash_policy_conformance::{Check, CheckId, CheckVerdict, TortureReport};
use flash_policy_core::diagnostics::Rule;
use flash_policy_core::player::Endpoint;
use schemars::JsonSchema;
use serde::Serialize;

use super::Id;
use super::verdict::millis;

/// The conformance checks of one server, as a whole.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ConformanceOverview {
    /// The logical location of the server.
    pub(crate) endpoint: String,
    /// Its real address.
    pub(crate) address: String,
    pub(crate) passed: usize,
    pub(crate) tolerated: usize,
    pub(crate) failed: usize,
    pub(crate) not_run: usize,
    /// The time that all checks took together, in real milliseconds.
    pub(crate) took_ms: u64,
}

/// One conformance check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ConformanceCheck {
    /// The logical location of the server.
    pub(crate) endpoint: String,
    /// The id of the check.
    pub(crate) id: Id<CheckId>,
    pub(crate) verdict: Id<CheckVerdict>,
    /// The observation, in one line.
    pub(crate) reason: String,
    /// The request that the check sends.
    pub(crate) sent: &'static str,
    /// The id of the rule that explains the verdict; null if there is none.
    pub(crate) rule: Option<&'static str>,
    /// Advice; null if there is no rule.
    pub(crate) help: Option<String>,
    /// True if it makes the command fail, by `--fail-on`.
    pub(crate) fails: bool,
}

impl ConformanceOverview {
    /// Describes the checks of the server at `endpoint`, whose real address is `address`.
    pub(crate) fn new(
        report: &TortureReport,
        endpoint: &Endpoint,
        address: SocketAddr,
        took: Duration,
    ) -> Self {
        let checks = report.checks();
        let count = |verdict| checks.iter().filter(|check| check.verdict() == verdict).count();
        Self {
            endpoint: endpoint.to_string(),
            address: address.to_string(),
            passed: count(CheckVerdict::Pass),
            tolerated: count(CheckVerdict::Tolerated),
            failed: count(CheckVerdict::Fail),
            not_run: count(CheckVerdict::NotRun),
            took_ms: millis(took),
        }
    }
}

impl ConformanceOverview {
    /// Counts the checks again, after some of them were repeated, which took this much longer.
    pub(crate) fn recount(&mut self, checks: &[ConformanceCheck], took_ms: u64) {
        let count = |verdict| checks.iter().filter(|check| check.verdict.0 == verdict).count();
        self.passed = count(CheckVerdict::Pass);
        self.tolerated = count(CheckVerdict::Tolerated);
        self.failed = count(CheckVerdict::Fail);
        self.not_run = count(CheckVerdict::NotRun);
        self.took_ms += took_ms;
    }
}

impl ConformanceCheck {
    /// Describes one check of the server at `endpoint`.
    pub(crate) fn new(check: &Check, endpoint: &Endpoint, fails: bool) -> Self {
        Self {
            endpoint: endpoint.to_string(),
            id: Id(check.id()),
            verdict: Id(check.verdict()),
            reason: check.reason().to_owned(),
            sent: check.id().sent(),
            rule: check.rule().map(Rule::id),
            help: check.help().map(str::to_owned),
            fails,
        }
    }
}
