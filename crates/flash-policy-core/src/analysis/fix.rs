//! Fixes the findings of a document that can be fixed automatically.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::grant::Grant;
use super::{Judged, Linter};
use crate::diagnostics::{Diagnostic, Position, Rule, rules};
use crate::document::{
    AllowAccessFrom, DomainPattern, PolicyFile, PolicyKind, ToPorts, is_known_scheme, readable,
};
use crate::printable::{counted, printable};
use crate::source_text::{attribute_value, offset};

/// An automatic fix of one finding: a range of bytes in the document, and its replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    rule: Rule,
    range: Range<usize>,
    replacement: String,
    position: Option<Position>,
    revives: Option<Revival>,
    caution: Option<&'static str>,
}

impl Fix {
    /// Returns the rule of the finding.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the position of the finding.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the text that replaces the faulty one.
    pub fn replacement(&self) -> &str {
        &self.replacement
    }

    /// Returns what grants after the fix and granted nothing before, if there is anything.
    pub fn revives(&self) -> Option<&Revival> {
        self.revives.as_ref()
    }

    /// Returns one imperative sentence about what the fix cannot decide, if there is anything.
    ///
    /// A domain written as an `https://` URL becomes a bare host, which admits SWFs loaded over
    /// plain HTTP too unless the rule has `secure="true"`.
    pub fn caution(&self) -> Option<&'static str> {
        self.caution
    }
}

/// The grants that a [`Fix`] brings to life.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revival {
    /// The whole document, which players rejected, with this number of rules that grant.
    Policy(usize),
    /// One element, as it reads after the fix.
    Rule(String),
}

impl fmt::Display for Revival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(rules) => {
                let verb = if *rules == 1 { "grants" } else { "grant" };
                let rules = counted(*rules, "rule");
                write!(f, "players accept the document now, and {rules} {verb}")
            }
            Self::Rule(rule) => write!(f, "{} now grants", printable(rule)),
        }
    }
}

impl Linter {
    /// Returns the automatic fixes of a document, in document order.
    ///
    /// Fixed are a byte order mark (D17), blanks before the document (D16), a scheme, port or path
    /// in a domain (D05 to D07), and blanks in `to-ports` (L01). A finding that a comment
    /// suppresses is not fixed.
    ///
    /// Fixing a domain makes a rule grant that granted nothing before, and removing a second byte
    /// order mark makes players accept a document that they rejected: [`Fix::revives`] says so. The
    /// other fixes do not change what is granted. A fixed document has nothing left to fix.
    ///
    /// ```
    /// use flash_policy_core::analysis::{Linter, apply_fixes};
    /// use flash_policy_core::document::PolicyKind;
    ///
    /// let xml = r#"<cross-domain-policy>
    ///   <allow-access-from domain="http://a.com/" to-ports="80, 81"/>
    /// </cross-domain-policy>"#;
    /// let fixes = Linter::new(PolicyKind::Socket).fixes(xml);
    /// let fixed = String::from_utf8(apply_fixes(xml, &fixes)).unwrap();
    /// assert!(fixed.contains(r#"domain="a.com" to-ports="80,81""#));
    /// ```
    pub fn fixes(&self, document: impl AsRef<[u8]>) -> Vec<Fix> {
        self.fixes_of(document.as_ref(), |_| true)
    }

    /// Returns the automatic fixes for those findings that are `wanted`, in document order.
    pub fn fixes_of(&self, document: &[u8], wanted: impl Fn(&Diagnostic) -> bool) -> Vec<Fix> {
        let mark = if document.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let (text, is_latin1) = match std::str::from_utf8(&document[mark..]) {
            Ok(text) => (Cow::Borrowed(text), false),
            Err(_) => (Cow::Owned(readable(document)), true),
        };
        let text = text.as_ref();
        // Each byte of ISO-8859-1 is one character. No other encoding is fixed.
        let is_of_bytes = |text: &str| {
            text.chars().all(|c| u32::from(c) < 256) && text.chars().count() == document.len()
        };
        if is_latin1 && !is_of_bytes(text) {
            return Vec::new();
        }
        let found = self.examine(document);
        let wanted: Vec<_> = found
            .iter()
            .filter(|judged| judged.suppressed().is_none())
            .map(Judged::diagnostic)
            .filter(|finding| wanted(finding))
            .collect();
        let mut fixes = fixes_of_the_beginning(&wanted, text, mark);
        fixes.extend(wanted.iter().filter_map(|finding| fix_of_a_value(finding, text, mark)));
        fixes.sort_by_key(|fix| (fix.range.start, fix.range.end));
        fixes.dedup_by_key(|fix| fix.range.clone());
        if is_latin1 {
            fixes.retain(|fix| fix.replacement.is_ascii());
            for fix in &mut fixes {
                let byte = |at: usize| text[..at].chars().count();
                fix.range = byte(fix.range.start)..byte(fix.range.end);
            }
        }
        self.add_revivals(document, &mut fixes);
        fixes
    }

