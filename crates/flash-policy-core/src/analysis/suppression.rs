//! Suppressions in a document, written as comments:
//! `<!-- flash-policy-allow FSP-D14: public arcade -->`.

use std::ops::Range;

use crate::diagnostics::{Diagnostic, Position, Rule, rules};
use crate::document::{MAX_POLICY_BYTES, Markup, is_of_lost_grants, readable, tokens};
use crate::source_text::{LineIndex, offset};

/// A diagnostic, and the reason for suppressing it if a comment does so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    diagnostic: Diagnostic,
    reason: Option<String>,
}

impl Judged {
    /// Returns the diagnostic.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }

    /// Returns the reason that the document gives for suppressing the diagnostic, if it does.
    pub fn suppressed(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Marks the diagnostics that the document's comments suppress, adds those of the comments
/// themselves, and sorts all by position. That the policy grants nothing comes after its causes.
///
/// The reason why a player rejects the whole document (`fatal`) cannot be suppressed. A suppression
/// is reported as unused if its rule could be broken (`can_be_broken`) but was not.
pub(super) fn judge(
    document: &[u8],
    found: Vec<Diagnostic>,
    fatal: Option<&Diagnostic>,
    can_be_broken: impl Fn(&Rule) -> bool,
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
            let is_fatal = fatal == Some(&diagnostic);
            Judged { reason: if is_fatal { None } else { reason }, diagnostic }
        })
        .collect();
    let faulty = suppressions.iter().filter_map(|one| one.diagnostic(&can_be_broken));
    judged.extend(faulty.map(|diagnostic| Judged { diagnostic, reason: None }));
    judged.sort_by_key(|one| {
        let found = &one.diagnostic;
        (is_of_lost_grants(found), found.position(), found.rule().id())
    });
    judged
}

/// One id in one comment, with its reason and the bytes of the text that it applies to.
struct Suppression {
    id: String,
    /// The rule with this id, or `None` if there is no such rule.
    rule: Option<&'static Rule>,
    reason: String,
    scope: Range<usize>,
    position: Position,
    used: bool,
}

impl Suppression {
    fn suppresses(&self, rule: &Rule, at: usize) -> bool {
        self.rule == Some(rule) && !self.reason.is_empty() && self.scope.contains(&at)
    }

    /// Returns the diagnostic of a suppression that is faulty or unused.
    fn diagnostic(&self, can_be_broken: impl Fn(&Rule) -> bool) -> Option<Diagnostic> {
        let diagnostic = match self.rule {
            None if self.id.is_empty() => rules::suppression_without_reason("the id of a rule"),
            None => {
                let what = format!("a known id ({} is the id of no rule)", self.id);
                rules::suppression_without_reason(what)
            }
            Some(_) if self.reason.is_empty() => rules::suppression_without_reason("a reason"),
            Some(rule) if !self.used && can_be_broken(rule) => rules::unused_suppression(rule.id()),
            Some(_) => return None,
        };
        Some(diagnostic.at(self.position))
    }
}

/// Returns all suppressions of a text. Each applies to the tag after it, or to the whole document
/// if it comes before the root.
fn suppressions(text: &str) -> Vec<Suppression> {
    let mut found = Vec::new();
    let mut waiting = Vec::new();
    let mut root_seen = false;
    let lines = LineIndex::of(text);
    for token in tokens(text) {
        match token.kind {
            Markup::Comment => {
                waiting.extend(of_comment(token.text, || lines.position(text, token.start)))
            }
            Markup::Open | Markup::Empty => {
                let tag = token.start..token.start + token.text.len();
                let scope = if root_seen { tag } else { 0..usize::MAX };
                root_seen = true;
                found.extend(
                    waiting.drain(..).map(|one| Suppression { scope: scope.clone(), ..one }),
                );
            }
            Markup::Close => found.append(&mut waiting),
            _ => {}
        }
    }
    found.append(&mut waiting);
    found
}

/// Returns the suppressions in a comment, one for each id. They apply to nothing yet.
fn of_comment(comment: &str, position: impl Fn() -> Position) -> Vec<Suppression> {
    let inner = comment.trim_start_matches("<!--").trim_end_matches("-->").trim();
    if !inner.get(..MARK.len()).is_some_and(|mark| mark.eq_ignore_ascii_case(MARK)) {
        return Vec::new();
    }
    let rest = &inner[MARK.len()..];
    let (ids, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let one = |id: &str| Suppression {
        id: id.trim().chars().take(SHOWN_ID).collect(),
        rule: rules::named(id.trim()),
        reason: reason.trim().to_owned(),
        scope: 0..0,
        position: position(),
        used: false,
    };
    ids.split(',').map(one).collect()
}

/// The most characters of an unknown id that a message shows.
const SHOWN_ID: usize = 40;

const MARK: &str = "flash-policy-allow";
