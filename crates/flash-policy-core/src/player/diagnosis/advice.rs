//! The advice at the end of a diagnosis, and the catalogue rule that it rests on.

use std::net::IpAddr;

use crate::diagnostics::{Rule, rules};
use crate::document::PolicyFile;
use crate::player::answer::{AnswerKind, Asked, Role};
use crate::player::record::Record;
use crate::player::{Cause, Endpoint, Verdict};

/// Returns the catalogue rule that explains the cause, if there is one.
pub(super) fn rule_of(record: &Record) -> Option<Rule> {
    Some(match record.cause() {
        Cause::LowPort => rules::LOW_PORT_RULE,
        Cause::SecureOnly => rules::SECURE_ATTRIBUTE,
        Cause::DomainNotListed => return similar_name_rule(record),
        Cause::PortNotListed if lacks_ports(record) => rules::MISSING_TO_PORTS,
        Cause::PortNotListed if lists_the_policy_port(record) => rules::LISTS_843_INSTEAD,
        Cause::PortNotListed => rules::PORT_NOT_LISTED,
        Cause::MetaPolicyNone => rules::META_NONE,
        Cause::MasterOnly => rules::MASTER_ONLY_BLOCKS_INBAND,
        Cause::SandboxLocalWithFile => rules::LOCAL_FILE,
        Cause::NetworkingDisabled => rules::ALLOW_NETWORKING,
        Cause::BackendRefused => rules::BACKEND_DOWN,
        Cause::BackendTimedOut => rules::BACKEND_FILTERED,
        Cause::NameNotFound => rules::DNS_MISSING,
        _ => return None,
    })
}

fn lacks_ports(record: &Record) -> bool {
    record.rule.as_ref().is_some_and(|rule| rule.to_ports().is_none())
}

fn lists_the_policy_port(record: &Record) -> bool {
    record.rule.as_ref().is_some_and(|rule| rule.to_ports() == Some("843"))
}

/// Returns the catalogue rule for a requester that the policies name in a similar but different
/// form, if they do.
fn similar_name_rule(record: &Record) -> Option<Rule> {
    let host = record.swf.host()?;
    let elements =
        record.asked.iter().filter_map(Asked::policy).flat_map(PolicyFile::allow_access_from);
    let named: Vec<_> =
        elements.filter_map(|rule| Some(rule.domain()?.to_string().to_ascii_lowercase())).collect();
    let lists = |name: &str| named.iter().any(|domain| domain == name);
    let is_below = |domain: &String| {
        host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
    };
    let is_ip = |host: &str| host.parse::<IpAddr>().is_ok();
    if (host == "localhost" && lists("127.0.0.1")) || (host == "127.0.0.1" && lists("localhost")) {
        Some(rules::LOCALHOST_VS_127)
    } else if host.strip_prefix("www.").is_some_and(lists) || lists(&format!("www.{host}")) {
        Some(rules::WWW_VS_APEX)
    } else if named.iter().any(is_below) {
        Some(rules::SUBDOMAIN_OF_REQUESTER)
    } else {
        let is_other = |domain: &String| is_ip(domain) != is_ip(host);
        (!named.is_empty() && named.iter().all(is_other)).then_some(rules::IP_VS_NAME)
    }
}

/// Returns one sentence that says what to do.
pub(super) fn advice(record: &Record) -> String {
    match record.cause().verdict() {
        Verdict::Permitted => "none: the SWF has its connection.".to_owned(),
        Verdict::Denied => to_permit(record),
        Verdict::Unreachable => to_reach_the_backend(record),
    }
}

