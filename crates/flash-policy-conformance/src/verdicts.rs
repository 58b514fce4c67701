//! What is thought of what was heard. Pure.

use std::time::Duration;

use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_core::player::MASTER_PORT;
use flash_policy_core::wire::{MAX_ANSWER_BYTES, POLICY_REQUEST, escape};

use super::check::Wanted;
use super::marker::contains;
use super::observation::{End, Observation, objection};
use super::report::Finding;
use super::{CheckId, CheckVerdict};

/// How many bytes a reason shows.
const SHOWN_BYTES: usize = 60;

/// A good request (rulebook W4-W10).
pub(super) fn request(heard: &Observation, port: u16) -> Finding {
    let (received, document) = (heard.received(), heard.document());
    let shown = || shown(received);
    if heard.is_policy() {
        let end = if heard.has_nul() || heard.how_it_ended() != End::Open {
            ""
        } else {
            ", without an end"
        };
        let (bytes, after) = (document.len(), time(heard.last_byte()));
        return Finding::pass(format!("a policy of {bytes} bytes came after {after}{end}"));
    }
    if received.is_empty() {
        let rule = match heard.how_it_ended() {
            End::Open => Some(&rules::T04),
            End::Fin | End::Rst => Some(&rules::T27),
            End::Refused | End::Dropped => None,
        };
        return Finding::fail(silence(heard), rule);
    }
    if heard.is_too_large() {
        let reason = format!("more than {MAX_ANSWER_BYTES} bytes came without a NUL: {}", shown());
        return Finding::fail(reason, Some(&rules::T23));
    }
    if received.starts_with(&POLICY_REQUEST[..22]) {
        return Finding::fail(
            "the request itself came back: this is an echo, no policy server",
            None,
        );
    }
    if let [0x15 | 0x16, 3, ..] = received {
        return Finding::fail(format!("a TLS record came: {}", shown()), Some(&rules::T12));
    }
    if received.starts_with(b"HTTP/") {
        // On the master's port it is a web server, elsewhere a proxy in the way.
        let rule = if port == MASTER_PORT { &rules::T11 } else { &rules::T10 };
        let what = match contains(received, b"<cross-domain-policy") {
            true => "HTTP headers came before the policy",
            false => "HTTP came, and no policy",
        };
        return Finding::fail(format!("{what}: {}", shown()), Some(rule));
    }
    no_policy(heard)
}

/// Bytes that should be a policy, and are none.
fn no_policy(heard: &Observation) -> Finding {
    let (bytes, after, shown) =
        (heard.received().len(), time(heard.until()), shown(heard.received()));
    if !heard.has_nul() && heard.how_it_ended() == End::Open {
        return Finding::fail(
            format!("only {bytes} bytes came within {after}: {shown}"),
            Some(&rules::T05),
        );
    }
    if !heard.has_nul() && heard.how_it_ended() == End::Rst {
        return Finding::fail(
            format!("{bytes} bytes came, and a reset: {shown}"),
            Some(&rules::T06),
        );
    }
    match objection(heard.document()) {
        Some(why) => {
            let rule = rules::find(why.rule().id());
            Finding::fail(format!("a player rejects what came, {}: {shown}", why.message()), rule)
        }
        None => Finding::fail(format!("what came is no policy: {shown}"), None),
    }
}

/// Why nothing but one of these spellings can be what it answers.
pub(super) fn answers_only(variant: CheckId, silent: &Observation) -> Finding {
    let (only, rule) = match variant {
        CheckId::Spaced => ("`<policy-file-request />`", &rules::T36),
        CheckId::UpperCase => ("`<POLICY-FILE-REQUEST/>`", &rules::T36),
        _ => ("a request with CR LF behind it", &rules::T37),
    };
    Finding::fail(
        format!("only {only} is answered; to the request, {}", silence(silent)),
        Some(rule),
    )
}

/// What came before anything was sent.
pub(super) fn speaks_first(heard: &Observation) -> Finding {
    if heard.is_empty() {
        return Finding::pass(format!("unasked, {}", silence(heard)));
    }
    let shown = shown(heard.received());
    let reason = format!("{} bytes came before anything was sent: {shown}", heard.received().len());
    Finding::tolerated(reason, Some(&rules::T24))
}

