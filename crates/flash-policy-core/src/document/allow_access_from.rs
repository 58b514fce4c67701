//! One `<allow-access-from>`.

use std::fmt;

use super::elements::escape;
use super::{DomainPattern, ToPorts};
use crate::diagnostics::Position;

/// One `<allow-access-from>`: SWFs from this domain may connect to these ports.
///
/// Its `Display` is the element as canonical XML, with the attribute values as they were written.
///
/// ```
/// use flash_policy_core::document::{PolicyFile, PortGrant};
///
/// let policy = PolicyFile::parse("<cross-domain-policy>\n  <allow-access-from domain='http://a.com'/>\n</cross-domain-policy>")?;
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
    /// In the order of the canonical form.
    pub(super) written: Vec<Written>,
}

/// An attribute as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// Where its name stands, if it was read.
    pub(super) position: Option<Position>,
}

impl AllowAccessFrom {
    /// Whom the rule names; `None` when `domain` is missing or none of the three forms, so that the rule grants nothing (rulebook D1, D4, D9, D11).
    pub fn domain(&self) -> Option<&DomainPattern> {
        self.domain.as_ref()
    }

    /// Which ports the rule opens.
    pub fn to_ports(&self) -> &PortGrant {
        &self.to_ports
    }

    /// The `secure` attribute; `None` when it is absent or neither `true` nor `false`. For sockets that means `false` (rulebook X9).
    pub fn secure(&self) -> Option<bool> {
        self.secure
    }

    /// Where the element's `<` stands; `None` when the rule was built.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Where its attribute of this name stands, if it has such a one and was read.
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

/// What a `to-ports` attribute says.
///
/// ```
/// use flash_policy_core::document::{PolicyFile, PortGrant};
///
/// let policy = PolicyFile::builder().allow("*", "80,5000-5010").build();
/// let PortGrant::Listed(ports) = policy.allow_access_from()[0].to_ports() else { panic!("the builder takes only good ports") };
/// assert!(ports.contains(5010));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortGrant {
    /// No `to-ports`, or an empty one: grants no port (rulebook P4).
    Missing,
    /// Every item is good.
    Listed(ToPorts),
    /// Some item is bad, so that by default the whole element grants nothing (rulebook P6, Q10). Holds the good items, perhaps none.
    Bad(ToPorts),
}
