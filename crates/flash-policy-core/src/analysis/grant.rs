//! What one rule grants, to be compared with what others grant.

use crate::document::{AllowAccessFrom, DomainPattern, PolicyKind, PortGrant, ToPorts};

/// A rule that grants something, ready to be compared.
pub(super) struct Grant<'a> {
    pub(super) rule: &'a AllowAccessFrom,
    pattern: &'a DomainPattern,
    domain: String,
    /// Hosts that together stand for everybody whom the rule names: a pattern that matches them matches all.
    stand_ins: Vec<String>,
    ports: Option<&'a ToPorts>,
    secure: bool,
}

impl<'a> Grant<'a> {
    /// `None` for a rule that grants nothing to sockets, or nothing to URLs.
    pub(super) fn new(rule: &'a AllowAccessFrom, kind: PolicyKind) -> Option<Self> {
        let pattern = rule.domain()?;
        let domain = pattern.to_string().to_ascii_lowercase();
        let ports = match (kind, rule.to_ports()) {
            (PolicyKind::Url, _) => None,
            (_, PortGrant::Listed(ports)) => Some(ports),
            _ => return None,
        };
        let stand_ins = match domain.strip_prefix("*.") {
            Some(suffix) => vec![suffix.to_owned(), format!("{UNUSUAL}.{suffix}")],
            None if domain == "*" => vec![UNUSUAL.to_owned()],
            None => vec![domain.clone()],
        };
        let secure = rule.secure().unwrap_or(kind == PolicyKind::Url);
        Some(Self { rule, pattern, domain, stand_ins, ports, secure })
    }

    /// Whether this rule grants all that `other` grants.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.names_all_of(other) && (!self.secure || other.secure) && self.opens_all_of(other)
    }

    /// The domain in lower case.
    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    pub(super) fn is_star(&self) -> bool {
        self.domain == "*"
    }

    /// Whether this is `*.x` and the other one `x`.
    pub(super) fn is_wildcard_over_apex(&self, other: &Self) -> bool {
        self.domain.strip_prefix("*.") == Some(&other.domain)
    }

    /// The ports; `None` where they mean nothing.
    pub(super) fn ports(&self) -> Option<&ToPorts> {
        self.ports
    }

    fn names_all_of(&self, other: &Self) -> bool {
        self.is_star() || other.stand_ins.iter().all(|host| self.pattern.matches(Some(host)))
    }

    /// Whether it opens every port that the other one opens.
    // Both lists ascend and have no two ranges that touch: a range is covered by one range, or by none.
    pub(super) fn opens_all_of(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.ports, other.ports) else {
            return true;
        };
        let own = own.ranges();
        others.ranges().iter().all(|range| {
            let at = own.partition_point(|candidate| candidate.end() < range.end());
            // Port 0 is none.
            own.get(at).is_some_and(|candidate| *candidate.start() <= *range.start().max(&1))
        })
    }
}

/// A label that no document holds, for it has a character that XML forbids.
const UNUSUAL: &str = "\u{1}";