    /// Finds out what the fixes make grant that granted nothing before.
    fn add_revivals(&self, document: &[u8], fixes: &mut [Fix]) {
        let old = PolicyFile::parse_as(self.kind(), document);
        let Ok(new) = PolicyFile::parse_as(self.kind(), apply_fixes(document, fixes)) else {
            return;
        };
        if self.voids_all_rules(&new) {
            return;
        }
        let grants = |rule: &AllowAccessFrom| Grant::new(rule, self.kind()).is_some();
        let Ok(old) = old else {
            let rules = new.allow_access_from().iter().filter(|rule| grants(rule)).count();
            match fixes.first_mut() {
                Some(first) if rules > 0 => first.revives = Some(Revival::Policy(rules)),
                _ => {}
            }
            return;
        };
        for fix in fixes.iter_mut().filter(|fix| OF_DOMAINS.contains(&fix.rule)) {
            let is_its_rule = |rule: &AllowAccessFrom| rule.position_of("domain") == fix.position;
            let at = old.allow_access_from().iter().position(is_its_rule);
            let rule = at.and_then(|at| new.allow_access_from().get(at));
            let (element, has_secure) = match rule {
                Some(rule) if grants(rule) => (rule.to_string(), rule.secure().is_some()),
                Some(_) => continue,
                // The only other element with a domain grants headers.
                None => {
                    let element = "allow-http-request-headers-from";
                    (format!("<{element} domain=\"{}\" …/>", fix.replacement), true)
                }
            };
            fix.revives = Some(Revival::Rule(element));
            let was_https = document[fix.range.clone()].to_ascii_lowercase().starts_with(b"https:");
            if was_https && !has_secure && self.kind() == PolicyKind::Socket {
                fix.caution = Some(HTTPS_CAUTION);
            }
        }
    }
}

/// Returns the document with the fixes applied.
///
/// The fixes must be of this document and in document order, as [`Linter::fixes`] returns them.
///
/// # Panics
///
/// Panics if the fixes overlap or lie outside the document.
pub fn apply_fixes(document: impl AsRef<[u8]>, fixes: &[Fix]) -> Vec<u8> {
    let document = document.as_ref();
    let mut fixed = Vec::with_capacity(document.len());
    let mut done = 0;
    for fix in fixes {
        fixed.extend_from_slice(&document[done..fix.range.start]);
        fixed.extend_from_slice(fix.replacement.as_bytes());
        done = fix.range.end;
    }
    fixed.extend_from_slice(&document[done..]);
    fixed
}

