//! Explains why no rule names the requester: which rule comes nearest, and what keeps it from
//! naming the requester. Compares names, and judges nothing else.

use std::net::IpAddr;

use super::attempt::Located;
use super::explanation::{Explanation, NO_PORT_0, find};
use crate::diagnostics::{Diagnostic, Severity, rules};
use crate::document::{AllowAccessFrom, DomainPattern, bare_host, escape};
use crate::player::answer::Asked;
use crate::player::profile::{DocumentProfile, Profile, TrailingDot};
use crate::player::record::Record;
use crate::player::{Endpoint, FIRST_HIGH_PORT, MASTER_PORT};

/// The most domains that a message lists.
const LISTED_DOMAINS: usize = 4;

/// Returns the explanation of an attempt in which no rule names the requester.
pub(super) fn explain_requester(
    record: &Record,
    profile: &Profile,
    found: &[Located],
) -> Explanation {
    let candidates: Vec<_> = record.asked.iter().enumerate().flat_map(rules_of).collect();
    let host = record.swf.host();
    if let Some(host) = host {
        let faulty = candidates.iter().find(|candidate| candidate.is_meant_for(host));
        let index = faulty.and_then(|candidate| candidate.fault(found));
        if let Some(index) = index {
            return Explanation::Found(index);
        }
        let near = candidates.iter().find_map(|candidate| {
            let diagnostic = candidate.near_miss(host, &profile.document)?;
            Some(candidate.located(diagnostic))
        });
        if let Some(near) = near {
            let diagnostic = &near.diagnostic;
            return match find(found, *diagnostic.rule(), diagnostic.position()) {
                Some(index) => Explanation::Reworded(index, near),
                None => Explanation::New(near),
            };
        }
    }
    let names_somebody = candidates.iter().any(|candidate| candidate.rule.domain().is_some());
    if !names_somebody {
        if let Some(index) = grants_nothing(found) {
            return Explanation::Found(index);
        }
    }
    let asked = candidates.last().map(|candidate| candidate.asked);
    let diagnostic = match host {
        Some(host) => host_not_listed(host, record, &candidates),
        None => rules::requester_not_listed(
            &record.swf,
            "a SWF without a host is named by domain=\"*\" alone",
        )
        .with_help("serve the SWF over HTTP, or let a rule say domain=\"*\""),
    };
    Explanation::New(Located { diagnostic, asked })
}

/// Returns the index of the diagnostic of a policy that grants nothing to anybody: first of one
/// that lost its grants by a mistake, such as a misspelt element.
fn grants_nothing(found: &[Located]) -> Option<usize> {
    let is_of_empty_policy =
        |located: &Located| *located.diagnostic.rule() == rules::EMPTY_POLICY_DENY;
    let has_lost_grants = |located: &Located| {
        is_of_empty_policy(located) && located.diagnostic.severity() == Severity::Error
    };
    let lost = found.iter().position(has_lost_grants);
    lost.or_else(|| found.iter().position(is_of_empty_policy))
}

/// A rule of a policy that was read, and where it is.
struct Candidate<'a> {
    asked: usize,
    from: &'a Endpoint,
    rule: &'a AllowAccessFrom,
}

fn rules_of<'a>((asked, answer): (usize, &'a Asked)) -> impl Iterator<Item = Candidate<'a>> {
    let rules = answer.policy().into_iter().flat_map(|policy| policy.allow_access_from());
    rules.map(move |rule| Candidate { asked, from: &answer.endpoint, rule })
}

