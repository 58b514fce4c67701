//! Mechanical mends of a document.

use std::ops::Range;

use super::{Judged, Linter};
use crate::diagnostics::{Diagnostic, Position, Rule, rules};
use crate::document::{DomainPattern, ToPorts, bare_host};
use crate::source_text::{attribute_value, offset};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A mechanical mend of one finding: which bytes of the document become what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    rule: Rule,
    range: Range<usize>,
    replacement: String,
    position: Option<Position>,
}

impl Fix {
    /// The rule that is met no more.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Where the finding stands.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// What comes in, in place of what goes.
    pub fn replacement(&self) -> &str {
        &self.replacement
    }
}

impl Linter {
    /// The findings that can be mended without a thought, in the document's order: a byte order mark (D17), blanks
    /// before the document (D16), a scheme, port or path in a domain (D05 to D07), blanks in `to-ports` (L01). What a
    /// comment suppresses stays.
    ///
    /// The mend of a domain makes a dead rule grant; the other ones change nothing that is granted.
    ///
    /// ```
    /// use flash_policy_core::analysis::{Linter, mended};
    /// use flash_policy_core::document::PolicyKind;
    ///
    /// let xml = r#"<cross-domain-policy><allow-access-from domain="http://a.com/" to-ports="80, 81"/></cross-domain-policy>"#;
    /// let fixes = Linter::new(PolicyKind::Socket).fixes(xml);
    /// let mended = String::from_utf8(mended(xml, &fixes)).unwrap();
    /// assert!(mended.contains(r#"domain="a.com" to-ports="80,81""#));
    /// ```
    pub fn fixes(&self, document: impl AsRef<[u8]>) -> Vec<Fix> {
        self.fixes_of(document.as_ref(), |_| true)
    }

    /// The mends of those findings that are wanted.
    pub fn fixes_of(&self, document: &[u8], wanted: impl Fn(&Diagnostic) -> bool) -> Vec<Fix> {
        let mark = if document.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let Ok(text) = std::str::from_utf8(&document[mark..]) else {
            return Vec::new();
        };
        let found = self.examine(document);
        let standing = found
            .iter()
            .filter(|one| one.suppressed().is_none())
            .map(Judged::diagnostic)
            .filter(|one| wanted(one));
        let mut fixes: Vec<_> = standing.filter_map(|finding| fix(finding, text, mark)).collect();
        fixes.sort_by_key(|fix| fix.range.start);
        fixes.dedup_by_key(|fix| fix.range.clone());
        fixes
    }
}

/// The document after these fixes of it.
pub fn mended(document: impl AsRef<[u8]>, fixes: &[Fix]) -> Vec<u8> {
    let document = document.as_ref();
    let (mut mended, mut at) = (Vec::with_capacity(document.len()), 0);
    for fix in fixes {
        mended.extend_from_slice(&document[at..fix.range.start]);
        mended.extend_from_slice(fix.replacement.as_bytes());
        at = fix.range.end;
    }
    mended.extend_from_slice(&document[at..]);
    mended
}

// `mark` is how many bytes stand before the text.
fn fix(finding: &Diagnostic, text: &str, mark: usize) -> Option<Fix> {
    let rule = *finding.rule();
    let (range, replacement) = if rule == rules::D17 {
        (0..mark, String::new())
    } else if rule == rules::D16 {
        let blanks = text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len();
        (mark..mark + blanks, String::new())
    } else {
        let within = attribute_value(text, offset(text, finding.position()?))?;
        let written = &text[within.clone()];
        // What a character reference stands for is not what is written.
        if written.contains('&') {
            return None;
        }
        let replacement = match rule {
            rules::D05 | rules::D06 | rules::D07 => without_the_rest_of_a_url(written)?,
            rules::L01 => without_blanks(written)?,
            _ => return None,
        };
        (mark + within.start..mark + within.end, replacement)
    };
    Some(Fix { rule, range, replacement, position: finding.position() })
}

// Only what can mean nothing else: not a list, not a path without a scheme, and nothing that would name everybody.
fn without_the_rest_of_a_url(written: &str) -> Option<String> {
    let host = bare_host(written);
    let is_one = !written.contains(|c: char| c == ',' || c.is_whitespace());
    let is_plain = written.contains("://") || !written.trim_end_matches('/').contains('/');
    let is_somebody = host != "*" && host.parse::<DomainPattern>().is_ok();
    (is_one && is_plain && is_somebody).then(|| host.to_owned())
}

// `80 81` would become port 8081: only where the same ports stay.
fn without_blanks(written: &str) -> Option<String> {
    let tight: String = written.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let ports = |value: &str| value.parse::<ToPorts>().ok();
    (ports(&tight)? == ports(written)?).then_some(tight)
}