/// Returns the fixes of byte order marks and blanks before the document. `mark` is the number of
/// bytes before `text`.
fn fixes_of_the_beginning(wanted: &[&Diagnostic], text: &str, mark: usize) -> Vec<Fix> {
    let finding = |rule: Rule| wanted.iter().find(|finding| *finding.rule() == rule);
    let lead = &text[..text.len() - text.trim_start_matches(MARK_AND_BLANKS).len()];
    let marks = lead.len() - lead.trim_start_matches(MARK).len();
    let is_mixed = lead[marks..].contains(MARK);
    let blanks_and_marks = |keep: fn(char) -> bool| lead.chars().filter(|c| keep(*c)).collect();
    let whole = 0..mark + lead.len();
    let bom = finding(rules::UTF8_BOM);
    let blanks = finding(rules::LEADING_NEWLINE_BEFORE_XMLDECL);
    let (of_marks, of_blanks) = match (bom, blanks) {
        _ if !is_mixed => {
            ((0..mark + marks, String::new()), (mark + marks..whole.end, String::new()))
        }
        (Some(_), Some(_)) => {
            ((whole.clone(), String::new()), (whole.end..whole.end, String::new()))
        }
        (Some(_), None) => {
            ((whole.clone(), blanks_and_marks(|c| c != MARK)), (whole, String::new()))
        }
        _ => {
            let kept: String = blanks_and_marks(|c| c == MARK);
            let range = mark..whole.end;
            ((whole, String::new()), (range, kept))
        }
    };
    let fixes = [(bom, of_marks), (blanks, of_blanks)];
    fixes
        .into_iter()
        .filter_map(|(finding, (range, replacement))| Some(Fix::new(finding?, range, replacement)))
        .collect()
}

/// Returns the fix of a value. `mark` is the number of bytes before `text`.
fn fix_of_a_value(finding: &Diagnostic, text: &str, mark: usize) -> Option<Fix> {
    let rule = finding.rule();
    let is_of_a_domain = OF_DOMAINS.contains(rule);
    if !is_of_a_domain && *rule != rules::BLANKS_IN_TO_PORTS {
        return None;
    }
    let within = attribute_value(text, offset(text, finding.position()?))?;
    let written = &text[within.clone()];
    // A value with a character reference differs from its spelling in the document.
    if written.contains('&') {
        return None;
    }
    let replacement = if is_of_a_domain { host_of_url(written)? } else { without_blanks(written)? };
    Some(Fix::new(finding, mark + within.start..mark + within.end, replacement))
}

impl Fix {
    fn new(finding: &Diagnostic, range: Range<usize>, replacement: String) -> Self {
        Fix {
            rule: *finding.rule(),
            range,
            replacement,
            position: finding.position(),
            revives: None,
            caution: None,
        }
    }
}

/// Returns the host of `scheme://host[:port][/path]`, `host:port` or `host/`, if nothing else can
/// be meant and the host is not everybody.
fn host_of_url(written: &str) -> Option<String> {
    let (scheme, rest) = match written.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, written),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.find(']') {
        Some(end) if authority.starts_with('[') => authority.split_at(end + 1),
        _ => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_scheme_meant = match scheme {
        Some(scheme) => is_known_scheme(scheme) && !scheme.eq_ignore_ascii_case("file"),
        // `http:80` lacks its slashes and its host.
        None => !is_known_scheme(host),
    };
    let is_path_clear = match scheme {
        Some(_) => path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-~?=*+".contains(c)),
        None => matches!(path, "" | "/"),
    };
    let is_port = port.is_empty() || port[1..].parse::<ToPorts>().is_ok() && is_number(&port[1..]);
    (is_scheme_meant && is_path_clear && is_port && is_plain_host(host)).then(|| host.to_owned())
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true for a domain that is certainly what its author means.
fn is_plain_host(host: &str) -> bool {
    let is_usual = |c: char| c.is_alphanumeric() || "-._*".contains(c);
    let is_name = host.chars().all(is_usual) && !host.ends_with('.');
    host != "*" && (is_name || host.starts_with('[')) && host.parse::<DomainPattern>().is_ok()
}

/// Removes the blanks if the ports stay the same. `80 81` would become port 8081.
fn without_blanks(written: &str) -> Option<String> {
    let tight: String = written.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let ports = |value: &str| value.parse::<ToPorts>().ok();
    (ports(&tight)? == ports(written)?).then_some(tight)
}

/// The rules whose fix makes a domain of something else.
const OF_DOMAINS: [Rule; 3] =
    [rules::DOMAIN_WITH_SCHEME, rules::DOMAIN_WITH_PORT, rules::DOMAIN_WITH_PATH_TRAILING_SLASH];

const HTTPS_CAUTION: &str =
    "add secure=\"true\" to the rule if only SWFs loaded over https may connect";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const MARK: char = '\u{feff}';

const MARK_AND_BLANKS: [char; 5] = [MARK, ' ', '\t', '\r', '\n'];