/// One of the checks on the shape of the answer.
pub(super) fn shape(id: CheckId, heard: &Observation, closing: Duration) -> Finding {
    if heard.is_too_large() {
        return Finding::not_run("the answer was too large to await its end");
    }
    match id {
        CheckId::AnswerEnd | CheckId::BytesAfterNul | CheckId::Copies if !heard.is_policy() => {
            Finding::not_run("what came is no policy")
        }
        CheckId::AnswerEnd => answer_end(heard),
        CheckId::BytesAfterNul => match heard.stray() {
            0 => Finding::pass("nothing follows the first NUL"),
            stray => Finding::tolerated(
                format!("{stray} more bytes follow the first NUL"),
                Some(&rules::T17),
            ),
        },
        CheckId::Copies => match heard.policies() {
            count @ 0..=1 => Finding::pass(format!("{count} policy came")),
            count => {
                Finding::fail(format!("{count} policies came on one connection"), Some(&rules::T25))
            }
        },
        CheckId::Closes => closes(heard, closing),
        _ => resets(heard),
    }
}

fn answer_end(heard: &Observation) -> Finding {
    match heard.how_it_ended() {
        _ if heard.has_nul() => Finding::pass("NUL"),
        End::Open => {
            Finding::fail("neither: no NUL came, and the server does not close", Some(&rules::T14))
        }
        End::Rst => Finding::tolerated("no NUL, but ended by a reset", Some(&rules::T15)),
        _ => Finding::tolerated("no NUL, but closed", Some(&rules::T15)),
    }
}

/// `closing` is how long the server has for it.
fn closes(heard: &Observation, closing: Duration) -> Finding {
    let silent = heard.until().saturating_sub(heard.last_byte());
    let after = time(silent);
    match heard.how_it_ended() {
        End::Open if silent < closing / 2 => Finding::not_run("bytes still came when it was left"),
        End::Open => {
            Finding::tolerated(format!("still open {after} after the answer"), Some(&rules::T26))
        }
        _ => Finding::pass(format!("closed {after} after the answer")),
    }
}

fn resets(heard: &Observation) -> Finding {
    match heard.how_it_ended() {
        End::Rst if heard.has_nul() => {
            Finding::tolerated("a reset came after the NUL", Some(&rules::T06))
        }
        End::Rst => Finding::fail("a reset came, and no NUL before it", Some(&rules::T06)),
        _ => Finding::pass("no reset came"),
    }
}

/// A check that is one conversation.
pub(super) fn conversation(
    wanted: Wanted,
    heard: &Observation,
    speaks_first: bool,
    sent: &[u8],
) -> Finding {
    match (wanted, heard.is_policy()) {
        (Wanted::NoPolicy | Wanted::Either, true) if speaks_first => {
            Finding::pass("it speaks first")
        }
        (Wanted::NoPolicy, true) => {
            Finding::tolerated(format!("a policy came for {}", shown(sent)), Some(&rules::T20))
        }
        (Wanted::NoPolicy, false) => Finding::pass(format!("no policy: {}", what_came(heard))),
        (Wanted::Either, true) => Finding::pass("it is answered as well; no player sends it"),
        (Wanted::Either, false) => Finding::pass("it is not answered; no player sends it"),
        (_, true) => Finding::pass(format!("answered after {}", time(heard.last_byte()))),
        (Wanted::Policy(rule), false) => Finding::fail(what_came(heard), rule),
        (Wanted::PolicyRather(rule), false) => {
            Finding::tolerated(format!("{}; no player sends it", what_came(heard)), rule)
        }
    }
}

/// More than one policy for two requests in one segment.
pub(super) fn answered_twice(heard: &Observation) -> Finding {
    let reason = format!("{} policies came on one connection", heard.policies());
    Finding::tolerated(reason, Some(&rules::T25))
}

/// A good request beside one silent peer.
pub(super) fn beside_idle(heard: &Observation) -> Finding {
    match heard.is_policy() {
        true => Finding::pass(format!("answered after {}", time(heard.last_byte()))),
        false => Finding::fail(
            format!("while a peer is silent, {}", what_came(heard)),
            Some(&rules::T04),
        ),
    }
}

