//! Judges whether one policy file grants a connection (rulebook P, D, X9, and `grants` of section
//! 2). Does not know which locations were asked.

use crate::document::{AllowAccessFrom, DomainPattern, MetaPolicy, PolicyFile, PortGrant, ToPorts};
use crate::player::profile::{Dead, DocumentProfile, TrailingDot};
use crate::player::{Cause, Endpoint, Swf};

/// The judgement of one policy file about a requester: the rule that grants, or the nearest miss.
pub(super) enum Judgement<'a> {
    Grant(&'a AllowAccessFrom),
    Miss(Cause, Option<&'a AllowAccessFrom>),
}

/// Judges `policy`, which came from `source`, for a SWF that wants `port` (rulebook L3, L4).
pub(super) fn judge<'a>(
    policy: &'a PolicyFile,
    source: &Endpoint,
    swf: &Swf,
    port: u16,
    profile: &DocumentProfile,
) -> Judgement<'a> {
    let mut nearest: Option<(Cause, &AllowAccessFrom)> = None;
    for rule in policy.allow_access_from() {
        let Some(cause) = miss(rule, source.port(), swf, port, profile) else {
            return Judgement::Grant(rule);
        };
        if nearest.is_none_or(|(so_far, _)| cause.distance() < so_far.distance()) {
            nearest = Some((cause, rule));
        }
    }
    let (cause, rule) = nearest.unzip();
    Judgement::Miss(cause.unwrap_or(Cause::DomainNotListed), rule)
}

/// Returns the first rule that grants, in a policy that came from the port `source`.
#[cfg(feature = "lint")]
pub(crate) fn granting_rule<'a>(
    policy: &'a PolicyFile,
    source: u16,
    swf: &Swf,
    port: u16,
    profile: &DocumentProfile,
) -> Option<&'a AllowAccessFrom> {
    let grants = |rule: &&AllowAccessFrom| miss(rule, source, swf, port, profile).is_none();
    policy.allow_access_from().iter().find(grants)
}

/// Returns the reason why `rule` does not grant, or `None` if it does. `source` is the port that
/// the policy came from.
fn miss(
    rule: &AllowAccessFrom,
    source: u16,
    swf: &Swf,
    port: u16,
    profile: &DocumentProfile,
) -> Option<Cause> {
    let terms = Terms::of(rule, source, profile);
    if !rule.domain().is_some_and(|domain| names(domain, swf.host(), profile)) {
        Some(Cause::DomainNotListed)
    } else if !terms.listed.is_some_and(|ports| ports.contains(port)) {
        Some(Cause::PortNotListed)
    } else if port < terms.lowest {
        Some(Cause::LowPort)
    } else if terms.secure_only && !swf.is_secure() {
        Some(Cause::SecureOnly)
    } else {
        None
    }
}

/// The ports that one rule opens to the requesters that it names. Verdicts and the difference of
/// two policies both read `to-ports` and `secure` here, so they cannot disagree.
pub(crate) struct Terms<'a> {
    /// The ports that the rule lists (rulebook P3-P6).
    listed: Option<&'a ToPorts>,
    /// The lowest port that the rule's policy can grant at all (rulebook P1).
    lowest: u16,
    /// True if the rule is only for SWFs loaded over HTTPS (rulebook X9).
    secure_only: bool,
}

impl<'a> Terms<'a> {
    /// Returns the terms of `rule` in a policy that came from the port `source`.
    pub(crate) fn of(rule: &'a AllowAccessFrom, source: u16, profile: &DocumentProfile) -> Self {
        let listed = match rule.to_ports() {
            PortGrant::Listed(ports) => Some(ports),
            PortGrant::Bad(readable) if profile.bad_to_ports == Dead::Item => Some(readable),
            _ => None,
        };
        let lowest = if source < FIRST_HIGH_PORT { 0 } else { FIRST_HIGH_PORT };
        Self { listed, lowest, secure_only: rule.secure().unwrap_or(profile.secure_by_default) }
    }

    /// Returns the ports that the rule opens to the SWFs that it names, loaded over HTTPS or not.
    #[cfg(feature = "lint")]
    pub(crate) fn opened(
        &self,
        https: bool,
    ) -> impl Iterator<Item = std::ops::RangeInclusive<u16>> {
        let is_open = https || !self.secure_only;
        let listed = if is_open { self.listed } else { None };
        let ranges = listed.map_or(&[][..], ToPorts::ranges).iter();
        ranges
            .filter(|range| *range.end() >= self.lowest)
            .map(|range| *range.start().max(&self.lowest)..=*range.end())
    }
}

/// The first high port. A policy from this port or a higher one cannot grant a lower one (rulebook
/// P1).
pub const FIRST_HIGH_PORT: u16 = 1024;

/// Returns the meta-policy of a master (rulebook M2-M5): the strictest of its elements, or `None`
/// if it has none.
pub(crate) fn meta_policy(policy: &PolicyFile, profile: &DocumentProfile) -> Option<MetaPolicy> {
    let values = policy.site_control().iter().map(|element| match element.value() {
        None => profile.unknown_meta_policy,
        Some(value @ (MetaPolicy::None | MetaPolicy::MasterOnly | MetaPolicy::All)) => value,
        Some(_) => profile.inapplicable_meta_policy,
    });
    values.min()
}

/// Returns true if a rule for `domain` names a requester from this host (rulebook D).
pub(crate) fn names(domain: &DomainPattern, host: Option<&str>, profile: &DocumentProfile) -> bool {
    let dot_counts = profile.trailing_dot == TrailingDot::Significant;
    if dot_counts { domain.matches(host) } else { domain.matches_ignoring_trailing_dot(host) }
}
