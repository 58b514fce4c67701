//! The policy file as a whole.

use std::fmt;

use super::PolicyKind;
use super::empty_policy::{LostGrants, empty_policy};
use super::outline::Outline;
use super::tokens::{Markup, tokens};
use super::vocabulary::ALLOW;
use super::{AllowAccessFrom, MalformedPolicy, PolicyFileBuilder, SiteControl};
use super::{decode, elements, interpret, kind_checks};
use crate::diagnostics::{Diagnostic, Position};

/// A policy file: its rules say who may connect to which ports, and its site-control says
/// whether other policy files count.
///
/// Two files are equal if they are the same document, including diagnostics and positions. To
/// compare only their content, compare [`to_xml`](Self::to_xml).
///
/// ```
/// use flash_policy_core::document::PolicyFile;
///
/// let xml = r#"<cross-domain-policy>
///   <allow-access-from domain="*.example.com" to-ports="80,5000-5010"/>
/// </cross-domain-policy>"#;
/// let policy = PolicyFile::parse(xml)?;
/// assert_eq!(policy.allow_access_from().len(), 1);
/// assert!(policy.diagnostics().is_empty());
/// # Ok::<(), flash_policy_core::document::MalformedPolicy>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    pub(super) allow_access_from: Vec<AllowAccessFrom>,
    pub(super) site_control: Vec<SiteControl>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// True if the document has rules that grant nothing, by a mistake in it.
    pub(super) has_lost_grants: bool,
}

impl PolicyFile {
    /// Parses a socket policy from its bytes, up to the first NUL or the end (rulebook W4, W5).
    ///
    /// Anything that a player would ignore or read as "grants nothing" becomes a diagnostic. A
    /// faulty element is kept, and grants nothing.
    ///
    /// # Errors
    ///
    /// Returns [`MalformedPolicy`] if a player would reject the whole document (rulebook X1, X4,
    /// X7), or if the document exceeds the limits of this crate:
    /// [`MAX_POLICY_BYTES`](super::MAX_POLICY_BYTES), 64 nested elements, 64 attributes in one
    /// element, 64 namespace declarations and 8192 nodes. An internal DTD subset is over the limits
    /// too.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<PolicyFile, MalformedPolicy> {
        Self::parse_as(PolicyKind::Socket, bytes)
    }

    /// Parses a policy of this kind from its bytes. The kinds differ in their diagnostics: in a
    /// policy for data over HTTP, ports mean nothing and headers do (rulebook P7, U9).
    ///
    /// ```
    /// use flash_policy_core::document::{PolicyFile, PolicyKind};
    ///
    /// let xml = r#"<cross-domain-policy>
    ///   <allow-access-from domain="www.example.com"/>
    /// </cross-domain-policy>"#;
    /// assert!(PolicyFile::parse_as(PolicyKind::Url, xml)?.diagnostics().is_empty());
    /// let for_sockets = PolicyFile::parse_as(PolicyKind::Socket, xml)?;
    /// assert!(for_sockets.diagnostics().iter().any(|found| found.rule().id() == "FSP-D01"));
    /// # Ok::<(), flash_policy_core::document::MalformedPolicy>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`parse`](Self::parse).
    pub fn parse_as(
        kind: PolicyKind,
        bytes: impl AsRef<[u8]>,
    ) -> Result<PolicyFile, MalformedPolicy> {
        let mut found = Vec::new();
        match read(kind, bytes.as_ref(), &mut found) {
            Ok(mut policy) => {
                found.sort_by_key(Diagnostic::position);
                policy.diagnostics = found;
                Ok(policy)
            }
            Err(fatal) => Err(MalformedPolicy::new(fatal, found)),
        }
    }

    /// Returns a builder for a policy. Without a rule the policy grants nothing.
    pub fn builder() -> PolicyFileBuilder {
        PolicyFileBuilder::default()
    }

    /// Returns the `<allow-access-from>` elements in document order, including those that grant
    /// nothing.
    pub fn allow_access_from(&self) -> &[AllowAccessFrom] {
        &self.allow_access_from
    }

    /// Returns the `<site-control>` elements in document order. If there are several, the strictest
    /// counts (rulebook M3).
    pub fn site_control(&self) -> &[SiteControl] {
        &self.site_control
    }

    /// Returns the diagnostics of the parse in document order. A policy built in code has none.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Returns the policy as an XML document in UTF-8, without the NUL that ends it on the wire.
    /// Parsing it gives the same rules again.
    ///
    /// ```
    /// use flash_policy_core::document::PolicyFile;
    ///
    /// let xml = PolicyFile::builder().allow("*", 5000).build().to_xml();
    /// assert!(xml.starts_with("<?xml version=\"1.0\"?>\n<cross-domain-policy>\n"));
    /// ```
    pub fn to_xml(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for PolicyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<?xml version=\"1.0\"?>\n<cross-domain-policy>\n")?;
        for control in &self.site_control {
            writeln!(f, "  {control}")?;
        }
        for rule in &self.allow_access_from {
            writeln!(f, "  {rule}")?;
        }
        f.write_str("</cross-domain-policy>\n")
    }
}

fn read(
    kind: PolicyKind,
    bytes: &[u8],
    found: &mut Vec<Diagnostic>,
) -> Result<PolicyFile, Diagnostic> {
    let mut source = decode::Source::decode(bytes, found)?;
    let fault = source.take_fault();
    let policy = read_text(kind, &source, found);
    match fault {
        Some(fault) => Err(fault),
        None => policy,
    }
}

fn read_text(
    kind: PolicyKind,
    source: &decode::Source<'_>,
    found: &mut Vec<Diagnostic>,
) -> Result<PolicyFile, Diagnostic> {
    let outline = Outline::of(source, found)?;
    let elements = elements::elements(source, outline)?;
    let mut policy = interpret::policy(&elements, kind, found);
    kind_checks::check(kind, &elements, &policy, found);
    let lost = LostGrants::of(kind, &elements, &policy);
    let empty = empty_policy(kind, &elements, &policy, &lost, found);
    let in_comment = if policy.site_control.is_empty() { rule_in_comment(source) } else { None };
    found.extend(match (empty, in_comment) {
        (Some(empty), Some(at)) if lost.is_none() => {
            Some(empty.with_help(format!(
                "take the <{ALLOW}> at {at} out of its comment, or add another"
            )))
        }
        (empty, _) => empty,
    });
    policy.has_lost_grants = lost.is_some();
    Ok(policy)
}

/// Returns the place of the first rule that stands inside a comment.
fn rule_in_comment(source: &decode::Source<'_>) -> Option<Position> {
    let mut comments = tokens(source.text()).filter(|token| token.kind == Markup::Comment);
    comments.find_map(|comment| {
        let at = comment.text.find(&format!("<{ALLOW}"))?;
        Some(source.position(comment.start + at))
    })
}
