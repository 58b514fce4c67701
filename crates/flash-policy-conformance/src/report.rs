//! The public result of a run.

use std::fmt;

use flash_policy_core::diagnostics::Rule;
use flash_policy_core::printable::counted;
use flash_policy_core::{debug_as_text, ids, or_panic};

use crate::CheckId;
use crate::finding::Finding;

/// The results of all checks, in the order of [`CheckId::ALL`].
///
/// Its `Display` has one line for each check.
///
/// ```
/// use flash_policy_conformance::Torture;
/// use flash_policy_fixture::wire::Fault;
/// use flash_policy_fixture::{PolicyFile, PolicyServer};
///
/// let policy = PolicyFile::builder().allow("*", 5000).build();
/// let server = PolicyServer::builder().document(policy).fault(Fault::CloseOnAccept).start();
/// let report = Torture::new(server.addr()).run()?;
/// assert!(report.to_string().starts_with("fail       request "));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a report says what is wrong with the server: look at it"]
pub struct TortureReport {
    checks: Vec<Check>,
}

impl TortureReport {
    pub(crate) fn new(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    /// Returns the result of each check, including those that were not run.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Returns whether no check failed. Checks that are tolerated or not run are not failures.
    pub fn is_success(&self) -> bool {
        self.checks.iter().all(|check| check.verdict() != CheckVerdict::Fail)
    }

    /// Returns the report if no check failed, as [`is_success`](Self::is_success) says.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the checks that failed and what to do about them.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        or_panic(self.try_success())
    }

    /// Returns the report if no check failed.
    ///
    /// # Errors
    ///
    /// Returns [`UnexpectedVerdicts`] if a check failed.
    pub fn try_success(self) -> Result<Self, UnexpectedVerdicts> {
        self.without(|verdict| verdict == CheckVerdict::Fail)
    }

    /// Returns the report if every check passed: none failed, was only tolerated, or was not run.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the other checks and what to do about them.
    #[track_caller]
    pub fn expect_all_pass(self) -> Self {
        or_panic(self.try_all_pass())
    }

    /// Returns the report if every check passed.
    ///
    /// # Errors
    ///
    /// Returns [`UnexpectedVerdicts`] if a check failed, was only tolerated, or was not run.
    pub fn try_all_pass(self) -> Result<Self, UnexpectedVerdicts> {
        self.without(|verdict| verdict != CheckVerdict::Pass)
    }

    fn without(self, is_unexpected: fn(CheckVerdict) -> bool) -> Result<Self, UnexpectedVerdicts> {
        if self.checks.iter().any(|check| is_unexpected(check.verdict())) {
            Err(UnexpectedVerdicts { report: self, is_unexpected })
        } else {
            Ok(self)
        }
    }
}

/// The error for a report with verdicts that a test does not accept. It owns the report, and its
/// `Display` has a line for each such check, and its help.
#[derive(Clone)]
pub struct UnexpectedVerdicts {
    report: TortureReport,
    is_unexpected: fn(CheckVerdict) -> bool,
}

impl UnexpectedVerdicts {
    /// Returns the report.
    pub fn report(&self) -> &TortureReport {
        &self.report
    }
}

impl fmt::Display for UnexpectedVerdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = self.report.checks.iter();
        let unexpected: Vec<_> =
            checks.filter(|check| (self.is_unexpected)(check.verdict())).collect();
        let total = self.report.checks.len();
        writeln!(f, "{} of {} did not go as expected:", unexpected.len(), counted(total, "check"))?;
        for check in unexpected {
            writeln!(f, "{check}")?;
            if let Some(help) = check.help() {
                writeln!(f, "{:<10} {help}", "  help")?;
            }
        }
        Ok(())
    }
}

debug_as_text!(UnexpectedVerdicts);

impl std::error::Error for UnexpectedVerdicts {}

impl fmt::Display for TortureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.checks.iter().try_for_each(|check| writeln!(f, "{check}"))
    }
}

/// The result of one check.
#[derive(Clone, Debug)]
pub struct Check {
    id: CheckId,
    finding: Finding,
}

impl Check {
    pub(crate) fn new(id: CheckId, finding: Finding) -> Self {
        Self { id, finding }
    }

    pub(crate) fn amend(&mut self, later: Finding) {
        self.finding = self.finding.clone().and(later);
    }

    /// Returns the id of the check.
    pub fn id(&self) -> CheckId {
        self.id
    }

    /// Returns the verdict on the server.
    pub fn verdict(&self) -> CheckVerdict {
        self.finding.verdict
    }

    /// Returns what was observed, in one line.
    pub fn reason(&self) -> &str {
        &self.finding.reason
    }

    /// Returns what to do about it. A check without a rule has no help.
    pub fn help(&self) -> Option<&str> {
        self.finding.help.as_deref().or_else(|| Some(self.rule()?.help()))
    }

    /// Returns the rule that explains the verdict and says what to do about it.
    ///
    /// A check that passes has none, and some faults have no rule.
    pub fn rule(&self) -> Option<&'static Rule> {
        self.finding.rule
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10} {:<16} {}", self.verdict(), self.id, self.reason())?;
        self.rule().map_or(Ok(()), |rule| write!(f, " ({})", rule.id()))
    }
}

ids! {
    /// The verdict of one check on the server.
    ///
    /// ```
    /// use flash_policy_conformance::CheckVerdict;
    ///
    /// assert_eq!(CheckVerdict::NotRun.to_string(), "not-run");
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum CheckVerdict {
        /// The server behaves as it should.
        Pass = "pass",
        /// Players cope with it, but it breaks the protocol, or may break with the next change.
        Tolerated = "tolerated",
        /// A real player is denied, or may be; or other clients suffer; or bytes leak.
        Fail = "fail",
        /// Nothing is known: there was no answer to examine, the time was over, or this machine
        /// was too busy to tell.
        NotRun = "not-run",
    }
}
