//! Fixes the findings of a document that can be fixed automatically.

use std::ops::Range;

use super::{Judged, Linter};
use crate::diagnostics::{Diagnostic, Position, Rule, rules};
use crate::document::{DomainPattern, ToPorts, bare_host};
use crate::source_text::{attribute_value, offset};

/// An automatic fix of one finding: a range of bytes in the document, and its replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    rule: Rule,
    range: Range<usize>,
    replacement: String,
    position: Option<Position>,
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
}

impl Linter {
    /// Returns the automatic fixes of a document, in document order.
    ///
    /// Fixed are a byte order mark (D17), blanks before the document (D16), a scheme, port or path
    /// in a domain (D05 to D07), and blanks in `to-ports` (L01). A finding that a comment
    /// suppresses is not fixed.
    ///
    /// Fixing a domain makes a rule grant that granted nothing before. The other fixes do not
    /// change what is granted.
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
        let Ok(text) = std::str::from_utf8(&document[mark..]) else {
            return Vec::new();
        };
        let found = self.examine(document);
        let mut fixes: Vec<_> = found
            .iter()
            .filter(|judged| judged.suppressed().is_none())
            .map(Judged::diagnostic)
            .filter(|finding| wanted(finding))
            .filter_map(|finding| fix(finding, text, mark))
            .collect();
        fixes.sort_by_key(|fix| fix.range.start);
        fixes.dedup_by_key(|fix| fix.range.clone());
        fixes
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

/// Returns the fix of a finding. `mark` is the number of bytes before `text`.
fn fix(finding: &Diagnostic, text: &str, mark: usize) -> Option<Fix> {
    let rule = *finding.rule();
    let (range, replacement) = if rule == rules::UTF8_BOM {
        (0..mark, String::new())
    } else if rule == rules::LEADING_NEWLINE_BEFORE_XMLDECL {
        let blanks = text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len();
        (mark..mark + blanks, String::new())
    } else {
        let within = attribute_value(text, offset(text, finding.position()?))?;
        let written = &text[within.clone()];
        // A value with a character reference differs from its spelling in the document.
        if written.contains('&') {
            return None;
        }
        let replacement = match rule {
            rules::DOMAIN_WITH_SCHEME
            | rules::DOMAIN_WITH_PORT
            | rules::DOMAIN_WITH_PATH_TRAILING_SLASH => host_of_url(written)?,
            rules::BLANKS_IN_TO_PORTS => without_blanks(written)?,
            _ => return None,
        };
        (mark + within.start..mark + within.end, replacement)
    };
    Some(Fix { rule, range, replacement, position: finding.position() })
}

/// Returns the host of a URL if nothing else can be meant: not for a list, not for a path without a
/// scheme, and not if the result would name everybody.
fn host_of_url(written: &str) -> Option<String> {
    let host = bare_host(written);
    let is_one = !written.contains(|c: char| c == ',' || c.is_whitespace());
    let is_plain = written.contains("://") || !written.trim_end_matches('/').contains('/');
    let is_somebody = host != "*" && host.parse::<DomainPattern>().is_ok();
    (is_one && is_plain && is_somebody).then(|| host.to_owned())
}

/// Removes the blanks if the ports stay the same. `80 81` would become port 8081.
fn without_blanks(written: &str) -> Option<String> {
    let tight: String = written.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let ports = |value: &str| value.parse::<ToPorts>().ok();
    (ports(&tight)? == ports(written)?).then_some(tight)
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
