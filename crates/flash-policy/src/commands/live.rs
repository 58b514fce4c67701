//! Code shared by `probe`, `run` and `eval`: the findings in answers, and the conformance checks.

use std::net::SocketAddr;
use std::time::Instant;

use flash_policy_conformance::{Check, CheckId, CheckVerdict, Torture};
use flash_policy_core::analysis::Linter;
use flash_policy_core::diagnostics::{self, Rule, Severity};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::{Endpoint, Outcome, Purpose};

use crate::args::{ExceptionOptions, FailOn};
use crate::baseline::LiveBaseline;
use crate::commands::status_line::StatusLine;
use crate::failure::Failure;
use crate::report::{
    self, AnswerFinding, ConformanceCheck, ConformanceOverview, Diagnostic, ErrorKind,
    ReportedError, Suppression, Suppressor,
};
use crate::settings::Settings;

/// The rule for findings that make the command fail: `--fail-on`, with the exceptions of `--allow`,
/// `--baseline`, the settings, and comments in the documents.
pub(crate) struct FailRule {
    fail_on: FailOn,
    allowed: Vec<&'static Rule>,
    baseline: LiveBaseline,
    settings: Settings,
}

impl FailRule {
    /// Reads the baseline and the settings.
    pub(crate) fn new(fail_on: FailOn, exceptions: &ExceptionOptions) -> Result<Self, Failure> {
        let baseline = exceptions.baseline.as_deref().map(LiveBaseline::read).transpose()?;
        Ok(Self {
            fail_on,
            allowed: exceptions.allow.clone(),
            baseline: baseline.unwrap_or_default(),
            settings: Settings::found()?,
        })
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
        let mut found = Vec::new();
        outcomes.for_each(|outcome| self.add_answers(&mut found, outcome, |_, _| true));
        found
    }

    /// Adds the diagnostics of an outcome's answers that are chosen, unless they are known.
    pub(crate) fn add_answers(
        &self,
        found: &mut Vec<AnswerFinding>,
        outcome: &Outcome<()>,
        is_chosen: impl Fn(&Endpoint, &diagnostics::Diagnostic) -> bool,
    ) {
        for asked in outcome.asked() {
            let endpoint = asked.endpoint().to_string();
            let in_document = suppressions(outcome, asked.endpoint());
            let diagnostics = asked.diagnostics();
            for diagnostic in diagnostics.filter(|one| is_chosen(asked.endpoint(), one)) {
                let finding = self.answer(&endpoint, diagnostic, &in_document);
                if !found.iter().any(|known| known.is_same(&finding)) {
                    found.push(finding);
                }
            }
        }
    }

    fn answer(
        &self,
        endpoint: &str,
        diagnostic: &diagnostics::Diagnostic,
        in_document: &[(String, String)],
    ) -> AnswerFinding {
        let (severity, rule) = (diagnostic.severity(), diagnostic.rule());
        let diagnostic = Diagnostic::from(diagnostic);
        let fingerprint = &diagnostic.fingerprint;
        let by_comment = in_document.iter().find(|(known, _)| known == fingerprint);
        let suppressed = by_comment
            .map(|(_, reason)| (reason.clone(), Suppressor::Document))
            .or_else(|| {
                let reason = self.settings.for_document(None).suppressed(rule)?.to_owned();
                Some((reason, Suppressor::Settings))
            })
            .or_else(|| {
                let reason = self.baseline.suppress(endpoint, fingerprint)?;
                Some((reason, Suppressor::Baseline))
            });
        AnswerFinding {
            endpoint: endpoint.to_owned(),
            fails: suppressed.is_none() && self.fails(severity, Some(rule)),
            suppressed: suppressed.map(|(reason, by)| Suppression { reason, by }),
            diagnostic,
        }
    }

    fn fails_check(&self, check: &Check, endpoint: &str) -> bool {
        let severity = match check.verdict() {
            CheckVerdict::Pass | CheckVerdict::NotRun => return false,
            CheckVerdict::Tolerated => Severity::Warning,
            CheckVerdict::Fail => Severity::Error,
        };
        let (id, verdict) = (check.id().as_str(), check.verdict().as_str());
        let settings = self.settings.for_document(None);
        let is_suppressed = check.rule().is_some_and(|rule| settings.suppressed(rule).is_some())
            || self.baseline.has_check(endpoint, id, verdict);
        self.fails(severity, check.rule()) && !is_suppressed
    }
}

/// Returns the fingerprints of the diagnostics that comments in a location's policy suppress, with
/// the reasons.
fn suppressions(outcome: &Outcome<()>, location: &Endpoint) -> Vec<(String, String)> {
    let connections = outcome.transcript().iter();
    let answers = connections
        .filter(|one| one.endpoint() == location && one.purpose() == Purpose::Policy)
        .map(|one| one.received().split(|byte| *byte == 0).next().unwrap_or_default());
    let linter = Linter::new(PolicyKind::Socket).served_from(location.clone());
    let judged = answers.flat_map(|document| linter.examine(document));
    let suppressed = judged.filter_map(|judged| {
        Some((report::fingerprint(judged.diagnostic()), judged.suppressed()?.to_owned()))
    });
    suppressed.collect()
}

/// Runs these conformance checks, or all if there are none, against the server at `endpoint`, whose
/// real address is `addr`.
pub(crate) fn torture(
    endpoint: &Endpoint,
    addr: SocketAddr,
    fail_rule: &FailRule,
    checks: &[CheckId],
) -> Result<(ConformanceOverview, Vec<ConformanceCheck>), ReportedError> {
    let started = Instant::now();
    let status = StatusLine::on_terminal();
    let mut torture = Torture::new(addr).standing_for(endpoint.port());
    if !checks.is_empty() {
        torture = torture.only(checks.iter().copied());
    }
    let report = torture
        .on_check(move |check| status.show(&format!("{} {}", check.verdict(), check.id())))
        .run();
    status.clear();
    let report = report.map_err(|error| {
        ReportedError::new(ErrorKind::NotRun, format!("this machine failed: {error}"))
    })?;
    let overview = ConformanceOverview::new(&report, endpoint, addr, started.elapsed());
    let location = endpoint.to_string();
    let checks = report.checks().iter();
    let checks = checks.map(|check| {
        ConformanceCheck::new(check, endpoint, fail_rule.fails_check(check, &location))
    });
    Ok((overview, checks.collect()))
}
