//! The attribute `domain`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::InvalidRule;
use super::decode::BLANKS;
use crate::diagnostics::{Diagnostic, rules};

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

    /// Returns the reason why a valid pattern may not match what its author means (rulebook D8).
    pub(super) fn caveat(&self) -> Option<&'static str> {
        let (Form::Suffix(text) | Form::Host(text)) = &self.form else {
            return None;
        };
        if text.trim_matches(BLANKS) != text {
            Some("has blanks around it")
        } else if !text.is_ascii() {
            Some("is not ASCII")
        } else {
            text.ends_with('.').then_some("ends with a dot")
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
        if is_template(written) {
            return invalid(rules::template_not_expanded(written));
        }
        if let Some(diagnostic) = foreign_part(written) {
            return invalid(diagnostic);
        }
        if let Some(suffix) = written.strip_prefix('.').filter(|suffix| is_suffix(suffix)) {
            let help = format!("write *.{suffix} for the site and all below it");
            return invalid(rules::domain_not_a_host(written).with_help(help));
        }
        let form = match written.strip_prefix("*.").filter(|suffix| is_suffix(suffix)) {
            Some(suffix) => Form::Suffix(suffix.to_owned()),
            None if written == "*" => Form::Any,
            None if written.contains('*') => return invalid(bad_wildcard(written)),
            None => Form::Host(written.to_owned()),
        };
        if !written.trim_matches(BLANKS).chars().all(may_be_in_a_host) {
            let diagnostic = rules::domain_not_a_host(written);
            return invalid(match written.trim().contains([',', ';', ' ', '|']) {
                true => diagnostic.with_help("write an <allow-access-from> for each host"),
                false => diagnostic,
            });
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

/// Returns the diagnostic for a wildcard that has none of the two forms.
fn bad_wildcard(written: &str) -> Diagnostic {
    let diagnostic = rules::wildcard_middle(written);
    let is_name = |name: &str| !name.is_empty() && !name.contains('*') && !is_numeric(name);
    let starts = written.starts_with(|c: char| c.is_ascii_digit());
    if starts && written.chars().all(|c| c.is_ascii_digit() || ".*".contains(c)) {
        return diagnostic.with_help("list the addresses one by one: a wildcard needs a name");
    }
    match written.strip_prefix('*').map(|name| name.trim_start_matches('.')) {
        Some(name) if is_name(name) => {
            diagnostic.with_help(format!("write *.{name}, or list the hosts one by one"))
        }
        _ => diagnostic,
    }
}

/// Returns the diagnostic for a path, which may be the size of a network such as `10.0.0.0/8`.
fn path(written: &str) -> Diagnostic {
    let diagnostic = rules::domain_with_path_trailing_slash(written);
    let is_network = written.split_once('/').is_some_and(|(address, size)| {
        is_ip(address) && !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    });
    if is_network {
        return diagnostic.with_help("list the addresses one by one: a domain is no network");
    }
    diagnostic
}

/// Returns the diagnostic for a part of a URL that does not belong in `domain`.
fn foreign_part(written: &str) -> Option<Diagnostic> {
    let colons = written.matches(':').count();
    if written.trim().is_empty() {
        Some(rules::missing_domain())
    } else if written.contains("://") {
        Some(rules::domain_with_scheme(written, bare_host(written)))
    } else if written.contains(['/', '\\', '?', '#']) {
        Some(path(written))
    } else if written.contains('@') {
        Some(rules::domain_with_user_info(written))
    } else if colons == 1 || written.contains("]:") {
        Some(rules::domain_with_port(written))
    } else {
        None
    }
}

/// Returns the host in a text that is a URL or part of one.
pub(crate) fn bare_host(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '\\', '?', '#']).next().unwrap_or(after_scheme);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.find(']') {
        Some(end) if host.starts_with('[') => &host[..=end],
        _ => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

/// Returns true if a host may contain the character. A character outside ASCII has a diagnostic
/// (rulebook D8) but is valid, as long as XML can hold it.
fn may_be_in_a_host(c: char) -> bool {
    let writable = !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    c.is_ascii_alphanumeric() || "*-._".contains(c) || (!c.is_ascii() && writable)
}

/// Returns true if a value looks like a template's placeholder that was not filled in: `{host}`,
/// `%1`, `$PORT`, `@HOST@`, `__HOST__`.
pub(super) fn is_template(value: &str) -> bool {
    let wrapped =
        |mark| value.strip_prefix(mark).is_some_and(|rest| rest.len() > 1 && rest.ends_with(mark));
    value.contains(['{', '}', '%', '$']) || wrapped("@") || wrapped("__")
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

fn is_ip(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok() || ipv6(host).is_some()
}

/// Returns true if the last label is a number. Such a host can only be an IPv4 address, because no
/// top-level domain is a number.
fn is_numeric(host: &str) -> bool {
    let last = without_trailing_dot(host).rsplit('.').next().unwrap_or_default();
    !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit())
}

fn ipv6(host: &str) -> Option<Ipv6Addr> {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

fn without_trailing_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}
