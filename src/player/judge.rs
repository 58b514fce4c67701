//! Whether one policy file grants (rulebook P, D, X9, and `grants` of section 2).

use super::profile::{Dead, DocumentProfile, TrailingDot};
use super::{Cause, Endpoint, Swf};
use crate::policy::{AllowAccessFrom, MetaPolicy, PolicyFile, PortGrant, ToPorts};
use crate::rules::{self, Diagnostic};

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
        match miss(rule, source, swf, port, profile) {
            None => return Judgement::Grant(rule),
            Some(cause) if nearest.is_none_or(|(so_far, _)| cause.distance() < so_far.distance()) => {
                nearest = Some((cause, rule));
            }
            Some(_) => {}
        }
    }
    match nearest {
        Some((cause, rule)) => Judgement::Miss(cause, Some(rule)),
        None => Judgement::Miss(Cause::DomainNotListed, None),
    }
}

/// The meta-policy of a master (rulebook M2-M5): the strictest of its elements, or `None` where it has none.
pub(super) fn meta_policy(policy: &PolicyFile, profile: &DocumentProfile) -> Option<MetaPolicy> {
    let values = policy.site_control().iter().map(|element| match element.value() {
        None => profile.unknown_meta_policy,
        Some(value @ (MetaPolicy::None | MetaPolicy::MasterOnly | MetaPolicy::All)) => value,
        Some(_) => profile.inapplicable_meta_policy,
    });
    values.min()
}

/// A remark on the first rule that misses the requester only for the dot at the end of the requester's host
/// (rulebook D8). A dot at the end of the rule's own domain is remarked by the document.
pub(super) fn missed_by_a_dot(policy: &PolicyFile, swf: &Swf, profile: &DocumentProfile) -> Option<Diagnostic> {
    let host = swf.host().filter(|host| host.ends_with('.') && profile.trailing_dot == TrailingDot::Significant)?;
    let near = policy.allow_access_from().iter().find_map(|rule| {
        let domain = rule.domain()?;
        let misses = !domain.matches(Some(host)) && domain.matches_ignoring_trailing_dot(Some(host));
        misses.then(|| (domain.to_string(), rule.position()))
    });
    near.map(|(domain, position)| {
        let what = format!("differs from the requester {host} by the dot at its end");
        let note = Diagnostic::new(rules::D13, &[("s", &domain), ("what", &what)]);
        position.map_or(note.clone(), |position| note.at(position))
    })
}

/// Why `rule` does not grant; `None` where it does.
fn miss(rule: &AllowAccessFrom, source: &Endpoint, swf: &Swf, port: u16, profile: &DocumentProfile) -> Option<Cause> {
    let named = rule.domain().is_some_and(|domain| match profile.trailing_dot {
        TrailingDot::Significant => domain.matches(swf.host()),
        TrailingDot::Ignored => domain.matches_ignoring_trailing_dot(swf.host()),
    });
    let listed = granted_ports(rule.to_ports(), profile).is_some_and(|ports| ports.contains(port));
    if !named {
        Some(Cause::DomainNotListed)
    } else if !listed {
        Some(Cause::PortNotListed)
    } else if source.port() >= FIRST_HIGH_PORT && port < FIRST_HIGH_PORT {
        Some(Cause::LowPort)
    } else if rule.secure().unwrap_or(profile.secure_by_default) && !swf.is_secure() {
        Some(Cause::SecureOnly)
    } else {
        None
    }
}

fn granted_ports<'a>(grant: &'a PortGrant, profile: &DocumentProfile) -> Option<&'a ToPorts> {
    match grant {
        PortGrant::Listed(ports) => Some(ports),
        PortGrant::Bad(readable) if profile.bad_to_ports == Dead::Item => Some(readable),
        _ => None,
    }
}