impl Candidate<'_> {
    /// Returns true if the rule's domain is faulty and would name `host` without its fault.
    fn is_meant_for(&self, host: &str) -> bool {
        if self.rule.domain().is_some() {
            return false;
        }
        let Some(written) = self.rule.written_domain() else {
            return false;
        };
        let bare = bare_host(written.trim());
        let bare = if bare == "*." { "*" } else { bare };
        let repaired = bare.parse::<DomainPattern>();
        repaired.is_ok_and(|pattern| pattern.matches(Some(host))) || matches_glob(bare, host)
    }

    /// Returns the index of the diagnostic of the rule's domain.
    fn fault(&self, found: &[Located]) -> Option<usize> {
        let position = self.rule.position_of("domain")?;
        let of_domain = [
            rules::DOMAIN_WITH_SCHEME,
            rules::DOMAIN_WITH_PORT,
            rules::DOMAIN_WITH_PATH_TRAILING_SLASH,
            rules::WILDCARD_MIDDLE,
            rules::DOMAIN_WITH_USER_INFO,
            rules::DOMAIN_NOT_A_HOST,
            rules::TEMPLATE_NOT_EXPANDED,
        ];
        of_domain.into_iter().find_map(|rule| find(found, rule, Some(position)))
    }

    /// Returns the diagnostic of a rule whose domain is another form of `host`: another name of
    /// the same machine, the name with or without `www`, a name above it, or one that differs by
    /// the dot at its end.
    fn near_miss(&self, host: &str, profile: &DocumentProfile) -> Option<Diagnostic> {
        let pattern = self.rule.domain()?;
        let listed = pattern.to_string().to_ascii_lowercase();
        let from = self.from;
        let add = |domain: &str| {
            let domain = escape(domain);
            format!("add <allow-access-from domain=\"{domain}\" …/> to the policy of {from}")
        };
        let is_local = |name: &str| name == "localhost" || name == "127.0.0.1";
        if listed.trim() != listed && listed.trim() == host {
            Some(rules::case_idn_trailing_dot(pattern, "has blanks around it").with_help(format!(
                "write domain=\"{host}\", without the blanks, in the policy of {from}"
            )))
        } else if is_local(host) && is_local(&listed) {
            Some(rules::localhost_vs_127().with_help(add(host)))
        } else if profile.trailing_dot == TrailingDot::Significant
            && pattern.matches_ignoring_trailing_dot(Some(host))
        {
            Some(match host.strip_suffix('.') {
                Some(bare) => {
                    let what = format!("differs from the requester {host} by the dot at its end");
                    let help = format!(
                        "load the SWF from {bare}, without the dot, or list {host} with it too"
                    );
                    rules::case_idn_trailing_dot(pattern, what).with_help(help)
                }
                None => {
                    let what = format!("ends with a dot, and the requester {host} does not");
                    let help = format!("take the dot at the end of {listed} out of that rule");
                    rules::case_idn_trailing_dot(pattern, what).with_help(help)
                }
            })
        } else if host.strip_prefix("www.") == Some(&listed)
            || listed.strip_prefix("www.") == Some(host)
        {
            Some(rules::www_vs_apex(host, &listed).with_help(format!(
                "list {host} too, or use a wildcard such as *.{}",
                host.strip_prefix("www.").unwrap_or(host)
            )))
        } else if host.strip_suffix(listed.as_str()).is_some_and(|rest| rest.ends_with('.')) {
            Some(
                rules::subdomain_of_requester(host, &listed)
                    .with_help(format!("list {host} too, or use *.{listed}")),
            )
        } else {
            None
        }
    }

    fn located(&self, diagnostic: Diagnostic) -> Located {
        let position = self.rule.position_of("domain").or(self.rule.position());
        let diagnostic = match position {
            Some(position) => diagnostic.at(position),
            None => diagnostic,
        };
        Located { diagnostic, asked: Some(self.asked) }
    }
}

/// Returns the diagnostic of a requester that no rule comes near, with the domains that are listed.
fn host_not_listed(host: &str, record: &Record, candidates: &[Candidate<'_>]) -> Diagnostic {
    let target = &record.target;
    let place = place_for_a_rule(record);
    let named: Vec<_> = candidates.iter().filter_map(|one| one.rule.written_domain()).collect();
    let is_ip = |host: &str| host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let help = match target.port() {
        0 => NO_PORT_0.to_owned(),
        port => format!(
            "to permit it, add <allow-access-from domain=\"{}\" to-ports=\"{port}\"/> to the \
             policy of {place}",
            escape(host)
        ),
    };
    let is_other_form = |domain: &&str| is_ip(domain) != is_ip(host);
    let diagnostic = if target.host() == host {
        rules::self_not_listed(host)
    } else {
        match named.as_slice() {
            [only] if is_other_form(only) => rules::ip_vs_name(host, only),
            _ => rules::requester_not_listed(host, nearest(host, &named)),
        }
    };
    diagnostic.with_help(help)
}

/// Returns the location whose policy would grant if it had one more rule: the last that was read
/// and whose port may grant the target's (rulebook P1).
fn place_for_a_rule(record: &Record) -> Endpoint {
    let port = record.target.port();
    let may_grant = |from: &Endpoint| from.port() < FIRST_HIGH_PORT || port >= FIRST_HIGH_PORT;
    let read = record.asked.iter().filter(|asked| asked.policy().is_some());
    let mut places = read.map(|asked| &asked.endpoint).filter(|from| may_grant(from));
    let last = places.next_back().cloned();
    last.unwrap_or_else(|| Endpoint::new(record.target.host(), MASTER_PORT))
}

/// Returns a phrase that names the domain that comes nearest to `host`, or those that are listed.
fn nearest(host: &str, named: &[&str]) -> String {
    let near = named.iter().max_by_key(|domain| shared_labels(host, domain));
    match near.filter(|domain| shared_labels(host, domain) >= 2) {
        Some(near) => format!("{near} comes nearest"),
        None if named.is_empty() => "the policy has no rule with a domain".to_owned(),
        None => {
            let shown: Vec<_> = named.iter().take(LISTED_DOMAINS).copied().collect();
            let more = if named.len() > LISTED_DOMAINS { ", …" } else { "" };
            format!("it lists {}{more}", shown.join(", "))
        }
    }
}

/// Returns how many labels two names share, from the right.
fn shared_labels(host: &str, domain: &str) -> usize {
    let labels = |name: &str| name.rsplit('.').map(str::to_ascii_lowercase).collect::<Vec<_>>();
    let (host, domain) = (labels(host), labels(bare_host(domain)));
    host.iter().zip(&domain).take_while(|(one, other)| one == other).count()
}

/// Returns true if `host` fits a pattern with one `*` anywhere, which no player supports.
fn matches_glob(pattern: &str, host: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else {
        return false;
    };
    let long_enough = host.len() >= start.len() + end.len();
    long_enough && host.starts_with(start) && host.ends_with(end) && !end.contains('*')
}
