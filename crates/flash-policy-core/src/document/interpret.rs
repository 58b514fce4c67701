//! Reads a policy from its elements.

use super::allow_access_from::Written;
use super::decode::excerpt;
use super::domain_caveat::caveat;
use super::elements::{Attribute, Element, escape};
use super::to_ports::Reading;
use super::vocabulary::{
    ALLOW, ALLOW_HEADERS, ALLOW_IDENTITY, DOMAIN, ELEMENTS, META_POLICY, ROOT, SECURE,
    SITE_CONTROL, TO_PORTS, attributes_of, meant, meant_attribute, meant_element,
};
use super::{AllowAccessFrom, DomainPattern, PolicyFile, PolicyKind, PortGrant, SiteControl};
use crate::diagnostics::{Diagnostic, rules};

/// Returns the policy that the elements make; the root comes first. Adds diagnostics to `found`.
pub(super) fn policy(
    elements: &[Element],
    kind: PolicyKind,
    found: &mut Vec<Diagnostic>,
) -> PolicyFile {
    let mut policy = PolicyFile {
        allow_access_from: Vec::new(),
        site_control: Vec::new(),
        diagnostics: Vec::new(),
        has_lost_grants: false,
    };
    for element in elements {
        read(element, kind, &mut policy, found);
    }
    policy
}

/// Reads one element into the policy. Unknown elements and attributes become diagnostics.
fn read(element: &Element, kind: PolicyKind, policy: &mut PolicyFile, found: &mut Vec<Diagnostic>) {
    let ancestors: Vec<_> = element.ancestors.iter().map(String::as_str).collect();
    match (ancestors.as_slice(), element.name.as_str()) {
        ([ROOT], ALLOW) => policy.allow_access_from.push(allow_access_from(element, kind, found)),
        ([ROOT], SITE_CONTROL) => {
            let number = policy.site_control.len() + 1;
            policy.site_control.push(site_control(element, kind, number, found));
        }
        ([ROOT], ALLOW_HEADERS) | ([], _) => {}
        ([ROOT], ALLOW_IDENTITY) | ([ROOT, ALLOW_IDENTITY, ..], _) => return,
        _ => return found.push(unknown_element(element)),
    }
    found.extend(element.attributes.iter().filter_map(|own| unknown_attribute(element, own)));
}

/// Returns the diagnostic of an element that is misspelt, in the wrong place, or unknown.
fn unknown_element(element: &Element) -> Diagnostic {
    let name = element.name.as_str();
    let parent = element.parent();
    let diagnostic = |why: &str| {
        rules::unknown_element(name, parent, why)
            .identified_by(&[name, parent])
            .at(element.position)
    };
    if ELEMENTS.contains(&name) || name == ROOT {
        if name == ROOT {
            let help = format!("keep one <{ROOT}>, and close it with </{ROOT}>");
            return diagnostic("is a second root").with_help(help);
        }
        let parent = excerpt(parent);
        let help = format!("move <{name}> out of <{parent}>, directly into <{ROOT}>");
        return diagnostic("is in the wrong place").with_help(help);
    }
    let diagnostic = diagnostic("is not part of a policy file");
    match meant_element(name) {
        Some(ALLOW) if parent == ROOT && meant_rule(element, 1).is_some() => {
            let rule = meant_rule(element, 1).unwrap_or_default();
            diagnostic.with_help(format!("did you mean {rule}?"))
        }
        Some(meant) if parent == ROOT => diagnostic.with_help(format!("did you mean <{meant}>?")),
        Some(meant) => diagnostic
            .with_help(format!("did you mean <{meant}>? It belongs directly inside <{ROOT}>")),
        None => diagnostic,
    }
}

/// Returns the diagnostic of an attribute that the element does not have.
fn unknown_attribute(element: &Element, attribute: &Attribute) -> Option<Diagnostic> {
    if attributes_of(&element.name).contains(&attribute.name.as_str()) {
        return None;
    }
    let diagnostic =
        rules::unknown_attribute(&element.name, &attribute.name).at(attribute.position);
    Some(match meant_attribute(&element.name, &attribute.name) {
        Some(meant) => diagnostic.with_help(format!("did you mean {meant}?")),
        None => diagnostic,
    })
}

/// Returns a rule as it was meant, if it has `least` attributes that are misspelt: with their right
/// names, and as `<allow-access-from>`.
pub(super) fn meant_rule(element: &Element, least: usize) -> Option<String> {
    let right_name = |own: &Attribute| meant_attribute(ALLOW, &own.name);
    let count = element.attributes.iter().filter(|own| right_name(own).is_some()).count();
    let attributes = element.attributes.iter().map(|own| {
        let name = right_name(own).unwrap_or(&own.name);
        format!(" {name}=\"{}\"", escape(&own.value))
    });
    let rule = format!("<{ALLOW}{}/>", attributes.collect::<String>());
    (count >= least && rule.chars().count() < 150).then_some(rule)
}

