//! Writes the diagnosis of an attempt as text: the reason and the advice first, then the policies
//! that were asked, their answers, the decision and the player's events. Decides nothing itself.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use super::answer::{AnswerKind, Asked};
use super::connection::{Connection, Purpose};
use super::diagnosis::{Located, Opening};
use super::record::Record;
use super::{Cause, PlayerEvent, Sandbox, Swf, Verdict};
use crate::diagnostics::{Diagnostic, Rule, Severity};
use crate::wire::escape;

/// The most bytes of an answer that are shown.
const SHOWN_BYTES: usize = 480;

/// Writes everything below the headline.
///
/// `found` are the diagnostics of the attempt, in order. `wanted` is the verdict that a test
/// expected, if any. If the outcome is closer to a connection than that, the advice says how to
/// prevent it; otherwise the advice is the help of the first diagnostic.
pub(super) fn write(
    f: &mut Formatter<'_>,
    record: &Record,
    found: &[Located],
    wanted: Option<Verdict>,
) -> fmt::Result {
    let first = found.first().map(|located| &located.diagnostic);
    let explains = record.cause() != Cause::Connected;
    let (reason, notes) = found.split_at(usize::from(explains).min(found.len()));
    for located in reason {
        row(f, "because", &summary(record, located))?;
    }
    if let Some(advice) = advice(record, first, wanted) {
        row(f, "advice", &advice)?;
    }
    row(f, "swf", &requester(&record.swf))?;
    row(f, "connect", &record.target)?;
    write_decision(f, record)?;
    write_asked(f, record)?;
    for (event, at) in record.events.iter().zip(&record.reported_at) {
        let text = event_text(record, *event);
        let when = at.map_or_else(|| "never".to_owned(), |at| format!("at {}", seconds(at)));
        row(f, "player", &format_args!("{when}: {event} {text}"))?;
    }
    for located in notes {
        let help = located.diagnostic.help();
        row(f, "note", &format_args!("{}; help: {help}", summary(record, located)))?;
    }
    Ok(())
}

/// Returns a diagnostic without its help, behind the location that it is about.
fn summary(record: &Record, located: &Located) -> String {
    let diagnostic = &located.diagnostic;
    let place = match located.asked {
        Some(asked) if !names_its_location(diagnostic.rule()) => {
            format!("{}: ", record.asked[asked].endpoint())
        }
        _ => String::new(),
    };
    let at = diagnostic.position().map(|position| format!(" at {position}")).unwrap_or_default();
    let (severity, id) = (diagnostic.severity(), diagnostic.rule().id());
    format!("{place}{severity} {id}{at}: {}", diagnostic.message())
}

/// Returns true if the messages of a rule begin with the location.
fn names_its_location(rule: &Rule) -> bool {
    ["{endpoint}", "{host}:{port}"].iter().any(|place| rule.text().starts_with(place))
}

/// Returns one sentence that says what to do, if there is anything.
fn advice(record: &Record, first: Option<&Diagnostic>, wanted: Option<Verdict>) -> Option<String> {
    let is_granted = record.cause().verdict() != Verdict::Denied;
    match wanted {
        Some(Verdict::Denied) if is_granted => return Some(to_deny(record)),
        Some(Verdict::Unreachable) if record.cause() == Cause::Connected => {
            return Some(format!(
                "take the backend at {} down, or firewall it: it accepts connections.",
                record.target
            ));
        }
        _ => {}
    }
    let is_worth_doing = |diagnostic: &&Diagnostic| diagnostic.severity() > Severity::Info;
    let diagnostic = first.filter(is_worth_doing)?;
    Some(format!("{} ({})", diagnostic.help(), diagnostic.rule().id()))
}

/// Returns one sentence that says how to deny a connection that was granted.
fn to_deny(record: &Record) -> String {
    match &record.rule {
        Some(rule) => format!(
            "to deny it, narrow the domain or the to-ports of that rule of {}.",
            rule.endpoint()
        ),
        None => "to deny it, ask as a SWF with a URL: this sandbox needs no policy.".to_owned(),
    }
}

/// Returns the text of an event as the debug player words it (rulebook E2, E3, E7).
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
            return row(f, "decided", &format_args!("at {at}; no rule decided"));
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
        row(
            f,
            "asked",
            &format_args!("{} ({}): {}", asked.endpoint(), asked.role(), answer_text(asked)),
        )?;
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

fn requester(swf: &Swf) -> String {
    match (swf.host(), swf.sandbox()) {
        (Some(host), _) => format!("{swf}, so the requester is {host}"),
        (None, Sandbox::LocalWithNetworking) => format!("{swf}, which only domain=\"*\" matches"),
        (None, _) => swf.to_string(),
    }
}

fn answer_text(asked: &Asked) -> String {
    match asked.answer() {
        AnswerKind::Policy => {
            let rules = asked.policy().map_or(0, |policy| policy.allow_access_from().len());
            format!("policy, {rules} rule{}", if rules == 1 { "" } else { "s" })
        }
        answer => match asked.answer.evidence.opening() {
            Opening::StandIn => format!("{answer}, no policy server is declared there"),
            Opening::NotMapped => format!("{answer}, nothing is mapped there"),
            Opening::Stopped => format!("{answer}, the server that stood there was stopped"),
            _ if answer == AnswerKind::NotAPolicy => {
                format!("{answer}, the request itself came back")
            }
            _ => answer.to_string(),
        },
    }
}

/// Formats a time in seconds with at most three decimals.
fn seconds(time: Duration) -> String {
    format!("{} s", time.as_millis() as f64 / 1000.0)
}