fn to_permit(record: &Record) -> String {
    let target = &record.target;
    let (host, port) = (target.host(), target.port());
    let requester = record.swf.host().unwrap_or("*");
    let policy =
        record.rule.as_ref().map(|rule| rule.endpoint()).or_else(|| nearest_policy(record));
    let place = policy.map_or_else(|| format!("{host}:843"), ToString::to_string);
    match record.cause() {
        Cause::LowPort => {
            format!(
                "serve the policy from a port below 1024, such as 843: one from {place} cannot \
                    grant port {port}."
            )
        }
        Cause::SecureOnly => format!(
            "serve the SWF over https, or take secure=\"true\" out of that rule of {place}."
        ),
        Cause::PortNotListed if lacks_ports(record) => {
            format!("add to-ports=\"{port}\" to that rule of {place}.")
        }
        Cause::PortNotListed => {
            format!("add {port} to the to-ports of that rule in the policy of {place}.")
        }
        Cause::DomainNotListed => format!(
            "to permit it, add <allow-access-from domain=\"{requester}\" to-ports=\"{port}\"/> to \
                the policy of {place}."
        ),
        Cause::MalformedPolicy => {
            format!(
                "make {place} answer with a policy file and nothing else; the notes say what the \
                    player rejects."
            )
        }
        Cause::MetaPolicyNone => format!(
            "change the site-control of {place} to master-only or all: as it is, nothing on {host} \
                can be permitted."
        ),
        Cause::MasterOnly => format!(
            "list {requester} and port {port} in the master at {place}, or let its site-control \
                say all, so that {target} may answer."
        ),
        Cause::TimedOut => {
            "make the location that was asked last answer, or stop naming it in loadPolicyFile: \
             the player waited for it until Socket.timeout ran out."
                .to_owned()
        }
        Cause::SandboxLocalWithFile => {
            "publish the SWF for network access, or serve it over HTTP.".to_owned()
        }
        Cause::NetworkingDisabled => "embed the SWF without allowNetworking=\"none\".".to_owned(),
        Cause::InvalidPort => "connect to a port from 1 to 65535.".to_owned(),
        _ => to_get_a_policy(record, requester),
    }
}

fn to_reach_the_backend(record: &Record) -> String {
    let target = &record.target;
    match record.cause() {
        Cause::BackendRefused if !record.is_target_mapped => {
            format!("map {target} to a backend: it is permitted, and nothing is mapped there.")
        }
        Cause::BackendRefused => format!(
            "start the backend: {target} is permitted, and nothing listens there, whatever the \
                player says of a sandbox."
        ),
        Cause::BackendTimedOut => format!(
            "let {target} through the firewall: it is permitted, and its SYN is never answered, \
                whatever the player says of a sandbox."
        ),
        Cause::BackendReset => {
            format!("find out what resets connections to {target}: it is permitted.")
        }
        _ => format!("make {} resolve: {target} is permitted.", target.host()),
    }
}

/// Returns one sentence that says how to serve a policy, for a lookup that got none.
fn to_get_a_policy(record: &Record, requester: &str) -> String {
    let target = &record.target;
    let (host, port) = (target.host(), target.port());
    if record.asked.iter().all(|asked| !asked.answer.is_mapped) {
        return format!(
            "map {host}:843 to a policy server, or {target} to one that answers in-band: nothing \
                is mapped at either. Is {host} spelt as it is on the map?"
        );
    }
    let short = [AnswerKind::None, AnswerKind::Closed, AnswerKind::Reset, AnswerKind::TooLarge];
    let fell_short =
        |asked: &&Asked| asked.role() != Role::Destination && short.contains(&asked.answer.kind);
    match record.asked.iter().find(fell_short).map(Asked::endpoint) {
        Some(at) => {
            format!(
                "make {at} answer with a whole policy file and its NUL: it accepted the \
                    connection, and did not."
            )
        }
        None => format!(
            "answer policy requests at {host}:843, or at {target} itself, with a policy file that \
                lists {requester} and port {port}."
        ),
    }
}

/// Returns one sentence that says how to deny a connection that was granted.
pub(super) fn to_deny(record: &Record) -> String {
    match &record.rule {
        Some(rule) => format!(
            "to deny it, narrow the domain or the to-ports of that rule of {}.",
            rule.endpoint()
        ),
        None => "to deny it, ask as a SWF with a URL: this sandbox needs no policy.".to_owned(),
    }
}

/// Returns the last location that answered with a document, well-formed or not.
fn nearest_policy(record: &Record) -> Option<&Endpoint> {
    let answered =
        |asked: &&Asked| matches!(asked.answer.kind, AnswerKind::Policy | AnswerKind::Malformed);
    record.asked.iter().rev().find(answered).map(Asked::endpoint)
}
