//! Suppressions that stand in a document, as comments: `<!-- flash-policy-allow FSP-D14: public arcade -->`.

use std::ops::Range;

use crate::diagnostics::{Diagnostic, Position, Rule, rules};
use crate::document::{MAX_POLICY_BYTES, Markup, readable, tokens};
use crate::source_text::{LineIndex, offset};

const MARK: &str = "flash-policy-allow";

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

/// One id in one comment: what it suppresses, why, and in which bytes of the text.
struct Suppression {
    /// `None` where there is no such rule.
    rule: Option<&'static Rule>,
    reason: String,
    reach: Range<usize>,
    position: Position,
    used: bool,
}

/// Marks what the document's comments suppress, remarks what is wrong with them, and puts all in the document's order.
/// Why a player rejects the whole document (`fatal`) cannot be suppressed in the document. A suppression is unused where
/// its rule could be met and was not.
pub(super) fn judge(
    document: &[u8],
    found: Vec<Diagnostic>,
    fatal: Option<&Diagnostic>,
    can_be_met: impl Fn(&Rule) -> bool,
) -> Vec<Judged> {
    let end =
        document.iter().position(|byte| *byte == 0).unwrap_or(document.len()).min(MAX_POLICY_BYTES);
    let text = readable(&document[..end]);
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
            Judged { reason: reason.filter(|_| fatal != Some(&diagnostic)), diagnostic }
        })
        .collect();
    let remarks = suppressions.iter().filter_map(|one| one.remark(&can_be_met));
    judged.extend(remarks.map(|diagnostic| Judged { diagnostic, reason: None }));
    judged.sort_by_key(|one| (one.diagnostic.position(), one.diagnostic.rule().id()));
    judged
}

impl Suppression {
    fn suppresses(&self, rule: &Rule, at: usize) -> bool {
        self.rule == Some(rule) && !self.reason.is_empty() && self.reach.contains(&at)
    }

    fn remark(&self, can_be_met: impl Fn(&Rule) -> bool) -> Option<Diagnostic> {
        let remark = match self.rule {
            None => Diagnostic::new(rules::L25, &[("what", "the id of a rule")]),
            Some(_) if self.reason.is_empty() => {
                Diagnostic::new(rules::L25, &[("what", "a reason")])
            }
            Some(rule) if !self.used && can_be_met(rule) => {
                Diagnostic::new(rules::L26, &[("id", rule.id())])
            }
            Some(_) => return None,
        };
        Some(remark.at(self.position))
    }
}

/// All suppressions of a text: each reaches over the tag behind it, or from before the root over the whole document.
fn suppressions(text: &str) -> Vec<Suppression> {
    let (mut found, mut waiting, mut root_seen) = (Vec::new(), Vec::new(), false);
    let lines = LineIndex::of(text);
    for token in tokens(text) {
        match token.kind {
            Markup::Comment => {
                waiting.extend(of_comment(token.text, || lines.position(text, token.start)))
            }
            Markup::Open | Markup::Empty => {
                let tag = token.start..token.start + token.text.len();
                let reach = if root_seen { tag } else { 0..usize::MAX };
                root_seen = true;
                found.extend(
                    waiting.drain(..).map(|one| Suppression { reach: reach.clone(), ..one }),
                );
            }
            Markup::Close => found.append(&mut waiting),
            _ => {}
        }
    }
    found.append(&mut waiting);
    found
}

/// The suppressions that a comment says, one for each id, which reach nowhere yet.
fn of_comment(comment: &str, position: impl Fn() -> Position) -> Vec<Suppression> {
    let inner = comment.trim_start_matches("<!--").trim_end_matches("-->").trim();
    if !inner.get(..MARK.len()).is_some_and(|mark| mark.eq_ignore_ascii_case(MARK)) {
        return Vec::new();
    }
    let rest = &inner[MARK.len()..];
    let (ids, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let one = |id: &str| Suppression {
        rule: rules::named(id.trim()),
        reason: reason.trim().to_owned(),
        reach: 0..0,
        position: position(),
        used: false,
    };
    ids.split(',').map(one).collect()
}
