//! Finds the one diagnostic that explains an outcome, with the help that is the attempt's advice.

use super::attempt::Located;
use super::evidence::Opening;
use super::requester::explain_requester;
use crate::diagnostics::{Diagnostic, Position, Rule, rules};
use crate::document::{AllowAccessFrom, MetaPolicy, PortGrant, ToPorts};
use crate::player::answer::{AnswerKind, Asked, Role};
use crate::player::picked_port::PickedPort;
use crate::player::profile::Profile;
use crate::player::record::{DecidingRule, Record};
use crate::player::{Cause, Endpoint, FIRST_HIGH_PORT, MASTER_PORT};

/// The diagnostic that explains an outcome.
pub(super) enum Explanation {
    /// The diagnostic with this index among those that were found.
    Found(usize),
    /// The diagnostic with this index, as the whole attempt words it.
    Reworded(usize, Located),
    /// One that only the whole attempt shows.
    New(Located),
}

/// Returns the explanation of the outcome; `None` for an established connection.
pub(super) fn explain(
    record: &Record,
    profile: &Profile,
    found: &[Located],
) -> Option<Explanation> {
    let target = &record.target;
    let (host, port) = (target.host(), target.port());
    let new = |diagnostic: Diagnostic| {
        Some(Explanation::New(Located { diagnostic, asked: record.deciding_location() }))
    };
    match record.cause() {
        Cause::Connected => None,
        Cause::LowPort | Cause::SecureOnly | Cause::PortNotListed => {
            let secure_by_default = profile.document.secure_by_default;
            explain_rule(record, found, record.rule.as_ref()?, secure_by_default)
        }
        Cause::DomainNotListed => Some(explain_requester(record, profile, found)),
        Cause::MetaPolicyNone => explain_meta_policy(record, found),
        Cause::MasterOnly => new(master_only(record)),
        Cause::MalformedPolicy => explain_answers(record, found, |asked| {
            u8::from(asked.answer.kind != AnswerKind::Malformed)
        }),
        Cause::TimedOut => explain_time_out(record, found),
        Cause::NoPolicy => Some(explain_missing_policy(record, found)),
        Cause::SandboxLocalWithFile => new(rules::local_file()),
        Cause::NetworkingDisabled => new(rules::allow_networking()),
        Cause::InvalidPort => new(rules::port_out_of_range(target.written_port())),
        Cause::BackendRefused if !record.is_target_mapped => new(rules::backend_down(host, port)
            .with_help(format!("map {target} to a backend: nothing is mapped there"))),
        Cause::BackendRefused => new(rules::backend_down(host, port)
            .with_help(format!("start the backend: nothing listens at {target}"))),
        Cause::BackendTimedOut => new(rules::backend_filtered(target).with_help(format!(
            "let connections to {target} through the firewall, or start the machine behind it"
        ))),
        Cause::BackendReset => new(rules::backend_reset(target)),
        Cause::NameNotFound => find(found, rules::DNS_MISSING, None)
            .map(Explanation::Found)
            .or_else(|| new(rules::dns_missing(host))),
    }
}

/// Explains an attempt in which no location sent a policy.
///
/// Where all that were asked refuse, a location that `loadPolicyFile` named in vain is nearer: the
/// SWF meant it to have the policy.
fn explain_missing_policy(record: &Record, found: &[Located]) -> Explanation {
    let refuses = |asked: &Asked| asked.answer.kind == AnswerKind::Refused || asked.is_stand_in();
    let all_refuse = record.asked.iter().all(refuses);
    let in_vain = [rules::LOAD_POLICY_FILE_WRONG_SCHEME, rules::LOAD_POLICY_FILE_HOST_DIFFERS];
    let named_in_vain = in_vain.into_iter().find_map(|rule| find(found, rule, None));
    if let (true, Some(index)) = (all_refuse, named_in_vain) {
        return Explanation::Found(index);
    }
    match explain_answers(record, found, distance_from_a_policy) {
        Some(explanation) => with_help_of_attempt(record, found, explanation),
        None => {
            let diagnostic = rules::no_policy_server_declared(record.target.host());
            let diagnostic = diagnostic.with_help(to_get_a_policy(record));
            Explanation::New(Located { diagnostic, asked: None })
        }
    }
}