/// A good request beside many silent peers.
pub(super) fn beside_many(heard: &Observation, peers: usize) -> Finding {
    match heard.is_policy() {
        true => Finding::pass(format!("answered after {}", time(heard.last_byte()))),
        false => Finding::fail(
            format!("while {peers} peers are silent, {}", what_came(heard)),
            Some(&rules::T40),
        ),
    }
}

/// Good requests at the same time.
pub(super) fn at_once(all: &[Observation]) -> Finding {
    let (answered, count) = (all.iter().filter(|heard| heard.is_policy()).count(), all.len());
    let slowest = all.iter().map(Observation::last_byte).max().unwrap_or_default();
    match answered == count {
        true => {
            Finding::pass(format!("{count} of {count} answered, the last after {}", time(slowest)))
        }
        false => {
            let other =
                all.iter().find(|heard| !heard.is_policy()).map_or(String::new(), what_came);
            Finding::fail(
                format!("{answered} of {count} answered; of another, {other}"),
                Some(&rules::T40),
            )
        }
    }
}

/// What is heard on two connections that each sent a half of one request, and then on the first when it sent the rest.
pub(super) struct Halves {
    /// The second half alone, where it was answered beside the first.
    pub(super) alone: Option<Observation>,
    pub(super) first: Observation,
    /// A request with a pause inside is understood, and the server had not given the first connection up.
    pub(super) is_fair: bool,
}

/// Whether connections share what they should not. A `leak` is a marker of one connection in what another received;
/// `is_relayed` where a whole message came to a peer that said nothing.
pub(super) fn leaks(leak: Option<&str>, halves: Option<&Halves>, is_relayed: bool) -> Finding {
    if let Some(leak) = leak {
        return Finding::fail(leak, None);
    }
    if let Some(halves) = halves.and_then(shares_a_buffer) {
        return halves;
    }
    match is_relayed {
        false => Finding::pass("no connection got what another had sent"),
        true => {
            let reason = "a message came to another client, which had said nothing: a server that relays means it so";
            Finding::tolerated(reason, None)
        }
    }
}

fn shares_a_buffer(halves: &Halves) -> Option<Finding> {
    if halves.alone.as_ref().is_some_and(|alone| !alone.is_policy()) {
        let reason = "half a request was answered beside a connection that had sent the other half: all share one buffer";
        return Some(Finding::fail(reason, None));
    }
    (halves.is_fair && !halves.first.is_policy()).then(|| {
        let reason =
            format!("a request that another connection fell into: {}", what_came(&halves.first));
        Finding::fail(reason, None)
    })
}

/// The same check, where the server answers no good request any more.
pub(super) fn afterwards(heard: &Observation, port: u16) -> Finding {
    let rule: Option<&'static Rule> = match heard.how_it_ended() {
        End::Refused => Some(&rules::O06),
        _ => request(heard, port).rule,
    };
    Finding::fail(format!("afterwards a good request is not answered: {}", what_came(heard)), rule)
}

/// What came, if it is no policy.
fn what_came(heard: &Observation) -> String {
    match heard.is_empty() {
        true => silence(heard),
        false => format!("{} bytes came: {}", heard.received().len(), shown(heard.received())),
    }
}

/// How a connection went on which nothing came.
fn silence(heard: &Observation) -> String {
    let after = time(heard.until());
    match heard.how_it_ended() {
        End::Open => format!("nothing came within {after}"),
        End::Fin => format!("closed after {after} without a byte"),
        End::Rst => format!("reset after {after} without a byte"),
        End::Refused => "the connection was refused".to_owned(),
        End::Dropped => format!("the connection was not accepted within {after}"),
    }
}

/// Bytes in one line, cut.
fn shown(bytes: &[u8]) -> String {
    let more = if bytes.len() > SHOWN_BYTES { "…" } else { "" };
    escape(&bytes[..bytes.len().min(SHOWN_BYTES)]) + more
}

fn time(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..=999 => format!("{millis} ms"),
        millis => format!("{:.1} s", millis as f64 / 1000.0),
    }
}

impl Finding {
    /// Whether the server did what it should.
    pub(super) fn is_pass(&self) -> bool {
        self.verdict == CheckVerdict::Pass
    }
}
