//! The element `<allow-access-from>`.

use std::fmt;

use super::elements::escape;
use super::{DomainPattern, ToPorts};
use crate::diagnostics::Position;

/// One `<allow-access-from>`, which lets SWFs from a domain connect to some ports.
///
/// Its `Display` is the element as canonical XML, with the attribute values as they were written.
///
/// ```
/// use flash_policy_core::document::{PolicyFile, PortGrant};
///
/// let xml = r#"<cross-domain-policy>
///   <allow-access-from domain='http://a.com'/>
/// </cross-domain-policy>"#;
/// let policy = PolicyFile::parse(xml)?;
/// let rule = &policy.allow_access_from()[0];
/// assert_eq!(rule.domain(), None); // dead: the value is no domain
/// assert_eq!(rule.to_ports(), &PortGrant::Missing);
/// assert_eq!(rule.to_string(), r#"<allow-access-from domain="http://a.com"/>"#);
/// assert_eq!(rule.position().map(|at| (at.line, at.column)), Some((2, 3)));
/// # Ok::<(), flash_policy_core::document::MalformedPolicy>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowAccessFrom {
    pub(super) domain: Option<DomainPattern>,
    pub(super) to_ports: PortGrant,
    pub(super) secure: Option<bool>,
    pub(super) position: Option<Position>,
    /// The attributes in the order of the canonical form.
    pub(super) written: Vec<Written>,
}

impl AllowAccessFrom {
    /// Returns the requesters that the rule names.
    ///
    /// `None` means that `domain` is missing or has none of the three forms, so that the rule
    /// grants nothing (rulebook D1, D4, D9, D11).
    pub fn domain(&self) -> Option<&DomainPattern> {
        self.domain.as_ref()
    }

    /// Returns the ports that the rule opens.
    pub fn to_ports(&self) -> &PortGrant {
        &self.to_ports
    }

    /// Returns the `secure` attribute.
    ///
    /// `None` means that it is absent, or neither `true` nor `false`. For sockets that means
    /// `false` (rulebook X9).
    pub fn secure(&self) -> Option<bool> {
        self.secure
    }

    /// Returns its `to-ports` as it is written, `None` where the attribute is missing.
    pub fn written_to_ports(&self) -> Option<&str> {
        let written = self.written.iter().find(|written| written.name == "to-ports")?;
        Some(&written.value)
    }

    /// Returns the `domain` as it is written, if the rule has one.
    pub fn written_domain(&self) -> Option<&str> {
        let written = self.written.iter().find(|written| written.name == "domain")?;
        Some(&written.value)
    }

    /// Returns the position of the element's `<`, or `None` for a rule built in code.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the position of the attribute with this name, if the rule has it and was parsed.
    pub fn position_of(&self, attribute: &str) -> Option<Position> {
        self.written.iter().find(|written| written.name == attribute)?.position
    }
}

impl fmt::Display for AllowAccessFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<allow-access-from")?;
        for Written { name, value, .. } in &self.written {
            write!(f, " {name}=\"{}\"", escape(value))?;
        }
        f.write_str("/>")
    }
}

/// The value of a `to-ports` attribute.
///
/// ```
/// use flash_policy_core::document::{PolicyFile, PortGrant};
///
/// let policy = PolicyFile::builder().allow("*", "80,5000-5010").build();
/// match policy.allow_access_from()[0].to_ports() {
///     PortGrant::Listed(ports) => assert!(ports.contains(5010)),
///     _ => unreachable!("the builder takes only good ports"),
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortGrant {
    /// No `to-ports`, or an empty one, which grants no port (rulebook P4).
    Missing,
    /// A list without a bad item.
    Listed(ToPorts),
    /// A list with a bad item, so that by default the whole element grants nothing (rulebook P6,
    /// Q10). Holds the good items, which may be none.
    Bad(ToPorts),
}

/// An attribute as it is written in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// The position of the attribute's name, if it was parsed.
    pub(super) position: Option<Position>,
}
