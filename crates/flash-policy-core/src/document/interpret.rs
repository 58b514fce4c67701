//! Reads a policy from its elements.

use super::allow_access_from::Written;
use super::elements::{Attribute, Element};
use super::outline::ROOT;
use super::to_ports::Reading;
use super::{AllowAccessFrom, DomainPattern, PolicyFile, PortGrant, SiteControl};
use crate::diagnostics::{Diagnostic, rules};

pub(super) const ALLOW: &str = "allow-access-from";
pub(super) const ALLOW_HEADERS: &str = "allow-http-request-headers-from";
pub(super) const ALLOW_IDENTITY: &str = "allow-access-from-identity";
const SITE_CONTROL: &str = "site-control";

const DOMAIN: &str = "domain";
pub(super) const TO_PORTS: &str = "to-ports";
pub(super) const SECURE: &str = "secure";
const META_POLICY: &str = "permitted-cross-domain-policies";

/// Returns the policy that the elements make; the root comes first. Adds diagnostics to `found`.
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

/// Reads one element into the policy. Unknown elements and attributes become diagnostics.
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
            found.push(rules::unknown_element(name, parent).at(element.position));
            return;
        }
    };
    let is_known = |attribute: &&Attribute| attributes.contains(&attribute.name.as_str());
    for attribute in element.attributes.iter().filter(|attribute| !is_known(attribute)) {
        let unknown = rules::unknown_attribute(&element.name, &attribute.name);
        found.push(unknown.at(attribute.position));
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

/// Reads the domain of an element. A missing or invalid one becomes a diagnostic.
pub(super) fn domain(element: &Element, found: &mut Vec<Diagnostic>) -> Option<DomainPattern> {
    let Some(attribute) = element.attribute(DOMAIN) else {
        found.push(rules::missing_domain().at(element.position));
        return None;
    };
    match attribute.value.parse::<DomainPattern>() {
        Ok(pattern) => {
            if let Some(caveat) = pattern.caveat() {
                let diagnostic = rules::case_idn_trailing_dot(&attribute.value, caveat);
                found.push(diagnostic.at(attribute.position));
            }
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

/// Reads a `secure` attribute. A bad value becomes a diagnostic, and counts as absent.
pub(super) fn secure(attribute: &Attribute, found: &mut Vec<Diagnostic>) -> Option<bool> {
    match attribute.value.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        other => {
            found.push(rules::bad_secure_value(other).at(attribute.position));
            None
        }
    }
}

/// Reads the `site-control` with this number, counted from 1.
fn site_control(element: &Element, number: usize, found: &mut Vec<Diagnostic>) -> SiteControl {
    let written = element.value(META_POLICY).unwrap_or_default();
    let value = written.parse().ok();
    let value_position = element.attribute(META_POLICY).map(|attribute| attribute.position);
    if value.is_none() {
        let position = value_position.unwrap_or(element.position);
        found.push(rules::unknown_meta_value(written).at(position));
    }
    if number > 1 {
        found.push(rules::several_site_controls(number).at(element.position));
    }
    SiteControl {
        value,
        written: written.to_owned(),
        position: Some(element.position),
        value_position,
    }
}
