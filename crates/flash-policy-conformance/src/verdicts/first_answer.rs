//! The verdict on the answer to a correct request (rulebook W4-W10).

use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_core::player::MASTER_PORT;
use flash_policy_core::wire::{MAX_ANSWER_BYTES, POLICY_REQUEST};

use super::wording::{bytes, describe, describe_silence, duration, excerpt};
use crate::CheckId;
use crate::finding::Finding;
use crate::marker::contains;
use crate::observation::{ConnectionEnd, Observation, objection};

/// Judges what arrived for a correct request.
pub(crate) fn first_answer(observation: &Observation, logical_port: u16) -> Finding {
    if observation.is_policy() {
        return policy_arrived(observation);
    }
    if observation.is_empty() {
        return nothing_arrived(observation);
    }
    let received = observation.received();
    if observation.is_too_large() {
        let shown = excerpt(received);
        let reason = format!("more than {MAX_ANSWER_BYTES} bytes arrived without a NUL: {shown}");
        return Finding::fail(reason, Some(&rules::POLICY_TOO_BIG));
    }
    other_protocol(received, logical_port).unwrap_or_else(|| no_policy_arrived(observation))
}

fn policy_arrived(observation: &Observation) -> Finding {
    let size = bytes(observation.document().len());
    let after = duration(observation.last_byte_at());
    let has_no_end = !observation.has_nul() && observation.is_open();
    let end = if has_no_end { ", but neither a NUL nor a close" } else { "" };
    Finding::pass(format!("a policy of {size} arrived after {after}{end}"))
}

fn nothing_arrived(observation: &Observation) -> Finding {
    let rule = match observation.end() {
        ConnectionEnd::Open => Some(&rules::ACCEPT_THEN_SILENCE),
        ConnectionEnd::Fin | ConnectionEnd::Rst => Some(&rules::CLOSED_BEFORE_FLUSH),
        ConnectionEnd::Refused | ConnectionEnd::Dropped => None,
    };
    Finding::fail(describe_silence(observation), rule)
}

/// Recognises an answer of an echo server, of TLS and of HTTP.
fn other_protocol(received: &[u8], logical_port: u16) -> Option<Finding> {
    let shown = excerpt(received);
    if received.starts_with(&POLICY_REQUEST[..22]) {
        return Some(Finding::fail(
            "the server sent the request back, as an echo server does",
            None,
        ));
    }
    if let [0x15 | 0x16, 3, ..] = received {
        return Some(Finding::fail(
            format!("the answer is a TLS record: {shown}"),
            Some(&rules::TLS_ON_POLICY_PORT),
        ));
    }
    if received.starts_with(b"HTTP/") {
        let rule = if logical_port == MASTER_PORT {
            &rules::HTTP_SERVER_ON_843
        } else {
            &rules::HTTP_PROXY_EATS_REQUEST
        };
        let reason = if contains(received, b"<cross-domain-policy") {
            format!("HTTP headers arrived before the policy: {shown}")
        } else {
            format!("the answer is HTTP, without a policy: {shown}")
        };
        return Some(Finding::fail(reason, Some(rule)));
    }
    None
}

/// Judges bytes that should be a policy but are not.
fn no_policy_arrived(observation: &Observation) -> Finding {
    let size = bytes(observation.received().len());
    let shown = excerpt(observation.received());
    if !observation.has_nul() && observation.is_open() {
        let within = duration(observation.observed_until());
        let reason = format!("no complete policy arrived within {within}, only {size}: {shown}");
        return Finding::fail(reason, Some(&rules::SLOW_DRIP));
    }
    if !observation.has_nul() && observation.end() == ConnectionEnd::Rst {
        let reason = format!("{size} arrived, then a reset: {shown}");
        return Finding::fail(reason, Some(&rules::RESET_AFTER_ANSWER));
    }
    match objection(observation.document()) {
        Some(objection) => Finding::fail(
            format!("a player rejects the answer, {}: {shown}", objection.message()),
            rules::find(objection.rule().id()),
        ),
        None => Finding::fail(format!("the answer is not a policy: {shown}"), None),
    }
}

/// Judges a server that answers `spelling` but not the correct request.
pub(crate) fn only_other_spelling_answered(spelling: CheckId, silent: &Observation) -> Finding {
    let (answered, rule) = match spelling {
        CheckId::Spaced => ("`<policy-file-request />`", &rules::REQUEST_VARIANT),
        CheckId::UpperCase => ("`<POLICY-FILE-REQUEST/>`", &rules::REQUEST_VARIANT),
        _ => ("a request with CR LF behind it", &rules::CASE_LINE_DELIMITER),
    };
    let silence = describe_silence(silent);
    let reason = format!("the server answers only {answered}; for the correct request, {silence}");
    Finding::fail(reason, Some(rule))
}

/// Judges a check after which a correct request is no longer answered.
pub(crate) fn server_stopped_answering(observation: &Observation, logical_port: u16) -> Finding {
    let rule: Option<&'static Rule> = match observation.end() {
        ConnectionEnd::Refused => Some(&rules::NO_SUPERVISOR),
        _ => first_answer(observation, logical_port).rule,
    };
    let reason = format!("after this check a correct request failed: {}", describe(observation));
    Finding::fail(reason, rule)
}
