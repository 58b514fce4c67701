//! The grant of one rule, in a form that can be compared with others.

use crate::document::{AllowAccessFrom, DomainPattern, PolicyKind, PortGrant, ToPorts};

/// The grant of one rule.
pub(super) struct Grant<'a> {
    pub(super) rule: &'a AllowAccessFrom,
    pattern: &'a DomainPattern,
    domain: String,
    /// Hosts that represent every requester the rule names: a pattern that matches them matches
    /// all.
    stand_ins: Vec<String>,
    ports: Option<&'a ToPorts>,
    secure: bool,
}

impl<'a> Grant<'a> {
    /// Returns the grant of a rule, or `None` if the rule grants nothing in a policy of this kind.
    pub(super) fn new(rule: &'a AllowAccessFrom, kind: PolicyKind) -> Option<Self> {
        let pattern = rule.domain().filter(|pattern| !pattern.names_nobody())?;
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

    /// Returns true if this rule grants everything that `other` grants.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.names_all_of(other) && (!self.secure || other.secure) && self.opens_all_of(other)
    }

    /// Returns the domain in lower case.
    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    pub(super) fn is_star(&self) -> bool {
        self.domain == "*"
    }

    /// Returns true if this domain is `*.x` and the other one is `x`.
    pub(super) fn is_wildcard_over_apex(&self, other: &Self) -> bool {
        self.domain.strip_prefix("*.") == Some(&other.domain)
    }

    /// Returns the ports, or `None` in a URL policy, where they mean nothing.
    pub(super) fn ports(&self) -> Option<&ToPorts> {
        self.ports
    }

    fn names_all_of(&self, other: &Self) -> bool {
        self.is_star() || other.stand_ins.iter().all(|host| self.pattern.matches(Some(host)))
    }

    /// Returns true if this rule opens every port that the other one opens.
    pub(super) fn opens_all_of(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.ports, other.ports) else {
            return true;
        };
        let own = own.ranges();
        // Both lists ascend and no two ranges of a list touch, so one range covers a range or none
        // does.
        others.ranges().iter().all(|range| {
            let at = own.partition_point(|candidate| candidate.end() < range.end());
            // Port 0 does not count.
            own.get(at).is_some_and(|candidate| *candidate.start() <= *range.start().max(&1))
        })
    }
}

/// A label that no document contains, because XML forbids its character.
const UNUSUAL: &str = "\u{1}";