/// Explains a rule that names the requester and does not grant.
fn explain_rule(
    record: &Record,
    found: &[Located],
    rule: &DecidingRule,
    secure_by_default: bool,
) -> Option<Explanation> {
    let (port, place) = (record.target.port(), rule.endpoint());
    let asked = record.deciding_location();
    let new = |diagnostic: Diagnostic| {
        let diagnostic = match rule.position() {
            Some(position) => diagnostic.at(position),
            None => diagnostic,
        };
        Some(Explanation::New(Located { diagnostic, asked }))
    };
    let needs_https = rule
        .allow_access_from()
        .is_some_and(|rule| rule.secure().unwrap_or(secure_by_default) && !record.swf.is_secure());
    let advice = |first| to_grant_by_rule(first, record, place, needs_https);
    match record.cause() {
        Cause::LowPort => new(rules::low_port_rule(place.port(), port).with_help(advice(None))),
        Cause::SecureOnly => new(rules::secure_attribute(&record.swf).with_help(advice(None))),
        _ => match rule.allow_access_from().map(AllowAccessFrom::to_ports) {
            Some(PortGrant::Missing) => {
                let help = format!("add to-ports=\"{port}\" to that rule of {place}");
                Some(missing_to_ports(found, rule, advice(Some(help))))
            }
            Some(PortGrant::Bad(_)) => {
                let at = rule.allow_access_from().and_then(|rule| rule.position_of("to-ports"));
                find(found, rules::BAD_RANGE_SYNTAX, at).map(Explanation::Found)
            }
            Some(PortGrant::Listed(ports)) => {
                let (diagnostic, help) = unlisted_port(record, rule, ports);
                new(diagnostic.with_help(advice(Some(help))))
            }
            None => None,
        },
    }
}

/// The advice where the target has port 0.
pub(super) const NO_PORT_0: &str = "let the SWF connect to a port from 1 to 65535: \
                                    port 0 cannot be listed in to-ports, and no server can \
                                    listen on it";

/// Returns everything that a rule of `place` needs in order to grant: the first change, a port that
/// may grant the target's (rulebook P1), and a SWF over HTTPS.
fn to_grant_by_rule(
    first: Option<String>,
    record: &Record,
    place: &Endpoint,
    needs_https: bool,
) -> String {
    let port = record.target.port();
    if port == 0 {
        return NO_PORT_0.to_owned();
    }
    let is_too_low = place.port() >= FIRST_HIGH_PORT && port < FIRST_HIGH_PORT;
    let from_low_port = is_too_low.then(|| {
        format!(
            "serve the policy from a port below 1024, such as {MASTER_PORT}: one from {place} \
             cannot grant port {port}"
        )
    });
    let over_https = needs_https.then(|| {
        format!("serve the SWF over https, or take secure=\"true\" out of that rule of {place}")
    });
    let changes: Vec<_> = first.into_iter().chain(from_low_port).chain(over_https).collect();
    changes.join("; also ")
}

/// Returns the diagnostic of a rule that lists other ports than the target's, and the change to the
/// rule.
fn unlisted_port(record: &Record, rule: &DecidingRule, listed: &ToPorts) -> (Diagnostic, String) {
    let (target, place) = (record.target.endpoint(), rule.endpoint());
    let port = target.port();
    let written = rule.to_ports().unwrap_or_default();
    let to_list = format!("list port {port} in the to-ports of that rule of {place}");
    let is_listed = |picked: &PickedPort| listed.contains(picked.port);
    let picked = |at: &Endpoint| record.picked.get(at).filter(|picked| is_listed(picked));
    if let Some(PickedPort { port: picked, instead }) = picked(&target) {
        let help = format!("{instead}: it lists {picked}, the port that was picked for {target}");
        return (rules::port_not_listed(port, written), help);
    }
    if let Some(PickedPort { port: picked, .. }) = picked(place) {
        let help = format!("{to_list}: it lists {picked}, the port that was picked for {place}");
        return (rules::port_not_listed(port, written), help);
    }
    if written == MASTER_PORT.to_string() {
        return (rules::lists_843_instead(port), to_list);
    }
    let help = format!("add {port} to the to-ports of that rule in the policy of {place}");
    (rules::port_not_listed(port, written), help)
}

/// Explains a rule without ports, by the diagnostic of the document if there is one.
fn missing_to_ports(found: &[Located], rule: &DecidingRule, help: String) -> Explanation {
    let is_at_rule = |located: &Located| {
        let diagnostic = &located.diagnostic;
        let at = rule.allow_access_from().and_then(|rule| rule.position_of("to-ports"));
        *diagnostic.rule() == rules::MISSING_TO_PORTS
            && (diagnostic.position() == rule.position() || diagnostic.position() == at)
    };
    match found.iter().position(is_at_rule) {
        Some(index) => {
            let mut located = found[index].clone();
            located.diagnostic = located.diagnostic.with_help(help);
            Explanation::Reworded(index, located)
        }
        None => {
            let diagnostic = rules::missing_to_ports().with_help(help);
            Explanation::New(Located { diagnostic, asked: None })
        }
    }
}

/// Explains a meta-policy that voids everything: `none` itself, or a value that counts as `none`.
fn explain_meta_policy(record: &Record, found: &[Located]) -> Option<Explanation> {
    let control = record.rule.as_ref()?;
    let in_value = [rules::UNKNOWN_META_VALUE, rules::BY_CONTENT_TYPE_ON_SOCKET];
    let bad_value = in_value.into_iter().find_map(|rule| find(found, rule, None));
    bad_value.map(Explanation::Found).or_else(|| {
        let host = record.target.host();
        let diagnostic = rules::meta_none(host).with_help(format!(
            "change the site-control of {} to master-only or all: as it is, nothing on {host} can \
             be permitted",
            control.endpoint()
        ));
        let diagnostic = match control.position() {
            Some(position) => diagnostic.at(position),
            None => diagnostic,
        };
        Some(Explanation::New(Located { diagnostic, asked: record.deciding_location() }))
    })
}

