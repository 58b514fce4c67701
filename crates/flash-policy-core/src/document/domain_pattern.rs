//! The attribute `domain`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::InvalidRule;
use super::domain_fault::{bad_wildcard, bare_host, foreign_part, impossible_host};
use crate::diagnostics::Diagnostic;

/// A pattern for requesters: `*`, `*.suffix`, one host or one IP address (rulebook D1). ASCII case
/// does not matter (D7).
///
/// ```
/// use flash_policy_core::document::DomainPattern;
///
/// let pattern: DomainPattern = "*.example.com".parse()?;
/// assert!(pattern.matches(Some("a.b.example.com")) && pattern.matches(Some("EXAMPLE.com")));
/// assert!(!pattern.matches(Some("notexample.com")));
/// # Ok::<(), flash_policy_core::document::InvalidRule>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainPattern {
    form: Form,
}

impl DomainPattern {
    /// Returns true if the pattern covers a requester (rulebook D2-D12).
    ///
    /// `requester` is the host of the SWF's URL, or `None` for a SWF without one
    /// (local-with-networking), which only `*` covers. A trailing dot is significant (D8).
    pub fn matches(&self, requester: Option<&str>) -> bool {
        match (&self.form, requester) {
            (Form::Any, _) => true,
            (_, None) => false,
            (Form::Suffix(suffix), Some(host)) => is_at_or_below(host, suffix),
            (Form::Host(name), Some(host)) => name.eq_ignore_ascii_case(host),
            (Form::Ipv6(_, address), Some(host)) => ipv6(host) == Some(*address),
        }
    }

    /// Returns true if the pattern covers a requester, as [`matches`](Self::matches) does, but
    /// ignores one trailing dot on either side. This is the other reading of rulebook Q17.
    ///
    /// ```
    /// use flash_policy_core::document::DomainPattern;
    ///
    /// let pattern: DomainPattern = "a.com".parse()?;
    /// assert!(!pattern.matches(Some("a.com.")));
    /// assert!(pattern.matches_ignoring_trailing_dot(Some("a.com.")));
    /// # Ok::<(), flash_policy_core::document::InvalidRule>(())
    /// ```
    pub fn matches_ignoring_trailing_dot(&self, requester: Option<&str>) -> bool {
        let form = match &self.form {
            Form::Suffix(suffix) => Form::Suffix(without_trailing_dot(suffix).to_owned()),
            Form::Host(name) => Form::Host(without_trailing_dot(name).to_owned()),
            other => other.clone(),
        };
        DomainPattern { form }.matches(requester.map(without_trailing_dot))
    }

    /// Returns true if no URL can have the host, because blanks stand around it. Such a pattern is
    /// kept as it is written, and names nobody (rulebook D8).
    pub(crate) fn names_nobody(&self) -> bool {
        match &self.form {
            Form::Suffix(text) | Form::Host(text) => text.trim() != text,
            Form::Any | Form::Ipv6(..) => false,
        }
    }
}

impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Any => f.write_str("*"),
            Form::Suffix(suffix) => write!(f, "*.{suffix}"),
            Form::Host(text) | Form::Ipv6(text, _) => f.write_str(text),
        }
    }
}

impl FromStr for DomainPattern {
    type Err = InvalidRule;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let invalid = |diagnostic: Diagnostic| {
            // Not every message quotes the value.
            let diagnostic = diagnostic.identified_by(&[written, bare_host(written)]);
            Err(InvalidRule::new(diagnostic))
        };
        if let Some(address) = ipv6(written) {
            return Ok(DomainPattern { form: Form::Ipv6(written.to_owned(), address) });
        }
        if let Some(diagnostic) = foreign_part(written) {
            return invalid(diagnostic);
        }
        let form = match written.strip_prefix("*.").filter(|suffix| is_suffix(suffix)) {
            Some(suffix) => Form::Suffix(suffix.to_owned()),
            None if written == "*" => Form::Any,
            None if written.contains('*') => return invalid(bad_wildcard(written)),
            None => Form::Host(written.to_owned()),
        };
        if let Form::Suffix(name) | Form::Host(name) = &form {
            if let Some(diagnostic) = impossible_host(written, name) {
                return invalid(diagnostic);
            }
        }
        Ok(DomainPattern { form })
    }
}

impl TryFrom<&str> for DomainPattern {
    type Error = InvalidRule;

    fn try_from(written: &str) -> Result<Self, Self::Error> {
        written.parse()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Form {
    Any,
    /// The text after `*.`. Never numeric, so that it cannot be the end of an IPv4 address.
    Suffix(String),
    /// A name or an IPv4 address, which are both compared as text.
    Host(String),
    /// An address as it is written, and parsed. The parsed one is compared (rulebook D8).
    Ipv6(String, Ipv6Addr),
}

/// Returns true if a value looks like a template's placeholder that was not filled in: `{host}`,
/// `%1`, `$PORT`, `@HOST@`, `__HOST__`.
pub(super) fn is_template(value: &str) -> bool {
    let wrapped =
        |mark| value.strip_prefix(mark).is_some_and(|rest| rest.len() > 1 && rest.ends_with(mark));
    let has_mark = value.len() > 1 && value.contains(['{', '}', '%', '$']);
    has_mark || wrapped("@") || wrapped("__")
}

fn is_suffix(suffix: &str) -> bool {
    !suffix.is_empty() && !suffix.starts_with('.') && !suffix.contains('*') && !is_numeric(suffix)
}

fn is_at_or_below(host: &str, suffix: &str) -> bool {
    if is_ip(host) {
        return false;
    }
    host.len().checked_sub(suffix.len()).is_some_and(|at| {
        let (below, tail) = host.as_bytes().split_at(at);
        tail.eq_ignore_ascii_case(suffix.as_bytes()) && (below.is_empty() || below.ends_with(b"."))
    })
}

pub(super) fn is_ip(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok() || ipv6(host).is_some()
}

/// Returns true if the last label is a number. Such a host can only be an IPv4 address, because no
/// top-level domain is a number.
pub(super) fn is_numeric(host: &str) -> bool {
    let last = without_trailing_dot(host).rsplit('.').next().unwrap_or_default();
    !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn ipv6(host: &str) -> Option<Ipv6Addr> {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

fn without_trailing_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}
