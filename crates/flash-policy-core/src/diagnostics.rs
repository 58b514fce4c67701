//! Diagnostics: the public rule ids, and the findings that carry them.
//!
//! [`rules`] is the catalogue. Everything that this project diagnoses has the id of one of its
//! rules.

pub mod rules;

use std::fmt;

pub use crate::source_text::Position;

use crate::ids;
use crate::printable::visible;

/// The explanation of every rule and every cause, in Markdown.
///
/// A rule has a section `## FSP-D01 missing-to-ports`, a cause a section `## port-not-listed` under
/// `# Causes`.
pub const REFERENCE: &str = include_str!("diagnostics/rules.md");

/// One rule of the catalogue, with its stable id, its name, its severity, its text and its help.
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
    /// Returns the id: `FSP-`, one letter for the group and two digits, as in `FSP-T01`. It is
    /// stable across releases.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the short name in kebab-case, such as `master-refused`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the severity.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the one-line text, with placeholders in braces (`{port}`) that [`Diagnostic::new`]
    /// fills.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Returns the help: one imperative sentence without placeholders.
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
    /// The severity of a [`Rule`], from `Info` to `Error`.
    ///
    /// ```
    /// use flash_policy_core::diagnostics::Severity;
    ///
    /// assert!(Severity::Error > Severity::Warning);
    /// assert_eq!(Severity::Info.to_string(), "info");
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Severity {
        /// Worth knowing. Nothing fails.
        Info = "info",
        /// Fails in some players or networks, or is a security smell.
        Warning = "warning",
        /// Causes a denial or a failure.
        Error = "error",
    }
}

/// A finding: a [`Rule`] with its placeholders filled in, and a position if there is one.
///
/// ```
/// use flash_policy_core::diagnostics::{Diagnostic, Position, rules};
///
/// let diagnostic = Diagnostic::new(rules::T01, &[("port", "5000")]);
/// assert_eq!(
///     diagnostic.message(),
///     "843 refused; no master policy, falling back to in-band request on 5000"
/// );
/// assert_eq!(diagnostic.position(), None);
///
/// let diagnostic = Diagnostic::new(rules::D28, &[]).at(Position { line: 2, column: 1 });
/// assert_eq!(
///     diagnostic.to_string(),
///     "error FSP-D28 at 2:1: internal DTD subset refused; help: remove the [...] from the DOCTYPE"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    rule: Rule,
    severity: Severity,
    message: String,
    fingerprint: u64,
    position: Option<Position>,
}

impl Diagnostic {
    /// Creates a diagnostic. Fills the placeholders of the rule's text from `values`, which are
    /// pairs of a name and its text. Control characters are escaped.
    ///
    /// # Panics
    ///
    /// Panics in debug builds if a placeholder is not filled in, which is a bug in the caller.
    #[must_use]
    pub fn new(rule: Rule, values: &[(&str, &str)]) -> Self {
        Diagnostic {
            rule,
            severity: rule.severity,
            message: fill(rule.text, values),
            fingerprint: fingerprint(&rule, values),
            position: None,
        }
    }

    /// Returns the same diagnostic with a position in a document.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// Returns the rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the rule's severity, or [`Severity::Info`] for a suspicion.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the same diagnostic as a suspicion: it is right for some requesters only, and the
    /// document alone cannot tell which.
    #[must_use]
    pub fn suspected(mut self) -> Self {
        self.severity = Severity::Info;
        self
    }

    /// Returns the position in the document, if the diagnostic is about a place in one.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the rule's text with its placeholders filled in, on one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the help of the rule: one imperative sentence.
    pub fn help(&self) -> &str {
        self.rule.help
    }

    /// Returns a number that stays the same where the document's lines move or the wording of the
    /// rule changes.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
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

/// FNV-1a over the id and what was found, but for numbers of lines.
fn fingerprint(rule: &Rule, values: &[(&str, &str)]) -> u64 {
    let kept = values.iter().filter(|(name, _)| *name != "line").map(|(_, value)| *value);
    let bytes = [rule.id].into_iter().chain(kept).flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Fills the placeholders in one pass, so that braces in a value are not taken for placeholders.
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
