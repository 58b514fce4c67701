//! Lints of one rule: its ports, its domain, and the host that serves it.

use std::net::IpAddr;

use super::public_suffix::is_public;
use super::{Linter, at, is_every_port, over_https};
use crate::diagnostics::{Diagnostic, rules};
use crate::document::{AllowAccessFrom, PolicyKind, PortGrant, ToPorts};
use crate::player::{FIRST_HIGH_PORT, MASTER_PORT};

impl Linter {
    /// Returns the diagnostics of one rule's ports.
    pub(super) fn check_ports(&self, rule: &AllowAccessFrom) -> Vec<Diagnostic> {
        let (PolicyKind::Socket, PortGrant::Listed(ports)) = (self.kind, rule.to_ports()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if ports.ranges() == [MASTER_PORT..=MASTER_PORT] {
            let written = rule.written_to_ports().unwrap_or_default();
            found.extend(at(rule, "to-ports", rules::only_policy_port(written)));
        }
        let source = self.source_port();
        let lowest = ports.ranges().first().map_or(0, |range| *range.start()).max(1);
        if source >= FIRST_HIGH_PORT && lowest < FIRST_HIGH_PORT {
            let diagnostic = rules::low_port_rule(source, lowest);
            // The author of `*` may mean only the high ports.
            let is_suspicion = *ports == ToPorts::ANY;
            let diagnostic = if is_suspicion { diagnostic.suspected() } else { diagnostic };
            found.extend(at(rule, "to-ports", diagnostic));
        }
        found
    }

    /// Returns the diagnostics of one rule's domain.
    pub(super) fn check_domain(&self, rule: &AllowAccessFrom) -> Vec<Diagnostic> {
        let Some(domain) = rule.domain().map(ToString::to_string) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if let Some(suffix) = domain.strip_prefix("*.").filter(|suffix| is_public(suffix)) {
            found.extend(at(rule, "domain", rules::public_suffix_wildcard(suffix)));
        }
        match (self.kind, rule.to_ports()) {
            (PolicyKind::Url, _) => found.extend(check_url_grant(rule, &domain)),
            (PolicyKind::Socket, PortGrant::Listed(ports)) => {
                found.extend(check_socket_grant(rule, &domain, ports));
            }
            _ => {}
        }
        found
    }

    /// Returns a diagnostic if a socket policy names nothing on the site of the host that serves
    /// it. It is only a suspicion, because the SWF may come from another site.
    pub(super) fn missing_own_host(&self, rules: &[AllowAccessFrom]) -> Option<Diagnostic> {
        if self.kind != PolicyKind::Socket {
            return None;
        }
        let own = self.served_from.as_ref()?.host();
        let granting = rules.iter().filter(|rule| matches!(rule.to_ports(), PortGrant::Listed(_)));
        let named: Vec<_> = granting.filter_map(|rule| Some((rule, rule.domain()?))).collect();
        let (first, _) = named.first()?;
        let is_on_own_site =
            |domain: &str| domain == "*" || site(domain.trim_start_matches("*.")) == site(own);
        let names_own_site = named
            .iter()
            .any(|(_, domain)| domain.matches(Some(own)) || is_on_own_site(&domain.to_string()));
        if names_own_site {
            return None;
        }
        at(first, "domain", rules::self_not_listed(own).suspected())
    }
}

fn check_url_grant(rule: &AllowAccessFrom, domain: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if domain == "*" {
        let what = format!("read what this host serves{}", over_https(rule));
        found.extend(at(rule, "domain", rules::any_site(what)));
    }
    if rule.secure() == Some(false) {
        found.extend(at(rule, "secure", rules::insecure_grant()));
    }
    found
}

fn check_socket_grant(rule: &AllowAccessFrom, domain: &str, ports: &ToPorts) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if domain == "*" {
        let what = format!("connect to {ports}{}", over_https(rule));
        let diagnostic = if is_every_port(ports) {
            rules::over_broad_star().identified_by(&[&what])
        } else {
            rules::any_site(what)
        };
        found.extend(at(rule, "domain", diagnostic));
    }
    if rule.secure() == Some(true) {
        let host = if domain == "*" { "anyone.example" } else { domain.trim_start_matches("*.") };
        let url = format!("http://{host}/");
        found.extend(at(rule, "secure", rules::secure_attribute(url).suspected()));
    }
    found
}

/// Returns the site of a host: its registered name, or the host itself if it has none.
fn site(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(_) => host.to_owned(),
        Err(_) => psl::domain_str(host).unwrap_or(host).to_ascii_lowercase(),
    }
}
