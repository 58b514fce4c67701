//! Diagnoses one host over its two address families.

use std::net::IpAddr;

use crate::diagnostics::{Diagnostic, rules};
use crate::player::{Outcome, Verdict};

/// Returns the diagnostic of a host that permits over IPv4 but not over IPv6, which a player gets
/// first. Each attempt has the address that it used for the host.
pub fn diagnose_families<S>(
    first: (IpAddr, &Outcome<S>),
    second: (IpAddr, &Outcome<S>),
) -> Option<Diagnostic> {
    let (v6, denied) = first;
    let (v4, permitted) = second;
    let is_apart = denied.verdict() != Verdict::Permitted
        && permitted.verdict() == Verdict::Permitted
        && v6.is_ipv6();
    is_apart.then(|| rules::ipv6_vs_ipv4(denied.target().host(), v6, v4))
}
