//! The diagnosis: which policies were asked, what each answered, what decided, what the player will claim, and
//! what to do about it.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::time::Duration;

use super::answer::{AnswerKind, Asked, Role};
use super::record::{Connection, Purpose, Record};
use super::{Cause, Endpoint, PlayerEvent, Sandbox, Swf, Verdict};
use crate::diagnostics::{Rule, rules};
use crate::document::PolicyFile;
use crate::wire::escape;

/// How many bytes of an answer are shown before it is cut.
const SHOWN_BYTES: usize = 480;

/// Writes everything below the headline. The advice is how to get the `wanted` verdict, where the test says which.
pub(super) fn write(
    f: &mut Formatter<'_>,
    record: &Record,
    wanted: Option<Verdict>,
) -> fmt::Result {
    row(f, "swf", &requester(&record.swf))?;
    row(f, "connect", &record.target)?;
    write_decision(f, record)?;
    write_asked(f, record)?;
    for (event, at) in record.events.iter().zip(&record.reported_at) {
        let text = event_text(record, *event);
        let when = at.map_or_else(|| "never".to_owned(), |at| format!("at {}", seconds(at)));
        row(f, "player", &format_args!("{when}: {event} {text}"))?;
    }
    for diagnostic in record.diagnostics() {
        row(f, "note", diagnostic)?;
    }
    let granted = record.cause().verdict() != Verdict::Denied;
    match wanted {
        Some(Verdict::Denied) if granted => row(f, "advice", &to_deny(record)),
        Some(Verdict::Unreachable) if record.cause() == Cause::Connected => row(
            f,
            "advice",
            &format_args!(
                "take the backend at {} down, or firewall it: it accepts.",
                record.target
            ),
        ),
        _ => {
            let id = rule_of(record).map(|rule| format!(" ({})", rule.id()));
            row(f, "advice", &format_args!("{}{}", advice(record), id.unwrap_or_default()))
        }
    }
}

/// What the debug player says (rulebook E2, E3, E7).
pub(super) fn event_text(record: &Record, event: PlayerEvent) -> String {
    let Record { swf, target, .. } = record;
    match event {
        PlayerEvent::Connect | PlayerEvent::Complete => String::new(),
        PlayerEvent::SecurityError(2048) => {
            format!(
                "Error #2048: Security sandbox violation: {swf} cannot load data from {target}."
            )
        }
        PlayerEvent::IoError(2031) => "Error #2031: Socket Error.".to_owned(),
        PlayerEvent::Throw(2003) => "Error #2003: Invalid socket port number specified.".to_owned(),
        PlayerEvent::Throw(2010) => {
            "Error #2010: Local-with-filesystem SWF files are not permitted to use sockets."
                .to_owned()
        }
        PlayerEvent::SecurityError(number)
        | PlayerEvent::IoError(number)
        | PlayerEvent::Throw(number) => {
            format!("Error #{number}")
        }
    }
}

fn row(f: &mut Formatter<'_>, name: &str, text: &dyn Display) -> fmt::Result {
    writeln!(f, "  {name:<8} {}", text.to_string().trim_end())
}

fn write_decision(f: &mut Formatter<'_>, record: &Record) -> fmt::Result {
    let at = seconds(record.decided_at);
    match (&record.rule, &record.granted_by) {
        (Some(rule), Some(_)) => row(f, "granted", &format_args!("by {rule}"))?,
        (None, Some(_)) => row(f, "granted", &"by the sandbox: no policy is needed")?,
        (Some(rule), None) => return row(f, "decided", &format_args!("at {at}, by {rule}")),
        (None, None) => {
            return row(f, "decided", &format_args!("at {at}, by no rule of any policy"));
        }
    }
    row(f, "decided", &format_args!("at {at}"))
}

fn write_asked(f: &mut Formatter<'_>, record: &Record) -> fmt::Result {
    if record.asked.is_empty() {
        return row(f, "asked", &"no policy server");
    }
    let policy = |connection: &&Connection| connection.purpose() == Purpose::Policy;
    let mut connections = record.connections.iter().filter(policy).peekable();
    for asked in &record.asked {
        row(f, "asked", &format_args!("{} ({}): {}", asked.endpoint(), asked.role(), told(asked)))?;
        if let Some(connection) =
            connections.next_if(|connection| connection.endpoint() == asked.endpoint())
        {
            write_bytes(f, connection)?;
        }
    }
    Ok(())
}

fn write_bytes(f: &mut Formatter<'_>, connection: &Connection) -> fmt::Result {
    let received = connection.received();
    let shown = &received[..received.len().min(SHOWN_BYTES)];
    let more = if shown.len() < received.len() { "… " } else { "" };
    row(f, "", &format_args!("  > {}", escape(connection.sent())))?;
    for line in shown.split_inclusive(|&byte| byte == b'\n') {
        row(f, "", &format_args!("  < {}", escape(line)))?;
    }
    row(f, "", &format_args!("  {more}{} bytes, {}", received.len(), connection.ended()))
}

/// The rule of the catalogue that speaks of the cause.
fn rule_of(record: &Record) -> Option<Rule> {
    Some(match record.cause() {
        Cause::LowPort => rules::S01,
        Cause::SecureOnly => rules::D15,
        Cause::DomainNotListed => return nearly_named(record),
        Cause::PortNotListed if lacks_ports(record) => rules::D01,
        Cause::PortNotListed if lists_the_policy_port(record) => rules::D03,
        Cause::PortNotListed => rules::D02,
        Cause::MetaPolicyNone => rules::S03,
        Cause::MasterOnly => rules::S02,
        Cause::SandboxLocalWithFile => rules::R02,
        Cause::NetworkingDisabled => rules::R06,
        Cause::BackendRefused => rules::B01,
        Cause::BackendTimedOut => rules::B02,
        Cause::NameNotFound => rules::T34,
        _ => return None,
    })
}