/// Returns the diagnostic of a master that keeps the player from the location that would decide.
fn master_only(record: &Record) -> Diagnostic {
    let target = &record.target;
    let requester = record.swf.host().unwrap_or("*");
    let what = match &record.first_kept_out {
        Some(location) => format!("the policy of {location}, which loadPolicyFile names, is"),
        None => format!("any other policy of {} is", target.host()),
    };
    let value = record.kept_out.map_or(MetaPolicy::MasterOnly, |(_, meta)| meta);
    let diagnostic = rules::master_only_blocks_inband(what, value);
    if target.port() == 0 {
        return diagnostic.with_help(NO_PORT_0);
    }
    diagnostic.with_help(format!(
        "list {requester} and port {} in the master at {}:{MASTER_PORT}, or let its site-control \
         say all, so that other locations may answer",
        target.port(),
        target.host(),
    ))
}

/// Explains an attempt that ran out of time while a location was asked.
fn explain_time_out(record: &Record, found: &[Located]) -> Option<Explanation> {
    let last = record.asked.len().checked_sub(1)?;
    let asked = &record.asked[last];
    if asked.role == Role::Explicit {
        let url = format!("xmlsocket://{}", asked.endpoint);
        let diagnostic = rules::pending_policy_hangs_denial(url).with_help(format!(
            "make {} answer, or stop naming it in loadPolicyFile: the player waited for it until \
             Socket.timeout ran out",
            asked.endpoint
        ));
        return Some(Explanation::New(Located { diagnostic, asked: Some(last) }));
    }
    first_of(found, last)
}

/// Explains an attempt by the answer with the smallest `distance`; the earlier one of two. An
/// answer without a diagnostic explains nothing.
fn explain_answers(
    record: &Record,
    found: &[Located],
    distance: impl Fn(&Asked) -> u8,
) -> Option<Explanation> {
    let explained = (0..record.asked.len()).filter(|index| first_of(found, *index).is_some());
    let nearest = explained.min_by_key(|index| distance(&record.asked[*index]))?;
    first_of(found, nearest)
}

/// Returns how far an answer was from a policy: bytes are nearer than silence, and silence is
/// nearer than a refusal.
fn distance_from_a_policy(asked: &Asked) -> u8 {
    match asked.answer.kind {
        _ if asked.answer.evidence.received_bytes() => 0,
        AnswerKind::Refused => 3,
        AnswerKind::NotAsked => 2,
        _ => 1,
    }
}

/// Adds to an explanation by a refused master how this SWF would get its policy.
fn with_help_of_attempt(
    record: &Record,
    found: &[Located],
    explanation: Explanation,
) -> Explanation {
    let Explanation::Found(index) = explanation else {
        return explanation;
    };
    let located = &found[index];
    if *located.diagnostic.rule() != rules::MASTER_REFUSED {
        return explanation;
    }
    let mut changed = located.clone();
    changed.diagnostic = changed.diagnostic.with_help(to_get_a_policy(record));
    Explanation::Reworded(index, changed)
}

/// Returns one sentence that says how to serve a policy where none was found.
fn to_get_a_policy(record: &Record) -> String {
    let target = &record.target;
    let (host, port) = (target.host(), target.port());
    if port == 0 {
        return NO_PORT_0.to_owned();
    }
    let requester = record.swf.host().unwrap_or("*");
    let opening = |asked: &Asked| asked.answer.evidence.opening;
    if record.asked.iter().all(|asked| opening(asked) == Opening::NotMapped) {
        return format!(
            "put a policy server at {host}:{MASTER_PORT}, or one that answers in-band at \
             {target}: nothing stands at either; is {host} spelt as you declared it?"
        );
    }
    if let Some(stopped) = record.asked.iter().find(|asked| opening(asked) == Opening::Stopped) {
        return format!(
            "keep the server of {} running while its clients connect: it was stopped, or the \
             stage that it belongs to was dropped",
            stopped.endpoint
        );
    }
    let in_band = match record.asked.iter().find(|asked| opening(asked) == Opening::StandIn) {
        Some(_) => format!("or at {target} itself, where only a backend is declared,"),
        None => format!("or at {target} itself,"),
    };
    format!(
        "answer policy requests at {host}:{MASTER_PORT}, {in_band} with a policy file that lists \
         {requester} and port {port}"
    )
}

/// Returns the first diagnostic of a location.
fn first_of(found: &[Located], asked: usize) -> Option<Explanation> {
    let index = found.iter().position(|located| located.asked == Some(asked))?;
    Some(Explanation::Found(index))
}

/// Returns the index of the first diagnostic of a rule, at this position if one is given.
pub(super) fn find(found: &[Located], rule: Rule, at: Option<Position>) -> Option<usize> {
    found.iter().position(|located| {
        let diagnostic = &located.diagnostic;
        *diagnostic.rule() == rule && (at.is_none() || diagnostic.position() == at)
    })
}
