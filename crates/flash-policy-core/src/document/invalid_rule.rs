//! The error for a value that is not valid in a policy file.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;

use crate::debug_as_text;
use crate::diagnostics::Diagnostic;

/// The error for a text that is not a valid domain, list of ports or meta-policy.
///
/// ```
/// use flash_policy_core::document::{DomainPattern, PolicyFile};
///
/// let invalid = "http://a.com/".parse::<DomainPattern>().expect_err("a URL is no domain");
/// assert_eq!(invalid.diagnostic().rule().id(), "FSP-D05");
///
/// let policy = PolicyFile::builder().allow("a.com", "523-516").try_build();
/// let invalid = policy.expect_err("the range is reversed");
/// assert_eq!(invalid.diagnostic().rule().id(), "FSP-D04");
/// assert!(invalid.to_string().starts_with(r#"cannot parse port range "523-516""#));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidRule {
    diagnostic: Box<Diagnostic>,
}

impl InvalidRule {
    pub(super) fn new(diagnostic: Diagnostic) -> Self {
        InvalidRule { diagnostic: Box::new(diagnostic) }
    }

    /// Returns the diagnostic that names the mistake. It has no position.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }
}

impl fmt::Display for InvalidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; {} ({})",
            self.diagnostic.message(),
            self.diagnostic.help(),
            self.diagnostic.rule().id()
        )
    }
}

debug_as_text!(InvalidRule);

impl Error for InvalidRule {}

/// Lets functions accept a `DomainPattern` or `ToPorts` itself: that conversion cannot fail.
impl From<Infallible> for InvalidRule {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
