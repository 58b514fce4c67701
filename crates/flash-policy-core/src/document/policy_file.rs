//! The policy file as a whole.

use std::fmt;

use super::PolicyKind;
use super::outline::Outline;
use super::{AllowAccessFrom, MalformedPolicy, PolicyFileBuilder, SiteControl};
use super::{decode, elements, interpret};
use crate::diagnostics::Diagnostic;

/// A socket policy file: who may connect to which ports, and whether other policy files count.
///
/// Two files are equal when they are the same document, diagnostics and positions included; compare [`to_xml`](Self::to_xml) to compare what they say.
///
/// ```
/// use flash_policy_core::document::PolicyFile;
///
/// let policy = PolicyFile::parse(r#"<cross-domain-policy><allow-access-from domain="*" to-ports="80,5000-5010"/></cross-domain-policy>"#)?;
/// assert_eq!(policy.allow_access_from().len(), 1);
/// assert!(policy.diagnostics().is_empty());
/// # Ok::<(), flash_policy_core::document::MalformedPolicy>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    pub(super) allow_access_from: Vec<AllowAccessFrom>,
    pub(super) site_control: Vec<SiteControl>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl PolicyFile {
    /// Reads a socket policy from its bytes, up to the first NUL or the end (rulebook W4, W5).
    ///
    /// What a player would overlook or read as "grants nothing" becomes a diagnostic; an element that is wrong is kept, and grants nothing.
    ///
    /// # Errors
    ///
    /// [`MalformedPolicy`] when a player would reject the whole document (rulebook X1, X4, X7), or when it exceeds our limits:
    /// [`MAX_POLICY_BYTES`](super::MAX_POLICY_BYTES), 64 nested elements, 8192 nodes, an internal DTD subset.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<PolicyFile, MalformedPolicy> {
        Self::parse_with(interpret::for_sockets, bytes.as_ref())
    }

    fn parse_with(remarks: Remarks, bytes: &[u8]) -> Result<PolicyFile, MalformedPolicy> {
        let mut found = Vec::new();
        match read(remarks, bytes, &mut found) {
            Ok(mut policy) => {
                found.sort_by_key(Diagnostic::position);
                policy.diagnostics = found;
                Ok(policy)
            }
            Err(fatal) => Err(MalformedPolicy::new(fatal, found)),
        }
    }

    /// Reads a policy of this kind from its bytes. One for data over HTTP differs in what is remarked: ports mean nothing
    /// there, and headers do (rulebook P7, U9).
    ///
    /// ```
    /// use flash_policy_core::document::{PolicyFile, PolicyKind};
    ///
    /// let xml = r#"<cross-domain-policy><allow-access-from domain="www.example.com"/></cross-domain-policy>"#;
    /// assert!(PolicyFile::parse_as(PolicyKind::Url, xml)?.diagnostics().is_empty());
    /// let for_sockets = PolicyFile::parse_as(PolicyKind::Socket, xml)?;
    /// assert!(for_sockets.diagnostics().iter().any(|remark| remark.rule().id() == "FSP-D01"));
    /// # Ok::<(), flash_policy_core::document::MalformedPolicy>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_as(
        kind: PolicyKind,
        bytes: impl AsRef<[u8]>,
    ) -> Result<PolicyFile, MalformedPolicy> {
        let remarks = match kind {
            PolicyKind::Socket => interpret::for_sockets,
            PolicyKind::Url => interpret::for_urls,
        };
        Self::parse_with(remarks, bytes.as_ref())
    }

    /// Starts a policy in code; without a rule it grants nothing.
    pub fn builder() -> PolicyFileBuilder {
        PolicyFileBuilder::default()
    }

    /// The `<allow-access-from>` elements in document order, those that grant nothing included.
    pub fn allow_access_from(&self) -> &[AllowAccessFrom] {
        &self.allow_access_from
    }

    /// The `<site-control>` elements in document order; of several, the most restrictive counts (rulebook M3).
    pub fn site_control(&self) -> &[SiteControl] {
        &self.site_control
    }

    /// What the parse found to remark, in document order; empty for a policy that was built.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The policy as an XML document in UTF-8, without the NUL that ends it on the wire. To parse it gives the same rules again.
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

/// What is odd in a policy of one kind.
type Remarks = fn(&[elements::Element], &PolicyFile, &mut Vec<Diagnostic>);

fn read(
    remarks: Remarks,
    bytes: &[u8],
    found: &mut Vec<Diagnostic>,
) -> Result<PolicyFile, Diagnostic> {
    let source = decode::Source::decode(bytes, found)?;
    let outline = Outline::of(&source, found)?;
    let elements = elements::elements(&source, outline)?;
    let policy = interpret::policy(&elements, found);
    remarks(&elements, &policy, found);
    Ok(policy)
}
