//! Whether one policy file grants (rulebook P, D, X9, and `grants` of section 2).

use crate::diagnostics::{Diagnostic, rules};
use crate::document::{AllowAccessFrom, DomainPattern, MetaPolicy, PolicyFile, PortGrant, ToPorts};
use crate::player::profile::{Dead, DocumentProfile, TrailingDot};
use crate::player::{Cause, Endpoint, Swf};

/// From here on a port is high: a policy from a high port cannot grant a low one (rulebook P1).
pub const FIRST_HIGH_PORT: u16 = 1024;

/// What one policy file says about a requester: the rule that grants, or the nearest miss.
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
        let Some(cause) = miss(rule, source, swf, port, profile) else {
            return Judgement::Grant(rule);
        };
        if nearest.is_none_or(|(so_far, _)| cause.distance() < so_far.distance()) {
            nearest = Some((cause, rule));
        }
    }
    let (cause, rule) = nearest.unzip();
    Judgement::Miss(cause.unwrap_or(Cause::DomainNotListed), rule)
}

/// What one rule opens to whom it names. The only reading of its ports and of `secure`: a verdict and a difference of two
/// policies both stand on it.
pub(crate) struct Terms<'a> {
    /// The ports that it lists (rulebook P3-P6).
    listed: Option<&'a ToPorts>,
    /// The lowest port that its policy can grant at all (rulebook P1).
    lowest: u16,
    /// Only for SWFs that were loaded over https (rulebook X9).
    secure_only: bool,
}

impl<'a> Terms<'a> {
    /// The terms of `rule` in a policy that came from the port `source`.
    pub(crate) fn of(rule: &'a AllowAccessFrom, source: u16, profile: &DocumentProfile) -> Self {
        let listed = match rule.to_ports() {
            PortGrant::Listed(ports) => Some(ports),
            PortGrant::Bad(readable) if profile.bad_to_ports == Dead::Item => Some(readable),
            _ => None,
        };
        let lowest = if source < FIRST_HIGH_PORT { 0 } else { FIRST_HIGH_PORT };
        Self { listed, lowest, secure_only: rule.secure().unwrap_or(profile.secure_by_default) }
    }

    /// All ports that a SWF can reach which the rule names, over https or not.
    #[cfg(feature = "lint")]
    pub(crate) fn opened(
        &self,
        https: bool,
    ) -> impl Iterator<Item = std::ops::RangeInclusive<u16>> {
        let heeded = self.listed.filter(|_| https || !self.secure_only);
        let ranges = heeded
            .map_or(&[][..], ToPorts::ranges)
            .iter()
            .filter(|range| *range.end() >= self.lowest);
        ranges.map(|range| *range.start().max(&self.lowest)..=*range.end())
    }
}

/// The meta-policy of a master (rulebook M2-M5): the strictest of its elements, or `None` where it has none.
pub(crate) fn meta_policy(policy: &PolicyFile, profile: &DocumentProfile) -> Option<MetaPolicy> {
    let values = policy.site_control().iter().map(|element| match element.value() {
        None => profile.unknown_meta_policy,
        Some(value @ (MetaPolicy::None | MetaPolicy::MasterOnly | MetaPolicy::All)) => value,
        Some(_) => profile.inapplicable_meta_policy,
    });
    values.min()
}

/// A remark on the first rule that misses the requester only for the dot at the end of the requester's host
/// (rulebook D8). A dot at the end of the rule's own domain is remarked by the document.
pub(super) fn missed_by_a_dot(
    policy: &PolicyFile,
    swf: &Swf,
    profile: &DocumentProfile,
) -> Option<Diagnostic> {
    let host = swf
        .host()
        .filter(|host| host.ends_with('.') && profile.trailing_dot == TrailingDot::Significant)?;
    let misses = |domain: &&DomainPattern| {
        !domain.matches(Some(host)) && domain.matches_ignoring_trailing_dot(Some(host))
    };
    policy.allow_access_from().iter().find_map(|rule| {
        let domain = rule.domain().filter(misses)?.to_string();
        let what = format!("differs from the requester {host} by the dot at its end");
        let note = Diagnostic::new(rules::D13, &[("s", &domain), ("what", &what)]);
        Some(rule.position().map_or(note.clone(), |position| note.at(position)))
    })
}

/// Whether a rule for `domain` names a requester from this host (rulebook D).
pub(crate) fn names(domain: &DomainPattern, host: Option<&str>, profile: &DocumentProfile) -> bool {
    let dot_counts = profile.trailing_dot == TrailingDot::Significant;
    if dot_counts { domain.matches(host) } else { domain.matches_ignoring_trailing_dot(host) }
}

/// Why `rule` does not grant; `None` where it does.
fn miss(
    rule: &AllowAccessFrom,
    source: &Endpoint,
    swf: &Swf,
    port: u16,
    profile: &DocumentProfile,
) -> Option<Cause> {
    let terms = Terms::of(rule, source.port(), profile);
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
