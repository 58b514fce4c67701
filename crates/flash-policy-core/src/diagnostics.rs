//! Diagnostics: the public rule ids, and the findings that carry them.
//!
//! [`rules`] is the catalogue. Everything that this project diagnoses has the id of one of its
//! rules. Its functions make the diagnostics: `rules::nul_inside(12)` returns one of
//! `rules::NUL_INSIDE`.

pub mod rules;

use std::borrow::Cow;
use std::fmt;

pub use crate::source_text::Position;

use crate::ids;
use crate::printable::printable;

/// The explanation of every rule and every cause, in Markdown.
///
/// A rule has a section `## FSP-D01 missing-to-ports`, a cause a section `## port-not-listed` under
/// `# Causes`.
pub const REFERENCE: &str = include_str!("diagnostics/rules.md");

/// One rule of the catalogue, with its stable id, its name, its default severity, its text
/// and its help.
///
/// ```
/// use flash_policy_core::diagnostics::{Severity, rules};
///
/// let rule = rules::MISSING_TO_PORTS;
/// assert_eq!(rule.to_string(), "FSP-D01 missing-to-ports");
/// assert_eq!(rule.severity(), Severity::Error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    constant: &'static str,
    id: &'static str,
    name: &'static str,
    severity: Severity,
    text: &'static str,
    help: &'static str,
    is_emitted: bool,
}

impl Rule {
    /// Returns the id: `FSP-`, one letter for the group and two digits, as in `FSP-T01`. It is
    /// stable across releases.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the name of the rule's constant in [`rules`], such as `MASTER_REFUSED`. The page of
    /// that constant documents the rule.
    pub const fn constant(&self) -> &'static str {
        self.constant
    }

    /// Returns the short name in kebab-case, such as `master-refused`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the default severity. A [`Diagnostic`] of the rule may have another one where its
    /// context demands it: see [`Diagnostic::severity`].
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the one-line text, with placeholders in braces (`{port}`).
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Returns the help: one imperative sentence without placeholders.
    pub const fn help(&self) -> &'static str {
        self.help
    }

    /// Returns true if this project itself reports the rule: in a [`Diagnostic`], or by reference,
    /// as the rule behind the verdict of a conformance check, behind the cause of an outcome, or
    /// behind an error of the command.
    ///
    /// The other rules are knowledge only. They describe failures that a person may meet and that
    /// nothing here detects.
    ///
    /// ```
    /// use flash_policy_core::diagnostics::rules;
    ///
    /// assert!(rules::MISSING_TO_PORTS.is_emitted());
    /// assert!(!rules::NAT_HAIRPIN.is_emitted());
    /// ```
    pub const fn is_emitted(&self) -> bool {
        self.is_emitted
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.name)
    }
}

ids! {
    /// The severity of a [`Diagnostic`], and the default of a [`Rule`], from `Info` to `Error`.
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

/// A finding: a [`Rule`] with its placeholders filled in, a severity, and a position if there is
/// one. The functions of [`rules`] make diagnostics.
///
/// ```
/// use flash_policy_core::diagnostics::{Position, Severity, rules};
///
/// let diagnostic = rules::master_refused("game.example.com:843", "refuses connections");
/// assert_eq!(
///     diagnostic.message(),
///     "game.example.com:843 refuses connections, so there is no master policy"
/// );
/// assert_eq!(diagnostic.severity(), Severity::Warning);
/// assert_eq!(diagnostic.position(), None);
///
/// let diagnostic = rules::entity_dtd_internal_subset().at(Position { line: 2, column: 1 });
/// assert_eq!(
///     diagnostic.to_string(),
///     "error FSP-D28 at 2:1: internal DTD subset refused; help: remove the [...] from the DOCTYPE"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    rule: &'static Rule,
    severity: Severity,
    message: String,
    help: Cow<'static, str>,
    fingerprint: u64,
    position: Option<Position>,
}

impl Diagnostic {
    /// Creates a diagnostic of the rule with its default severity. `values` are the arguments that
    /// `message` was made of, each with its name.
    ///
    /// An argument named `line` is no part of the fingerprint.
    fn new(rule: &'static Rule, message: String, values: &[(&str, &str)]) -> Self {
        let identity = values.iter().filter(|(name, _)| *name != "line").map(|(_, value)| *value);
        Diagnostic {
            rule,
            severity: rule.severity,
            message,
            help: Cow::Borrowed(rule.help),
            fingerprint: fingerprint(rule, identity),
            position: None,
        }
    }

    /// Returns the same diagnostic with a fingerprint of these values, in place of the arguments of
    /// its message. They tell findings apart that have the same message.
    pub(crate) fn identified_by(mut self, values: &[&str]) -> Self {
        self.fingerprint = fingerprint(self.rule, values.iter().copied());
        self
    }

    /// Returns the same diagnostic with a position in a document.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// Returns the rule.
    pub fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// Returns the severity of this finding in its context. It is the rule's default unless
    /// [`with_severity`](Self::with_severity) or [`suspected`](Self::suspected) set another.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the same diagnostic with another severity than its rule's default.
    ///
    /// ```
    /// use flash_policy_core::diagnostics::{Severity, rules};
    ///
    /// let diagnostic = rules::empty_policy_deny("it is empty").with_severity(Severity::Info);
    /// assert_eq!(diagnostic.severity(), Severity::Info);
    /// assert_eq!(diagnostic.rule().severity(), Severity::Warning);
    /// ```
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Returns the same diagnostic as a suspicion, of severity [`Severity::Info`]: it is right for
    /// some requesters only, and the document alone cannot tell which.
    #[must_use]
    pub fn suspected(self) -> Self {
        self.with_severity(Severity::Info)
    }

    /// Returns the position in the document, if the diagnostic is about a place in one.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the rule's text with its placeholders filled in, on one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the help for this finding: one imperative sentence. It is the help of the rule
    /// unless the context says more, see [`with_help`](Self::with_help).
    pub fn help(&self) -> &str {
        &self.help
    }

    /// Returns the same diagnostic with a help of its own, for a rule that several mistakes break.
    /// `help` is one imperative sentence, without a full stop. What it quotes from a document or
    /// a peer is escaped.
    ///
    /// ```
    /// use flash_policy_core::diagnostics::rules;
    ///
    /// let diagnostic = rules::too_many_nuls(1).with_help("send nothing after the NUL");
    /// assert_eq!(diagnostic.help(), "send nothing after the NUL");
    /// assert_eq!(diagnostic.rule().help(), "send exactly one NUL byte");
    /// ```
    #[must_use]
    pub fn with_help(mut self, help: impl fmt::Display) -> Self {
        self.help = Cow::Owned(printable(help));
        self
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
        write!(f, ": {}; help: {}", self.message, self.help)
    }
}

/// Returns the FNV-1a hash of the rule's id and the values.
fn fingerprint<'a>(rule: &Rule, values: impl Iterator<Item = &'a str>) -> u64 {
    let bytes = [rule.id].into_iter().chain(values).flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
