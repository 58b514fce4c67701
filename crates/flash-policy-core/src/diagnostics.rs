//! Diagnostics: the public rule ids, and what is found under them.
//!
//! [`rules`] is the catalogue. Whatever this project diagnoses, it names by one of its rows.

pub mod rules;

use std::fmt;

pub use crate::source_text::Position;

use crate::ids;
use crate::printable::visible;

/// The explanation of every rule and every cause, in Markdown.
///
/// A rule has a section `## FSP-D01 missing-to-ports`, a cause a section `## port-not-listed`
/// under `# Causes`.
pub const REFERENCE: &str = include_str!("diagnostics/rules.md");

/// One rule: a stable id, what it is called, how bad it is, what it says, and what to do about it.
///
/// ```
/// use flash_policy_core::diagnostics::{Severity, rules};
///
/// let rule = rules::find("fsp-d01").expect("D01 is in the table");
/// assert_eq!(rule.to_string(), "FSP-D01 missing-to-ports");
/// assert_eq!(rule.severity(), Severity::Error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    id: &'static str,
    name: &'static str,
    severity: Severity,
    text: &'static str,
    help: &'static str,
}

impl Rule {
    /// `FSP-`, one letter for the group, two digits: `FSP-T01`. Stable across releases.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// A short name in kebab-case: `master-refused`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How bad it is to meet this rule.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The one-line diagnosis, with placeholders in braces (`{port}`) that [`Diagnostic::new`] fills.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// What to do about it: one imperative sentence without placeholders.
    pub const fn help(&self) -> &'static str {
        self.help
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.name)
    }
}

ids! {
    /// How bad a [`Rule`] is, from `Info` to `Error`.
    ///
    /// ```
    /// use flash_policy_core::diagnostics::Severity;
    ///
    /// assert!(Severity::Error > Severity::Warning);
    /// assert_eq!(Severity::Info.to_string(), "info");
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Severity {
        /// Worth knowing; nothing fails.
        Info = "info",
        /// Fails in some players or networks, or is a security smell.
        Warning = "warning",
        /// Something is denied, or fails, because of it.
        Error = "error",
    }
}

/// A [`Rule`] that was met, with its placeholders filled, and where.
///
/// ```
/// use flash_policy_core::diagnostics::{Diagnostic, Position, rules};
///
/// let met = Diagnostic::new(rules::T01, &[("port", "5000")]);
/// assert_eq!(met.message(), "843 refused; no master policy, falling back to in-band request on 5000");
/// assert_eq!(met.position(), None);
///
/// let met = Diagnostic::new(rules::D28, &[]).at(Position { line: 2, column: 1 });
/// assert_eq!(met.to_string(), "error FSP-D28 at 2:1: internal DTD subset refused; help: remove the [...] from the DOCTYPE");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    rule: Rule,
    severity: Severity,
    message: String,
    position: Option<Position>,
}

impl Diagnostic {
    /// Fills the placeholders of `rule`'s text from `values`, pairs of a name and what to put there; control characters are escaped.
    ///
    /// # Panics
    ///
    /// In debug builds, when a placeholder is left unfilled: that is a defect of the caller.
    #[must_use]
    pub fn new(rule: Rule, values: &[(&str, &str)]) -> Self {
        Diagnostic {
            rule,
            severity: rule.severity,
            message: fill(rule.text, values),
            position: None,
        }
    }

    /// The same diagnostic, placed in a document.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// The rule that was met.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The rule's severity; [`Severity::Info`] where it is no more than a suspicion.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The same as a suspicion: what would be wrong for some requester, which the document alone cannot know.
    #[must_use]
    pub fn suspected(mut self) -> Self {
        self.severity = Severity::Info;
        self
    }

    /// Where in the document, if it is about a place in one.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// The rule's text, filled in: one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(&self) -> &str {
        self.rule.help
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.severity(), self.rule.id)?;
        if let Some(position) = self.position {
            write!(f, " at {position}")?;
        }
        write!(f, ": {}; help: {}", self.message, self.rule.help)
    }
}

// One pass over the text, so that a value that contains braces is not taken for a placeholder.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut message = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(key, _)| *key == name);
        debug_assert!(value.is_some(), "the placeholder {{{name}}} is not filled in: {text}");
        message.push_str(before);
        message.extend(value.into_iter().flat_map(|(_, value)| value.chars().map(visible)));
        rest = after;
    }
    message + rest
}