fn lacks_ports(record: &Record) -> bool {
    record.rule.as_ref().is_some_and(|rule| !rule.element().contains(" to-ports="))
}

fn lists_the_policy_port(record: &Record) -> bool {
    record.rule.as_ref().is_some_and(|rule| rule.element().contains(" to-ports=\"843\""))
}

/// The rule of the catalogue for a requester whom the policies name by another name, if they do.
fn nearly_named(record: &Record) -> Option<Rule> {
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
        Some(rules::D12)
    } else if host.strip_prefix("www.").is_some_and(lists) || lists(&format!("www.{host}")) {
        Some(rules::D10)
    } else if named.iter().any(is_below) {
        Some(rules::R10)
    } else {
        let is_other = |domain: &String| is_ip(domain) != is_ip(host);
        (!named.is_empty() && named.iter().all(is_other)).then_some(rules::D11)
    }
}

/// One sentence that says what to do.
fn advice(record: &Record) -> String {
    let target = &record.target;
    let (host, port) = (target.host(), target.port());
    let requester = record.swf.host().unwrap_or("*");
    let policy =
        record.rule.as_ref().map(|rule| rule.endpoint()).or_else(|| nearest_policy(record));
    let place = policy.map_or_else(|| format!("{host}:843"), ToString::to_string);
    match record.cause() {
        Cause::Connected => "none: the SWF has its connection.".to_owned(),
        Cause::LowPort => {
            format!(
                "serve the policy from a port below 1024, such as 843: one from {place} cannot grant port {port}."
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
            "to permit it, add <allow-access-from domain=\"{requester}\" to-ports=\"{port}\"/> to the policy of {place}."
        ),
        Cause::MalformedPolicy => {
            format!(
                "make {place} answer with a policy file and nothing else; the notes say what the player rejects."
            )
        }
        Cause::NoPolicy => to_get_a_policy(record, requester),
        Cause::MetaPolicyNone => format!(
            "change the site-control of {place} to master-only or all: as it is, nothing on {host} can be permitted."
        ),
        Cause::MasterOnly => format!(
            "list {requester} and port {port} in the master at {place}, or let its site-control say all, so that {target} may answer."
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
        Cause::BackendRefused if !record.is_target_mapped => {
            format!("map {target} to a backend: it is permitted, and nothing is mapped there.")
        }
        Cause::BackendRefused => format!(
            "start the backend: {target} is permitted, and nothing listens there, whatever the player says of a sandbox."
        ),
        Cause::BackendTimedOut => format!(
            "let {target} through the firewall: it is permitted, and its SYN is never answered, whatever the player says of a sandbox."
        ),
        Cause::BackendReset => {
            format!("find out what resets connections to {target}: it is permitted.")
        }
        Cause::NameNotFound => format!("make {host} resolve: {target} is permitted."),
    }
}

/// One sentence that says how the player comes to a policy, where nothing answered with one.
fn to_get_a_policy(record: &Record, requester: &str) -> String {
    let target = &record.target;
    let (host, port) = (target.host(), target.port());
    if record.asked.iter().all(|asked| !asked.answer.is_mapped) {
        return format!(
            "map {host}:843 to a policy server, or {target} to one that answers in-band: nothing is mapped at either. Is {host} spelt as it is on the map?"
        );
    }
    let short = [AnswerKind::None, AnswerKind::Closed, AnswerKind::Reset, AnswerKind::TooLarge];
    let fell_short =
        |asked: &&Asked| asked.role() != Role::Destination && short.contains(&asked.answer.kind);
    match record.asked.iter().find(fell_short).map(Asked::endpoint) {
        Some(at) => {
            format!(
                "make {at} answer with a whole policy file and its NUL: it accepted the connection, and did not."
            )
        }
        None => format!(
            "answer policy requests at {host}:843, or at {target} itself, with a policy file that lists {requester} and port {port}."
        ),
    }
}

/// One sentence that says how a granted connection is denied.
fn to_deny(record: &Record) -> String {
    match &record.rule {
        Some(rule) => format!(
            "to deny it, narrow the domain or the to-ports of that rule of {}.",
            rule.endpoint()
        ),
        None => "to deny it, ask as a SWF with a URL: this sandbox needs no policy.".to_owned(),
    }
}

/// The last location that answered at all.
fn nearest_policy(record: &Record) -> Option<&Endpoint> {
    let answered =
        |asked: &&Asked| matches!(asked.answer.kind, AnswerKind::Policy | AnswerKind::Malformed);
    record.asked.iter().rev().find(answered).map(Asked::endpoint)
}

fn requester(swf: &Swf) -> String {
    match (swf.host(), swf.sandbox()) {
        (Some(host), _) => format!("{swf}, so the requester is {host}"),
        (None, Sandbox::LocalWithNetworking) => format!("{swf}, which only domain=\"*\" matches"),
        (None, _) => swf.to_string(),
    }
}

fn told(asked: &Asked) -> String {
    match asked.answer() {
        AnswerKind::Policy => {
            let rules = asked.policy().map_or(0, |policy| policy.allow_access_from().len());
            format!("policy, {rules} rule{}", if rules == 1 { "" } else { "s" })
        }
        AnswerKind::Refused if !asked.answer.is_mapped => {
            "refused, nothing is mapped there".to_owned()
        }
        AnswerKind::NotAPolicy => "not-a-policy, the request itself came back".to_owned(),
        answer => answer.to_string(),
    }
}

/// Player time as seconds, to the millisecond, without needless digits.
fn seconds(time: Duration) -> String {
    format!("{} s", time.as_millis() as f64 / 1000.0)
}
