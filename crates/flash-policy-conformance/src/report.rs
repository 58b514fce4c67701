//! What came of the checks.

use std::fmt;

use flash_policy_core::diagnostics::Rule;
use flash_policy_core::ids;

use super::CheckId;

/// What came of all checks, in the order of [`CheckId::ALL`]. Displayed, it is one line for each.
///
/// ```
/// use flash_policy_conformance::Torture;
/// use flash_policy_fixture::wire::Fault;
/// use flash_policy_fixture::{PolicyFile, PolicyServer};
///
/// let everybody = PolicyFile::builder().allow("*", 5000).build();
/// let server = PolicyServer::builder().document(everybody).fault(Fault::CloseOnAccept).start();
/// let report = Torture::new(server.addr()).run()?;
/// assert!(report.to_string().starts_with("fail       request "));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a report says what is wrong with the server: look at it"]
pub struct TortureReport {
    checks: Vec<Check>,
}

/// What came of one check.
#[derive(Clone, Debug)]
pub struct Check {
    id: CheckId,
    finding: Finding,
}

/// A verdict, why, and the rule of the catalogue that speaks of it.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) verdict: CheckVerdict,
    pub(super) reason: String,
    pub(super) rule: Option<&'static Rule>,
}

ids! {
    /// What a check says of the server.
    ///
    /// ```
    /// use flash_policy_conformance::CheckVerdict;
    ///
    /// assert_eq!(CheckVerdict::NotRun.to_string(), "not-run");
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum CheckVerdict {
        /// As it should be.
        Pass = "pass",
        /// Players cope with it, but it breaks the protocol, or may break with the next change.
        Tolerated = "tolerated",
        /// A real player is denied, or may be; or other clients are harmed; or bytes leak.
        Fail = "fail",
        /// Nothing is known: an earlier check left nothing to ask for, or the time was over.
        NotRun = "not-run",
    }
}

impl TortureReport {
    pub(super) fn new(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    /// Each check, those included that were not run.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// No check failed. What is tolerated is no failure, and neither is what was not run.
    pub fn is_success(&self) -> bool {
        self.checks.iter().all(|check| check.verdict() != CheckVerdict::Fail)
    }
}

impl Check {
    pub(super) fn new(id: CheckId, finding: Finding) -> Self {
        Self { id, finding }
    }

    /// Which one it is.
    pub fn id(&self) -> CheckId {
        self.id
    }

    /// What it says of the server.
    pub fn verdict(&self) -> CheckVerdict {
        self.finding.verdict
    }

    /// What was observed, in one line.
    pub fn reason(&self) -> &str {
        &self.finding.reason
    }

    /// The rule that explains it and says what to do. A check that passes has none, and some defects have no rule.
    pub fn rule(&self) -> Option<&'static Rule> {
        self.finding.rule
    }
}

impl Finding {
    pub(super) fn pass(reason: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::Pass, reason: reason.into(), rule: None }
    }

    pub(super) fn tolerated(reason: impl Into<String>, rule: Option<&'static Rule>) -> Self {
        Self { verdict: CheckVerdict::Tolerated, reason: reason.into(), rule }
    }

    pub(super) fn fail(reason: impl Into<String>, rule: Option<&'static Rule>) -> Self {
        Self { verdict: CheckVerdict::Fail, reason: reason.into(), rule }
    }

    pub(super) fn not_run(reason: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::NotRun, reason: reason.into(), rule: None }
    }
}

impl fmt::Display for TortureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.checks.iter().try_for_each(|check| writeln!(f, "{check}"))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10} {:<16} {}", self.verdict(), self.id, self.reason())?;
        self.rule().map_or(Ok(()), |rule| write!(f, " ({})", rule.id()))
    }
}
