//! What the elements of a policy mean. [`policy`] reads them; [`for_sockets`] and [`for_urls`] remark what is odd in a policy of that kind alone.

use super::allow_access_from::Written;
use super::elements::{Attribute, Element};
use super::outline::ROOT;
use super::to_ports::Reading;
use super::{AllowAccessFrom, DomainPattern, MetaPolicy, PolicyFile, PortGrant, SiteControl};
use crate::diagnostics::{Diagnostic, Rule, rules};

const ALLOW: &str = "allow-access-from";
const ALLOW_HEADERS: &str = "allow-http-request-headers-from";
const ALLOW_IDENTITY: &str = "allow-access-from-identity";
const SITE_CONTROL: &str = "site-control";

const DOMAIN: &str = "domain";
const TO_PORTS: &str = "to-ports";
const SECURE: &str = "secure";
const META_POLICY: &str = "permitted-cross-domain-policies";

/// The policy that the elements make, the root first; what is odd about them goes to `found`.
pub(super) fn policy(elements: &[Element], found: &mut Vec<Diagnostic>) -> PolicyFile {
    let mut policy = PolicyFile {
        allow_access_from: Vec::new(),
        site_control: Vec::new(),
        diagnostics: Vec::new(),
    };
    for element in elements {
        read(element, &mut policy, found);
    }
    policy
}

fn read(element: &Element, policy: &mut PolicyFile, found: &mut Vec<Diagnostic>) {
    let ancestors: Vec<_> = element.ancestors.iter().map(String::as_str).collect();
    let attributes: &[&str] = match (ancestors.as_slice(), element.name.as_str()) {
        ([ROOT], ALLOW) => {
            policy.allow_access_from.push(allow_access_from(element, found));
            &[DOMAIN, TO_PORTS, SECURE]
        }
        ([ROOT], SITE_CONTROL) => {
            policy.site_control.push(site_control(element, policy.site_control.len() + 1, found));
            &[META_POLICY]
        }
        ([ROOT], ALLOW_HEADERS) => &[DOMAIN, "headers", SECURE],
        ([], _) => &[],
        ([ROOT], ALLOW_IDENTITY) | ([ROOT, ALLOW_IDENTITY, ..], _) => return,
        (_, name) => {
            let parent = ancestors.last().copied().unwrap_or_default();
            found.push(remark(element, rules::L02, &[("element", name), ("parent", parent)]));
            return;
        }
    };
    for attribute in
        element.attributes.iter().filter(|attribute| !attributes.contains(&attribute.name.as_str()))
    {
        let values = [("element", element.name.as_str()), ("attribute", &attribute.name)];
        found.push(Diagnostic::new(rules::L03, &values).at(attribute.position));
    }
}

fn allow_access_from(element: &Element, found: &mut Vec<Diagnostic>) -> AllowAccessFrom {
    let written = [DOMAIN, TO_PORTS, SECURE].into_iter().filter_map(|name| {
        let attribute = element.attribute(name)?;
        Some(Written { name, value: attribute.value.clone(), position: Some(attribute.position) })
    });
    AllowAccessFrom {
        domain: domain(element, found),
        to_ports: to_ports(element.value(TO_PORTS)),
        secure: element.attribute(SECURE).and_then(|attribute| secure(attribute, found)),
        position: Some(element.position),
        written: written.collect(),
    }
}

fn domain(element: &Element, found: &mut Vec<Diagnostic>) -> Option<DomainPattern> {
    let Some(attribute) = element.attribute(DOMAIN) else {
        found.push(remark(element, rules::L08, &[]));
        return None;
    };
    match attribute.value.parse::<DomainPattern>() {
        Ok(pattern) => {
            let remark = pattern.remark().map(|what| {
                Diagnostic::new(rules::D13, &[("s", &attribute.value), ("what", what)])
            });
            found.extend(remark.map(|remark| remark.at(attribute.position)));
            Some(pattern)
        }
        Err(invalid) => {
            found.push(invalid.diagnostic().clone().at(attribute.position));
            None
        }
    }
}

fn to_ports(written: Option<&str>) -> PortGrant {
    match written.filter(|value| !value.trim_ascii().is_empty()).map(Reading::of) {
        None => PortGrant::Missing,
        Some(Reading { good, bad: None, .. }) => PortGrant::Listed(good),
        Some(Reading { good, .. }) => PortGrant::Bad(good),
    }
}

fn secure(attribute: &Attribute, found: &mut Vec<Diagnostic>) -> Option<bool> {
    match attribute.value.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        other => {
            found.push(Diagnostic::new(rules::L05, &[("s", other)]).at(attribute.position));
            None
        }
    }
}

