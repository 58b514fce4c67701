//! Finds what is wrong in one kind of policy only: in a socket policy, or in a policy for data over
//! HTTP.

use super::elements::Element;
use super::interpret::{domain, helped, misspelt, secure};
use super::port_help::tight;
use super::to_ports::Reading;
use super::vocabulary::{ALLOW, ALLOW_HEADERS, ALLOW_IDENTITY, HEADERS, ROOT, SECURE, TO_PORTS};
use super::{MetaPolicy, PolicyFile, PolicyKind, SiteControl};
use crate::diagnostics::{Diagnostic, rules};

/// Adds the diagnostics that only policies of this kind have.
pub(super) fn check(
    kind: PolicyKind,
    elements: &[Element],
    policy: &PolicyFile,
    found: &mut Vec<Diagnostic>,
) {
    match kind {
        PolicyKind::Socket => for_sockets(elements, policy, found),
        PolicyKind::Url => for_urls(elements, policy, found),
    }
}

/// Adds the diagnostics that only a socket policy has. It needs ports, and has no use for headers.
fn for_sockets(elements: &[Element], policy: &PolicyFile, found: &mut Vec<Diagnostic>) {
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
}

/// Adds the diagnostics that only a policy for data over HTTP has (rulebook P7, U9, U10).
fn for_urls(elements: &[Element], policy: &PolicyFile, found: &mut Vec<Diagnostic>) {
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
}

fn check_ports(element: &Element, found: &mut Vec<Diagnostic>) {
    let Some(attribute) = element.attribute(TO_PORTS) else {
        let diagnostic = rules::missing_to_ports().at(element.position);
        return found.push(helped(diagnostic, misspelt(element, TO_PORTS)));
    };
    let written = attribute.value.as_str();
    if written.trim_ascii().is_empty() {
        return found.push(rules::missing_to_ports().at(attribute.position));
    }
    let reading = Reading::of(written);
    // Blanks in a bad list are told with what is bad.
    let blanks = (reading.blanks && reading.bad.is_none()).then(|| {
        let help = tight(written).map(|tight| format!("write to-ports=\"{tight}\""));
        helped(rules::blanks_in_to_ports(written), help)
    });
    let diagnostics = reading.fault(written).into_iter().chain(blanks);
    found.extend(diagnostics.map(|diagnostic| diagnostic.at(attribute.position)));
}

fn check_headers(rule: &Element, found: &mut Vec<Diagnostic>) {
    let names_everybody =
        domain(rule, PolicyKind::Url, found).is_some_and(|domain| domain.to_string() == "*");
    match rule.attribute(HEADERS).filter(|names| !names.value.trim_ascii().is_empty()) {
        None => {
            let diagnostic = rules::missing_headers().at(rule.position);
            found.push(helped(diagnostic, misspelt(rule, HEADERS)));
        }
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
