//! Lints of rules beside other rules: redundant ones, and names that people confuse.

use std::collections::HashSet;

use super::public_suffix::is_registered_name;
use super::{at, is_every_port, over_https};
use crate::analysis::grant::Grant;
use crate::diagnostics::{Diagnostic, rules};
use crate::document::{AllowAccessFrom, PolicyKind};
use crate::printable::counted;

/// Returns the diagnostics of rules that repeat others, or that others make redundant. Rules that
/// `*` makes redundant are reported at the `*`.
pub(super) fn redundant_rules(rules: &[AllowAccessFrom], kind: PolicyKind) -> Vec<Diagnostic> {
    let grants = grants(rules, kind);
    let mut found = Vec::new();
    for (index, rule) in grants.iter().enumerate() {
        // The later one of two equal rules is redundant.
        let makes_redundant = |(other, cover): &(usize, &Grant<'_>)| {
            *other != index
                && (!cover.is_star() || rule.is_star())
                && cover.covers(rule)
                && (*other < index || !rule.covers(cover))
        };
        match grants.iter().enumerate().find(makes_redundant) {
            None => found.extend(apex_beside_wildcard(rule, &grants)),
            Some((_, cover)) if cover.is_wildcard_over_apex(rule) => {
                found.extend(at(rule.rule, "domain", rules::wildcard_apex(rule.domain())));
            }
            Some((_, cover)) => found.extend(redundant(rule, cover)),
        }
    }
    found
}

/// Returns a diagnostic for `*` beside rules that name domains. A reader of those rules may think
/// that they restrict something.
pub(super) fn star_beside_others(
    rules: &[AllowAccessFrom],
    kind: PolicyKind,
) -> Option<Diagnostic> {
    let grants = grants(rules, kind);
    let star = grants.iter().find(|rule| rule.is_star())?;
    let named = grants.iter().filter(|rule| !rule.is_star()).count();
    if named == 0 {
        return None;
    }
    let ports = match star.ports() {
        Some(ports) if !is_every_port(ports) => ports.to_string(),
        _ => "everything".to_owned(),
    };
    let what = ports + over_https(star.rule);
    at(star.rule, "domain", rules::star_beside_others(counted(named, "rule"), what))
}

/// Returns the diagnostics of names that people confuse but the player does not: a site with and
/// without `www`, and the two names of the local machine.
pub(super) fn confusable_names(rules: &[AllowAccessFrom], kind: PolicyKind) -> Vec<Diagnostic> {
    let granting = rules.iter().filter(|rule| Grant::new(rule, kind).is_some());
    let named: Vec<_> = granting
        .filter_map(|rule| Some((rule, rule.domain()?.to_string().to_ascii_lowercase())))
        .collect();
    let exact: HashSet<_> = named.iter().map(|(_, domain)| domain.as_str()).collect();
    let is_covered = |host: &str| {
        let mut wildcards = named.iter().filter(|(_, domain)| domain.starts_with('*'));
        exact.contains(host)
            || wildcards.any(|(rule, _)| rule.domain().is_some_and(|d| d.matches(Some(host))))
    };
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (rule, domain) in named.iter().filter(|(_, domain)| seen.insert(domain)) {
        let diagnostic = match twin(domain) {
            Some(twin) if is_covered(&twin) => None,
            Some(twin) if is_local(&twin) => at(rule, "domain", rules::localhost_vs_127()),
            Some(twin) => at(rule, "domain", rules::www_vs_apex(twin, domain).suspected()),
            None => None,
        };
        found.extend(diagnostic);
    }
    found
}

/// Returns a diagnostic for a rule that `cover` makes redundant.
fn redundant(rule: &Grant<'_>, cover: &Grant<'_>) -> Option<Diagnostic> {
    let line = cover.rule.position().map_or(0, |position| position.line);
    let diagnostic =
        if rule.covers(cover) { rules::duplicate_rule(line) } else { rules::shadowed_rule(line) };
    Some(diagnostic.at(rule.rule.position()?))
}

/// Returns a diagnostic for a rule for `x` beside one for `*.x` that opens more ports to `x`.
fn apex_beside_wildcard(rule: &Grant<'_>, grants: &[Grant<'_>]) -> Option<Diagnostic> {
    grants.iter().find(|other| other.is_wildcard_over_apex(rule) && !rule.opens_all_of(other))?;
    at(rule.rule, "domain", rules::wildcard_apex(rule.domain()))
}

fn grants(rules: &[AllowAccessFrom], kind: PolicyKind) -> Vec<Grant<'_>> {
    rules.iter().filter_map(|rule| Grant::new(rule, kind)).collect()
}

/// Returns the name that people confuse with this one, if there is one.
fn twin(domain: &str) -> Option<String> {
    match domain {
        "localhost" => Some("127.0.0.1".to_owned()),
        "127.0.0.1" => Some("localhost".to_owned()),
        _ => {
            let apex = domain.strip_prefix("www.").unwrap_or(domain);
            // An underscore is more often a slip of the pen than a name that is registered.
            if !is_registered_name(apex) || apex.contains('_') {
                None
            } else if apex == domain {
                Some(format!("www.{domain}"))
            } else {
                Some(apex.to_owned())
            }
        }
    }
}

fn is_local(host: &str) -> bool {
    ["localhost", "127.0.0.1"].contains(&host)
}
