//! Suppressions that stand in a document, as comments: `<!-- flash-policy-allow FSP-D14: public arcade -->`.

use std::ops::Range;

use super::{offset, text};
use crate::policy::MAX_POLICY_BYTES;
use crate::rules::{self, Diagnostic, Position, Rule};

const MARK: &str = "flash-policy-allow";
const ROOT: &str = "<cross-domain-policy";

/// A diagnostic, and why it does not count if a comment suppresses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    diagnostic: Diagnostic,
    reason: Option<String>,
}

impl Judged {
    /// What was found.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }

    /// The reason that the document gives for suppressing it, if it does.
    pub fn suppressed(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// One comment: what it suppresses, why, and in which bytes of the text.
struct Suppression {
    id: String,
    reason: String,
    reach: Range<usize>,
    position: Position,
    used: bool,
}

/// Marks what the document's comments suppress, remarks what is wrong with them, and puts all in the document's order.
pub(super) fn judge(document: &[u8], found: Vec<Diagnostic>) -> Vec<Judged> {
    let text = text(&document[..document.len().min(MAX_POLICY_BYTES)]);
    let mut suppressions = suppressions(&text);
    let mut judged: Vec<_> = found
        .into_iter()
        .map(|diagnostic| {
            let at = diagnostic.position().map_or(0, |position| offset(&text, position));
            let matching = |one: &&mut Suppression| one.suppresses(diagnostic.rule(), at);
            let reason = suppressions.iter_mut().find(matching).map(|one| {
                one.used = true;
                one.reason.clone()
            });
            Judged { diagnostic, reason }
        })
        .collect();
    judged.extend(
        suppressions.iter().filter_map(Suppression::remark).map(|diagnostic| Judged { diagnostic, reason: None }),
    );
    judged.sort_by_key(|one| (one.diagnostic.position(), one.diagnostic.rule().id()));
    judged
}

impl Suppression {
    fn suppresses(&self, rule: &Rule, at: usize) -> bool {
        self.id.eq_ignore_ascii_case(rule.id()) && !self.reason.is_empty() && self.reach.contains(&at)
    }

    fn remark(&self) -> Option<Diagnostic> {
        let lint = match (self.reason.is_empty(), self.used) {
            (true, _) => rules::L25,
            (false, false) => rules::L26,
            (false, true) => return None,
        };
        Some(Diagnostic::new(lint, &[("id", &self.id)]).at(self.position))
    }
}

fn suppressions(text: &str) -> Vec<Suppression> {
    let mut found = Vec::new();
    let mut lines = Lines { text, at: 0, line: 1, start: 0 };
    for (start, _) in text.match_indices("<!--") {
        let Some(length) = text[start..].find("-->") else { break };
        let end = start + length + 3;
        let inner = text[start + 4..start + length].trim();
        let Some(rest) = inner.strip_prefix(MARK).filter(|rest| rest.starts_with(char::is_whitespace)) else {
            continue;
        };
        let (id, reason) = rest.split_once(':').unwrap_or((rest, ""));
        found.push(Suppression {
            id: id.trim().to_owned(),
            reason: reason.trim().to_owned(),
            reach: reach(text, end),
            position: lines.position(start),
            used: false,
        });
    }
    found
}

/// The element that follows a comment; before the root element, the whole document.
fn reach(text: &str, end: usize) -> Range<usize> {
    if text[end..].contains(ROOT) {
        return 0..usize::MAX;
    }
    let mut at = end;
    while let Some(next) = text[at..].find('<').map(|next| at + next) {
        let is_comment = text[next..].starts_with("<!--");
        let length = text[next..].find(if is_comment { "-->" } else { ">" });
        at = length.map_or(text.len(), |length| next + length);
        if !is_comment {
            return next..at + 1;
        }
    }
    end..end
}

/// Counts lines and columns of ascending places, each byte once.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    start: usize,
}

impl Lines<'_> {
    fn position(&mut self, place: usize) -> Position {
        for (at, _) in self.text[self.at..place].match_indices('\n') {
            self.line += 1;
            self.start = self.at + at + 1;
        }
        self.at = place;
        let column = self.text[self.start..place].chars().count() + 1;
        Position { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}
