//! Finds out whether any SWF would get in where one was denied. No I/O.
//!
//! No policy lists the SWFs that it admits. But each rule names a domain, and a rule that admits
//! anybody admits a SWF from that domain. So one SWF for each rule is enough.

use flash_policy_core::document::{DomainPattern, PolicyFile};
use flash_policy_core::player::{Cause, Outcome, Swf};

/// The most SWFs that are tried. With more rules than that for one port, somebody is taken to get
/// in.
const MAX_SWFS: usize = 200;

/// Returns the cause of everybody's denial, the one that is nearest to a grant; `None` if somebody
/// would get in, or if the denial is about the SWF alone.
///
/// The policies are those that the player may meet. `connect` makes the same attempt as another
/// SWF, in a session of its own.
pub(super) fn cause_for_everybody(
    denied: &Outcome<()>,
    policies: &[PolicyFile],
    mut connect: impl FnMut(Swf) -> Outcome<()>,
) -> Option<Cause> {
    match denied.cause() {
        cause @ Cause::InvalidPort => return Some(cause),
        Cause::SandboxLocalWithFile | Cause::NetworkingDisabled => return None,
        _ => {}
    }
    let mut domains: Vec<_> = policies
        .iter()
        .flat_map(PolicyFile::allow_access_from)
        .filter_map(|rule| rule.domain().map(DomainPattern::to_string))
        .collect();
    domains.sort();
    domains.dedup();
    if domains.len() > MAX_SWFS {
        return None;
    }
    let mut nearest = denied.cause();
    for swf in domains.iter().filter_map(|domain| swf_from(domain)) {
        let outcome = connect(swf);
        if outcome.granted_by().is_some() {
            return None;
        }
        if distance(outcome.cause()) < distance(nearest) {
            nearest = outcome.cause();
        }
    }
    Some(nearest)
}

/// Returns a SWF that a rule with this domain names. It is loaded over HTTPS, which satisfies every
/// rule that HTTP satisfies.
fn swf_from(domain: &str) -> Option<Swf> {
    let host = match domain.strip_prefix("*.") {
        Some(suffix) => format!("www.{suffix}"),
        None if domain == "*" => "anyone.example".to_owned(),
        None if domain.contains(':') && !domain.starts_with('[') => format!("[{domain}]"),
        None => domain.to_owned(),
    };
    format!("https://{host}/game.swf").parse().ok()
}

/// Orders the causes of denials by their distance from a grant.
fn distance(cause: Cause) -> usize {
    const NEAREST_FIRST: [Cause; 9] = [
        Cause::MetaPolicyNone,
        Cause::LowPort,
        Cause::PortNotListed,
        Cause::MasterOnly,
        Cause::SecureOnly,
        Cause::DomainNotListed,
        Cause::MalformedPolicy,
        Cause::TimedOut,
        Cause::NoPolicy,
    ];
    NEAREST_FIRST.iter().position(|one| *one == cause).unwrap_or(NEAREST_FIRST.len())
}