fn site_control(element: &Element, number: usize, found: &mut Vec<Diagnostic>) -> SiteControl {
    let written = element.value(META_POLICY).unwrap_or_default();
    let value = written.parse().ok();
    let value_position = element.attribute(META_POLICY).map(|attribute| attribute.position);
    if value.is_none() {
        found.push(
            Diagnostic::new(rules::S06, &[("v", written)])
                .at(value_position.unwrap_or(element.position)),
        );
    }
    if number > 1 {
        found.push(remark(element, rules::L04, &[("n", &number.to_string())]));
    }
    SiteControl {
        value,
        written: written.to_owned(),
        position: Some(element.position),
        value_position,
    }
}

/// Everything that is odd in a socket policy alone; a URL policy has no use for ports, and one for headers.
pub(super) fn for_sockets(elements: &[Element], policy: &PolicyFile, found: &mut Vec<Diagnostic>) {
    for element in elements.iter().filter(|element| element.ancestors == [ROOT]) {
        match element.name.as_str() {
            ALLOW => ports_for_sockets(element, found),
            ALLOW_HEADERS | ALLOW_IDENTITY => {
                found.push(remark(element, rules::D26, &[("element", &element.name)]))
            }
            _ => {}
        }
    }
    let inapplicable = policy
        .site_control
        .iter()
        .filter(|control| control.value.is_some_and(|value| !value.applies_to_sockets()));
    for control in inapplicable {
        let diagnostic = Diagnostic::new(rules::S04, &[("v", &control.written)]);
        found.extend(control.value_position.map(|position| diagnostic.at(position)));
    }
    let grants = |rule: &AllowAccessFrom| {
        rule.domain.is_some() && matches!(rule.to_ports, PortGrant::Listed(_))
    };
    // A master that lets other policies count, or forbids them, need not grant itself.
    let speaks = policy
        .site_control
        .iter()
        .any(|control| matches!(control.value, Some(MetaPolicy::All | MetaPolicy::MasterOnly)));
    let speaks = speaks && policy.allow_access_from.is_empty();
    if !speaks && !policy.allow_access_from.iter().any(grants) {
        found.extend(elements.first().map(|root| remark(root, rules::D30, &[])));
    }
}

/// Everything that is odd in a policy for data over HTTP alone (rulebook P7, U9, U10).
pub(super) fn for_urls(elements: &[Element], policy: &PolicyFile, found: &mut Vec<Diagnostic>) {
    let children = || elements.iter().filter(|element| element.ancestors == [ROOT]);
    for attribute in
        children().filter(|child| child.name == ALLOW).filter_map(|child| child.attribute(TO_PORTS))
    {
        found.push(Diagnostic::new(rules::D29, &[]).at(attribute.position));
    }
    for rule in children().filter(|child| child.name == ALLOW_HEADERS) {
        let everybody = domain(rule, found).is_some_and(|domain| domain.to_string() == "*");
        match rule.attribute("headers").filter(|names| !names.value.trim_ascii().is_empty()) {
            None => found.push(remark(rule, rules::L27, &[])),
            Some(any) if everybody && any.value.split(',').any(|name| name.trim_ascii() == "*") => {
                found.push(Diagnostic::new(rules::L23, &[]).at(any.position));
            }
            Some(_) => {}
        }
        if let Some(attribute) = rule.attribute(SECURE) {
            secure(attribute, found);
        }
    }
    let header_only =
        policy.site_control.iter().filter(|one| one.value == Some(MetaPolicy::NoneThisResponse));
    for control in header_only {
        let diagnostic = Diagnostic::new(rules::S06, &[("v", &control.written)]);
        found.extend(control.value_position.map(|position| diagnostic.at(position)));
    }
    let speaks = !policy.site_control.is_empty() || children().any(|child| child.name != ALLOW);
    if !speaks && !policy.allow_access_from.iter().any(|rule| rule.domain.is_some()) {
        found.extend(elements.first().map(|root| remark(root, rules::D30, &[])));
    }
}

fn ports_for_sockets(element: &Element, found: &mut Vec<Diagnostic>) {
    let Some(attribute) = element.attribute(TO_PORTS) else {
        return found.push(remark(element, rules::D01, &[]));
    };
    let written = attribute.value.as_str();
    if written.trim_ascii().is_empty() {
        return found.push(Diagnostic::new(rules::D01, &[]).at(attribute.position));
    }
    let reading = Reading::of(written);
    let blanks = reading.blanks.then(|| Diagnostic::new(rules::L01, &[("s", written)]));
    let remarks = reading.fault(written).into_iter().chain(blanks);
    found.extend(remarks.map(|remark| remark.at(attribute.position)));
}

fn remark(element: &Element, rule: Rule, values: &[(&str, &str)]) -> Diagnostic {
    Diagnostic::new(rule, values).at(element.position)
}
