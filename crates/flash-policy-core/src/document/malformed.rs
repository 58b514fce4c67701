//! The error for a document that is rejected as a whole.

use std::error::Error;
use std::fmt;

use crate::debug_as_text;
use crate::diagnostics::Diagnostic;

/// The error for a document that is rejected as a whole: it grants nothing and sets no meta-policy
/// (rulebook X1).
///
/// ```
/// use flash_policy_core::document::PolicyFile;
///
/// let policy = PolicyFile::parse("<Cross-Domain-Policy/>");
/// let malformed = policy.expect_err("the name of the root is case-sensitive");
/// assert_eq!(malformed.diagnostic().rule().id(), "FSP-D23");
/// assert_eq!(
///     malformed.to_string(),
///     "malformed policy, FSP-D23 at 1:1: \
///      root element is <Cross-Domain-Policy>, expected <cross-domain-policy>"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MalformedPolicy {
    fatal: Box<Diagnostic>,
    found: Vec<Diagnostic>,
}

impl MalformedPolicy {
    pub(super) fn new(fatal: Diagnostic, mut found: Vec<Diagnostic>) -> Self {
        found.push(fatal.clone());
        found.sort_by_key(Diagnostic::position);
        MalformedPolicy { fatal: Box::new(fatal), found }
    }

    /// Returns the reason why the document is rejected.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.fatal
    }

    /// Returns all diagnostics up to the point where parsing stopped, in document order. The reason
    /// for the rejection is one of them.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.found
    }
}

impl fmt::Display for MalformedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed policy, {}", self.fatal.rule().id())?;
        if let Some(position) = self.fatal.position() {
            write!(f, " at {position}")?;
        }
        write!(f, ": {}", self.fatal.message())
    }
}

debug_as_text!(MalformedPolicy);

impl Error for MalformedPolicy {}