/// Returns the help for an attribute that is missing, if a misspelt one stands in its place.
pub(super) fn misspelt(element: &Element, wanted: &str) -> Option<String> {
    let is_meant = |own: &&Attribute| {
        meant_attribute(&element.name, &own.name) == Some(wanted)
            && !attributes_of(&element.name).contains(&own.name.as_str())
    };
    let written = element.attributes.iter().find(is_meant)?;
    match meant_rule(element, 2) {
        Some(rule) if element.name == ALLOW => Some(format!("write {rule}")),
        _ => Some(format!("write {wanted} in place of {}", excerpt(&written.name))),
    }
}

/// Returns the diagnostic with this help if there is one.
pub(super) fn helped(diagnostic: Diagnostic, help: Option<String>) -> Diagnostic {
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

fn allow_access_from(
    element: &Element,
    kind: PolicyKind,
    found: &mut Vec<Diagnostic>,
) -> AllowAccessFrom {
    let written = [DOMAIN, TO_PORTS, SECURE].into_iter().filter_map(|name| {
        let attribute = element.attribute(name)?;
        Some(Written { name, value: attribute.value.clone(), position: Some(attribute.position) })
    });
    AllowAccessFrom {
        domain: domain(element, kind, found),
        to_ports: to_ports(element.value(TO_PORTS)),
        secure: element.attribute(SECURE).and_then(|attribute| secure(attribute, found)),
        position: Some(element.position),
        written: written.collect(),
    }
}

/// Reads the domain of an element. A missing or invalid one becomes a diagnostic.
pub(super) fn domain(
    element: &Element,
    kind: PolicyKind,
    found: &mut Vec<Diagnostic>,
) -> Option<DomainPattern> {
    let Some(attribute) = element.attribute(DOMAIN) else {
        let diagnostic = rules::missing_domain().at(element.position);
        found.push(helped(diagnostic, misspelt(element, DOMAIN)));
        return None;
    };
    match attribute.value.parse::<DomainPattern>() {
        Ok(pattern) => {
            found.extend(caveat(&pattern).map(|caveat| caveat.at(attribute.position)));
            Some(pattern)
        }
        Err(invalid) => {
            let is_for_https = kind == PolicyKind::Socket
                && invalid.diagnostic().rule() == &rules::DOMAIN_WITH_SCHEME
                && attribute.value.to_ascii_lowercase().starts_with("https:")
                && element.attribute(SECURE).is_none();
            let help = is_for_https.then(|| {
                "write the bare host; add secure=\"true\" if only SWFs over https may connect"
                    .to_owned()
            });
            found.push(helped(invalid.diagnostic().clone(), help).at(attribute.position));
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
            let meant = meant(other, &["true", "false"], &[]);
            let help = meant.map(|meant| format!("did you mean \"{meant}\"?"));
            found.push(helped(rules::bad_secure_value(other).at(attribute.position), help));
            None
        }
    }
}

/// Reads the `site-control` with this number, counted from 1.
fn site_control(
    element: &Element,
    kind: PolicyKind,
    number: usize,
    found: &mut Vec<Diagnostic>,
) -> SiteControl {
    let written = element.value(META_POLICY).unwrap_or_default();
    let value = written.parse().ok();
    let value_position = element.attribute(META_POLICY).map(|attribute| attribute.position);
    if value.is_none() {
        let position = value_position.unwrap_or(element.position);
        let help = match value_position {
            Some(_) => meta_policy_help(written, kind),
            None => misspelt(element, META_POLICY)
                .or_else(|| Some(format!("add {META_POLICY} with master-only or another value"))),
        };
        found.push(helped(rules::unknown_meta_value(written).at(position), help));
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

/// Returns the help for a value that is no meta-policy.
fn meta_policy_help(written: &str, kind: PolicyKind) -> Option<String> {
    let known: &[&'static str] = match kind {
        PolicyKind::Socket => &["none", "master-only", "all"],
        PolicyKind::Url => &["none", "master-only", "by-content-type", "by-ftp-filename", "all"],
    };
    let others = [("master", "master-only"), ("any", "all"), ("every", "all")];
    if written.trim() == "*" {
        return Some("write \"all\" if every policy of the host may count".to_owned());
    }
    let meant = meant(written, known, &others).map(|meant| format!("did you mean \"{meant}\"?"));
    let all = || format!("use one of {}, in lower case", known.join(", "));
    meant.or_else(|| (kind == PolicyKind::Url).then(all))
}
