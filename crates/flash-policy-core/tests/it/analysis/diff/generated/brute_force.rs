//! The rules of the rulebook, implemented a second time in the most direct way.

use std::net::{IpAddr, Ipv6Addr};

use super::policies::{Policy, Rule};

/// Returns whether the pattern names the requester (rulebook D1-D11). An invalid pattern names
/// nobody. The requester is in lower case.
pub(super) fn names(domain: &str, requester: Option<&str>) -> bool {
    if domain == "*" {
        return true;
    }
    let Some(host) = requester else { return false };
    let address = |text: &str| text.trim_matches(['[', ']']).parse::<Ipv6Addr>().ok();
    if domain.contains(':') {
        return address(domain).is_some() && address(domain) == address(host);
    }
    let (domain, is_address) = (domain.to_ascii_lowercase(), || host.parse::<IpAddr>().is_ok());
    match domain.strip_prefix("*.") {
        Some(suffix) => (host == suffix || host.ends_with(&format!(".{suffix}"))) && !is_address(),
        None => host == domain,
    }
}

/// Returns the ranges of a `to-ports` (rulebook P3-P6), or none if one of them is invalid.
pub(super) fn spans(to_ports: &str) -> Vec<(u32, u32)> {
    let span = |item: &str| {
        if item.trim() == "*" {
            return Some((0, 65535));
        }
        let ends: Vec<_> = item.split('-').map(|end| end.trim().to_owned()).collect();
        let good = |end: &String| end.bytes().all(|byte| byte.is_ascii_digit());
        let ports: Vec<u32> =
            ends.iter().filter(|end| good(end)).flat_map(|end| end.parse()).collect();
        let (first, last) = (*ports.first()?, *ports.last()?);
        let is_whole = ports.len() == ends.len() && ends.len() <= 2;
        (is_whole && first >= 1 && first <= last && last <= 65535).then_some((first, last))
    };
    to_ports.split(',').map(span).collect::<Option<_>>().unwrap_or_default()
}

/// Returns the meta-policy (rulebook M2-M5): 0 for `none`, 1 for the master only, 2 for all.
pub(super) fn level(policy: &Policy) -> u8 {
    let level = |control: &&str| match *control {
        "all" => 2,
        "master-only" | "by-content-type" | "by-ftp-filename" | "none-this-response" => 1,
        _ => 0,
    };
    policy.controls.iter().map(level).min().unwrap_or(2)
}

/// The grants of a policy (rulebook section 2). In each set of bits, bit *n* stands for the *n*-th
/// rule.
pub(super) struct Grants {
    /// For each requester, the rules that name it.
    by_requester: Vec<u64>,
    /// For each port, the rules that list it.
    by_port: Vec<u64>,
    /// The rules that are for https only.
    secure: u64,
}

impl Grants {
    pub(super) fn of(
        policy: &Policy,
        served_from: u16,
        requesters: &[Option<&str>],
        ports: &[u16],
    ) -> Self {
        let rules = || policy.rules.iter().filter(|_| served_from != 843 || level(policy) > 0);
        let listed: Vec<_> =
            rules().map(|rule| spans(rule.to_ports.as_deref().unwrap_or_default())).collect();
        let is_granted = |port: u16, spans: &Vec<(u32, u32)>| {
            let is_listed =
                spans.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(port)));
            is_listed && !(served_from >= 1024 && port < 1024)
        };
        let is_named =
            |rule: &Rule, requester| rule.domain.is_some_and(|domain| names(domain, requester));
        Self {
            by_requester: requesters
                .iter()
                .map(|who| bits(rules().map(|rule| is_named(rule, *who))))
                .collect(),
            by_port: ports
                .iter()
                .map(|port| bits(listed.iter().map(|spans| is_granted(*port, spans))))
                .collect(),
            secure: bits(rules().map(|rule| rule.secure == Some("true"))),
        }
    }

    /// Returns whether the policy grants this port to this requester, each by its index.
    pub(super) fn grants(&self, requester: usize, https: bool, port: usize) -> bool {
        let heeded = if https { u64::MAX } else { !self.secure };
        self.by_requester[requester] & self.by_port[port] & heeded != 0
    }
}

/// Returns the set of bits that are true, the first as the lowest.
pub(super) fn bits(of: impl Iterator<Item = bool>) -> u64 {
    of.enumerate().map(|(index, is_set)| u64::from(is_set) << index).sum()
}
