//! Finds what is wrong in one kind of policy only: in a socket policy, or in a policy for data over
//! HTTP.

use super::elements::Element;
use super::interpret::{ALLOW, ALLOW_HEADERS, ALLOW_IDENTITY, SECURE, TO_PORTS, domain, secure};
use super::outline::ROOT;
use super::to_ports::Reading;
use super::{AllowAccessFrom, MetaPolicy, PolicyFile, PortGrant, SiteControl};
use crate::diagnostics::{Diagnostic, rules};

/// Adds the diagnostics that only a socket policy has. It needs ports, and has no use for headers.
pub(super) fn for_sockets(elements: &[Element], policy: &PolicyFile, found: &mut Vec<Diagnostic>) {
    for child in children(elements) {
        match child.name.as_str() {
            ALLOW => check_ports(child, found),
            ALLOW_HEADERS | ALLOW_IDENTITY => {
                found.push(rules::http_headers_element(&child.name).at(child.position));
            }
            _ => {}
        }
    }
    let applies = |control: &SiteControl| control.value.is_none_or(MetaPolicy::applies_to_sockets);
    for control in policy.site_control.iter().filter(|control| !applies(control)) {
        found.extend(at_value(control, rules::by_content_type_on_socket(&control.written)));
    }
    let grants = |rule: &AllowAccessFrom| {
        rule.domain.is_some() && matches!(rule.to_ports, PortGrant::Listed(_))
    };
    // A master that only allows or forbids other policies need not grant anything itself.
    let is_about_others = policy.allow_access_from.is_empty()
        && policy
            .site_control
            .iter()
            .any(|control| matches!(control.value, Some(MetaPolicy::All | MetaPolicy::MasterOnly)));
    if !is_about_others && !policy.allow_access_from.iter().any(grants) {
        found.extend(elements.first().map(|root| rules::empty_policy_deny().at(root.position)));
    }
}

/// Adds the diagnostics that only a policy for data over HTTP has (rulebook P7, U9, U10).
pub(super) fn for_urls(elements: &[Element], policy: &PolicyFile, found: &mut Vec<Diagnostic>) {
    for rule in children(elements).filter(|child| child.name == ALLOW) {
        let ports = rule.attribute(TO_PORTS);
        found.extend(ports.map(|ports| rules::http_policy_for_sockets().at(ports.position)));
    }
    for rule in children(elements).filter(|child| child.name == ALLOW_HEADERS) {
        check_headers(rule, found);
    }
    let is_header_only =
        |control: &&SiteControl| control.value == Some(MetaPolicy::NoneThisResponse);
    for control in policy.site_control.iter().filter(is_header_only) {
        found.extend(at_value(control, rules::unknown_meta_value(&control.written)));
    }
    let has_other_elements =
        !policy.site_control.is_empty() || children(elements).any(|child| child.name != ALLOW);
    if !has_other_elements && !policy.allow_access_from.iter().any(|rule| rule.domain.is_some()) {
        found.extend(elements.first().map(|root| rules::empty_policy_deny().at(root.position)));
    }
}

fn check_ports(element: &Element, found: &mut Vec<Diagnostic>) {
    let Some(attribute) = element.attribute(TO_PORTS) else {
        return found.push(rules::missing_to_ports().at(element.position));
    };
    let written = attribute.value.as_str();
    if written.trim_ascii().is_empty() {
        return found.push(rules::missing_to_ports().at(attribute.position));
    }
    let reading = Reading::of(written);
    let blanks = reading.blanks.then(|| rules::blanks_in_to_ports(written));
    let diagnostics = reading.fault(written).into_iter().chain(blanks);
    found.extend(diagnostics.map(|diagnostic| diagnostic.at(attribute.position)));
}

fn check_headers(rule: &Element, found: &mut Vec<Diagnostic>) {
    let names_everybody = domain(rule, found).is_some_and(|domain| domain.to_string() == "*");
    match rule.attribute("headers").filter(|names| !names.value.trim_ascii().is_empty()) {
        None => found.push(rules::missing_headers().at(rule.position)),
        Some(headers) => {
            let has_star = headers.value.split(',').any(|name| name.trim_ascii() == "*");
            if names_everybody && has_star {
                found.push(rules::any_headers().at(headers.position));
            }
        }
    }
    if let Some(attribute) = rule.attribute(SECURE) {
        secure(attribute, found);
    }
}

/// Returns the diagnostic at the value of the meta-policy, if it has one that was parsed.
fn at_value(control: &SiteControl, diagnostic: Diagnostic) -> Option<Diagnostic> {
    Some(diagnostic.at(control.value_position?))
}

/// Returns the elements directly inside the root.
fn children(elements: &[Element]) -> impl Iterator<Item = &Element> {
    elements.iter().filter(|element| element.ancestors == [ROOT])
}
