//! The bad servers, by what is bad about them.

use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use super::BadServer;
use crate::servers::*;
use crate::{OPEN, open_answer};

const ALL_BUT_REQUEST: &str = "speaks-first..leaks not-run";
const CHECKS_OF_THE_END: &str = "answer-end..copies not-run";

pub(super) const WITHOUT_A_POLICY: &[BadServer] = &[
    BadServer {
        name: "silent",
        start: silent,
        findings: &["request fail FSP-T04", ALL_BUT_REQUEST],
    },
    BadServer {
        name: "that_closes_without_a_byte",
        start: || answers(""),
        findings: &["request fail FSP-T27", ALL_BUT_REQUEST],
    },
    BadServer {
        name: "that_resets_without_a_byte",
        start: || answers_and_resets(""),
        findings: &["request fail FSP-T27", ALL_BUT_REQUEST],
    },
    BadServer {
        name: "http_400",
        start: || answers("HTTP/1.1 400 Bad Request\r\n\r\n"),
        findings: &["request fail FSP-T10", CHECKS_OF_THE_END],
    },
    BadServer {
        name: "http_with_a_policy",
        start: || answers(format!("HTTP/1.1 200 OK\r\n\r\n{OPEN}")),
        findings: &["request fail FSP-T10", CHECKS_OF_THE_END],
    },
    BadServer {
        name: "tls",
        start: || answers(b"\x15\x03\x03\x00\x02\x02\x0a"),
        findings: &["request fail FSP-T12", CHECKS_OF_THE_END],
    },
    BadServer {
        name: "tls_that_answers_only_a_client_hello",
        start: || {
            answers_messages_with(b"\x16\x03\x03\x00\x02\x02\x00", |message| {
                message.starts_with(b"\x16\x03")
            })
        },
        findings: &["request fail FSP-T12", ALL_BUT_REQUEST],
    },
    BadServer {
        name: "echo",
        start: echo,
        findings: &["request fail FSP-L30", CHECKS_OF_THE_END, "closes tolerated FSP-T26"],
    },
    BadServer {
        name: "with_a_malformed_document",
        start: || answers("<cross-domain-policy><allow-access-from></cross-domain-policy>\0"),
        findings: &["request fail FSP-D22"],
    },
    BadServer {
        name: "with_text_before_the_policy",
        start: || answers(format!("hello{OPEN}\0")),
        findings: &["request fail FSP-L12"],
    },
    BadServer {
        name: "with_too_large_an_answer",
        start: || answers("x".repeat(70_000)),
        findings: &["request fail FSP-T23", "answer-end..resets not-run"],
    },
    BadServer {
        name: "that_stops_inside_the_document",
        start: || answers_and_stays(&OPEN.as_bytes()[..40]),
        findings: &["request fail FSP-D21", "answer-end fail FSP-T14", "closes tolerated FSP-T26"],
    },
    BadServer {
        name: "that_escapes_the_nul",
        start: || answers_and_stays(format!("{OPEN}\\0")),
        findings: &["request fail FSP-T16", "answer-end fail FSP-T14", "closes tolerated FSP-T26"],
    },
    BadServer {
        name: "that_writes_a_length_before_the_document",
        start: || answers([&(OPEN.len() as u16).to_be_bytes(), OPEN.as_bytes()].concat()),
        findings: &["request fail FSP-L13", CHECKS_OF_THE_END],
    },
    BadServer {
        name: "that_answers_twice_with_a_malformed_document",
        start: || answers("<cross-domain-policy>\0".repeat(2)),
        findings: &["request fail FSP-D21", "copies fail FSP-T25"],
    },
    BadServer {
        name: "that_resets_inside_the_document",
        start: || answers_and_resets(&OPEN.as_bytes()[..40]),
        findings: &["request fail FSP-T06", "answer-end not-run", "resets fail FSP-T06"],
    },
    BadServer {
        name: "with_a_banner",
        start: || speaks_first("220 ready\r\n\0"),
        findings: &["request fail FSP-L12", "speaks-first tolerated FSP-T24"],
    },
    BadServer {
        name: "that_answers_only_the_spaced_spelling",
        start: || answers_messages(|message| message == b"<policy-file-request />\0"),
        findings: &[
            "request fail FSP-T36",
            "speaks-first..crlf-after not-run",
            "spaced fail FSP-T36",
            "upper-case..leaks not-run",
        ],
    },
    BadServer {
        name: "that_answers_only_the_upper_case_spelling",
        start: || answers_messages(|message| message == POLICY_REQUEST.to_ascii_uppercase()),
        findings: &[
            "request fail FSP-T36",
            "speaks-first..spaced not-run",
            "upper-case fail FSP-T36",
            "other-message..leaks not-run",
        ],
    },
    BadServer {
        name: "that_waits_for_a_line_end",
        start: || answers_if(|received| received.ends_with(b"\n")),
        findings: &[
            "request fail FSP-T37",
            "speaks-first..no-nul not-run",
            "crlf-after fail FSP-T37",
            "spaced..leaks not-run",
        ],
    },
];

pub(super) const ENDING_BADLY: &[BadServer] = &[
    BadServer {
        name: "that_speaks_first",
        start: || speaks_first(open_answer()),
        findings: &["speaks-first tolerated FSP-T24"],
    },
    BadServer {
        name: "that_never_reads",
        start: never_reads,
        findings: &["speaks-first tolerated FSP-T24", "resets tolerated FSP-T06"],
    },
    BadServer {
        name: "that_speaks_first_and_when_asked",
        start: speaks_twice,
        findings: &["speaks-first tolerated FSP-T24", "copies fail FSP-T25"],
    },
    BadServer {
        name: "without_a_nul",
        start: || answers(no_nul()),
        findings: &["answer-end tolerated FSP-T15"],
    },
    BadServer {
        name: "without_an_end",
        start: || answers_and_stays(no_nul()),
        findings: &["answer-end fail FSP-T14", "closes tolerated FSP-T26"],
    },
    BadServer {
        name: "with_bytes_after_the_nul",
        start: || answers([open_answer(), b"\0\0\0".to_vec()].concat()),
        findings: &["bytes-after-nul tolerated FSP-T17"],
    },
    BadServer {
        name: "with_a_parenthesis_after_the_nul",
        start: || answers([open_answer(), b")".to_vec()].concat()),
        findings: &["bytes-after-nul tolerated FSP-T17"],
    },
    BadServer {
        name: "that_answers_twice_and_goes_on",
        start: || answers([open_answer().repeat(2), b"hello".to_vec()].concat()),
        findings: &["bytes-after-nul tolerated FSP-T17", "copies fail FSP-T25"],
    },
    BadServer {
        name: "that_answers_twice",
        start: || answers(open_answer().repeat(2)),
        findings: &["copies fail FSP-T25"],
    },
    BadServer {
        name: "that_sends_parts_with_pauses",
        start: || answers_in_parts(Duration::from_millis(8)),
        findings: &["one-piece tolerated FSP-T21"],
    },
    BadServer {
        name: "that_sends_parts_without_pauses",
        start: || answers_in_parts(Duration::ZERO),
        findings: &[],
    },
    BadServer {
        name: "that_stays_open",
        start: || answers_and_stays(open_answer()),
        findings: &["closes tolerated FSP-T26"],
    },
    BadServer {
        name: "that_resets_after_the_nul",
        start: || answers_and_resets(open_answer()),
        findings: &["resets tolerated FSP-T06"],
    },
    BadServer {
        name: "that_resets_long_after_it_closed",
        start: resets_after_its_close,
        findings: &["answer-end tolerated FSP-T15"],
    },
    BadServer {
        name: "that_resets_after_the_document",
        start: || answers_and_resets(no_nul()),
        findings: &["answer-end tolerated FSP-T15", "resets fail FSP-T06"],
    },
];

pub(super) const READING_BADLY: &[BadServer] = &[
    BadServer {
        name: "that_reads_once",
        start: one_read,
        findings: &[
            "split-in-two fail FSP-T18",
            "split-in-23 fail FSP-T18",
            "late-nul fail FSP-T18",
            "coalesced tolerated FSP-T19",
            "two-requests tolerated FSP-T19",
            "crlf-after tolerated FSP-T19",
        ],
    },
    BadServer {
        name: "that_reads_four_times",
        start: || few_reads(4),
        findings: &["split-in-23 fail FSP-T18"],
    },
    BadServer {
        name: "that_takes_a_segment_for_a_message",
        start: || answers_messages(|message| message == POLICY_REQUEST),
        findings: &[
            "coalesced tolerated FSP-T19",
            "two-requests tolerated FSP-T19",
            "crlf-after tolerated FSP-T19",
        ],
    },
    BadServer {
        name: "that_rejects_line_ends",
        start: || answers_messages(|message| is_request(message) && !message.ends_with(b"\r\n")),
        findings: &["crlf-after tolerated FSP-T19"],
    },
    BadServer {
        name: "that_rejects_a_second_request",
        start: || answers_messages(|message| is_request(message) && !message[1..].contains(&b'<')),
        findings: &["two-requests tolerated FSP-T19"],
    },
    BadServer {
        name: "that_answers_each_request",
        start: answers_each_request,
        findings: &["two-requests tolerated FSP-T25"],
    },
    BadServer {
        name: "that_answers_each_read",
        start: answers_each_read,
        findings: &[
            "copies fail FSP-T25",
            "closes tolerated FSP-T26",
            "split-in-two fail FSP-T25",
            "no-nul tolerated FSP-T20",
            "other-message tolerated FSP-T20",
            "garbage tolerated FSP-T20",
            "http-get tolerated FSP-T20",
            "tls-client-hello tolerated FSP-T20",
            "flood tolerated FSP-T20",
        ],
    },
    BadServer {
        name: "that_needs_no_nul",
        start: || answers_if(|received| received.starts_with(&POLICY_REQUEST[..22])),
        findings: &["no-nul tolerated FSP-T20"],
    },
    BadServer {
        name: "that_looks_at_the_first_byte",
        start: || answers_if(|received| received.starts_with(b"<")),
        findings: &["no-nul tolerated FSP-T20", "other-message tolerated FSP-T20"],
    },
    BadServer {
        name: "that_looks_at_the_first_byte_of_a_message",
        start: || answers_messages(|message| message.starts_with(b"<")),
        findings: &["other-message tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_binary",
        start: || answers_also_if(|received| received.starts_with(b"\xff")),
        findings: &["garbage tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_http",
        start: || answers_also_if(|received| received.starts_with(b"GET ")),
        findings: &["http-get tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_tls",
        start: || answers_also_if(|received| received.starts_with(b"\x16\x03")),
        findings: &["tls-client-hello tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_a_flood",
        start: || answers_also_if(|received| received.len() > 65_536),
        findings: &["flood tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_anything",
        start: || answers_if(|_| true),
        findings: &[
            "no-nul tolerated FSP-T20",
            "other-message tolerated FSP-T20",
            "garbage tolerated FSP-T20",
            "http-get tolerated FSP-T20",
            "tls-client-hello tolerated FSP-T20",
            "flood tolerated FSP-T20",
        ],
    },
    BadServer {
        name: "that_rejects_a_half_close",
        start: rejects_half_close,
        findings: &["half-close tolerated"],
    },
];

pub(super) const SERVING_BADLY: &[BadServer] = &[
    BadServer {
        name: "one_after_the_other",
        start: serial_good,
        findings: &["idle fail FSP-T04", "idle-peers fail FSP-T40", "half-sent fail FSP-T04"],
    },
    BadServer {
        name: "that_do_not_stop_inside_a_request",
        start: blocked_by_half_a_request,
        findings: &["half-sent fail FSP-T04"],
    },
    BadServer {
        name: "with_a_hundred_workers",
        start: || pool(100, Duration::ZERO),
        findings: &["idle-peers fail FSP-T40"],
    },
    BadServer {
        name: "with_two_slow_workers",
        start: || pool(2, Duration::from_millis(50)),
        findings: &["at-once fail FSP-T40", "idle-peers fail FSP-T40", "half-sent fail FSP-T04"],
    },
    BadServer {
        name: "and_bans_frequent_clients",
        start: || bans_after(150),
        findings: &["connect-and-drop fail FSP-T29", "at-once..leaks not-run"],
    },
    BadServer {
        name: "and_bans_after_a_short_segment",
        start: bans_after_a_short_segment,
        findings: &["split-in-two fail FSP-T29", "split-in-23..leaks not-run"],
    },
    BadServer {
        name: "and_limits_them_for_a_while",
        start: limits_empty_connections,
        findings: &["connect-and-drop tolerated FSP-T29", "idle-peers tolerated FSP-T29"],
    },
    BadServer {
        name: "once",
        start: serves_once,
        findings: &["request fail FSP-O06", "speaks-first not-run", "split-in-two..leaks not-run"],
    },
    BadServer {
        name: "until_a_connection_is_reset_behind_its_policy",
        start: speaks_first_and_stops_after_a_reset,
        findings: &[
            "speaks-first tolerated FSP-T24",
            "idle fail FSP-T04",
            "connect-and-drop fail FSP-O06",
            "at-once..leaks not-run",
        ],
    },
    BadServer {
        name: "until_a_connection_is_reset",
        start: stops_after_a_reset,
        findings: &["idle fail FSP-T04", "connect-and-drop fail FSP-O06", "at-once..leaks not-run"],
    },
    BadServer {
        name: "until_http_arrives",
        start: || stops_after(|received| received.starts_with(b"GET ")),
        findings: &["http-get fail FSP-O06", "tls-client-hello..leaks not-run"],
    },
    BadServer {
        name: "until_a_flood_arrives",
        start: || stops_after(|received| received.len() > 65_536),
        findings: &[
            "idle fail FSP-T04",
            "idle-peers fail FSP-T40",
            "half-sent fail FSP-T04",
            "flood fail FSP-O06",
            "one-piece..leaks not-run",
        ],
    },
    BadServer {
        name: "until_binary_bytes_arrive",
        start: || hangs_after(|received| received.starts_with(b"\xff")),
        findings: &["garbage fail FSP-T04", "http-get..leaks not-run"],
    },
    BadServer {
        name: "and_writes_its_policy_over_their_bytes",
        start: || overwrites_a_shared_buffer(OPEN),
        findings: OVERWRITTEN,
    },
    BadServer {
        name: "and_writes_a_malformed_policy_over_their_bytes",
        start: || {
            overwrites_a_shared_buffer(
                "<cross-domain-policy><allow-access-from></cross-domain-policy>",
            )
        },
        findings: OVERWRITTEN_AND_MALFORMED,
    },
    BadServer {
        name: "and_is_a_chat_with_frames",
        start: framed_chat,
        findings: &[
            "closes tolerated FSP-T26",
            "two-requests tolerated FSP-T25",
            "leaks tolerated",
        ],
    },
    BadServer {
        name: "with_one_buffer_for_all",
        start: one_buffer_for_all,
        findings: &["leaks fail"],
    },
    BadServer {
        name: "and_sends_bytes_of_another_connection",
        start: sends_leftover_bytes,
        findings: &["leaks fail"],
    },
    BadServer {
        name: "and_is_a_chat_that_relays_messages_also_halves_of_requests",
        start: || chat(|_| true),
        findings: &["leaks tolerated"],
    },
    BadServer {
        name: "and_is_a_chat_that_relays_messages",
        start: || chat(|message| message.starts_with(b"<msg")),
        findings: &["leaks tolerated"],
    },
];

/// It answers whatever arrives, so a request in parts is answered too.
const OVERWRITTEN: &[&str] = &[
    "bytes-after-nul tolerated FSP-T17",
    "no-nul tolerated FSP-T20",
    "other-message tolerated FSP-T20",
    "garbage tolerated FSP-T20",
    "http-get tolerated FSP-T20",
    "tls-client-hello tolerated FSP-T20",
    "flood tolerated FSP-T20",
    "leaks fail",
];

const OVERWRITTEN_AND_MALFORMED: &[&str] = &[
    "request fail FSP-D22",
    "bytes-after-nul tolerated FSP-T17",
    "no-nul tolerated FSP-T20",
    "other-message tolerated FSP-T20",
    "garbage tolerated FSP-T20",
    "http-get tolerated FSP-T20",
    "tls-client-hello tolerated FSP-T20",
    "flood tolerated FSP-T20",
    "leaks fail",
];

pub(super) const CLOSING_ON_CLIENTS: &[BadServer] = &[
    BadServer {
        name: "that_wait_while_it_is_busy",
        start: || accepts_slowly(Duration::from_millis(22)),
        findings: &[
            "connect-and-drop tolerated FSP-T40",
            "at-once fail FSP-T40",
            "idle-peers fail FSP-T40",
        ],
    },
    BadServer { name: "never", start: good, findings: &[] },
    BadServer {
        name: "that_say_nothing_for_a_second",
        start: || impatient(Some(Duration::from_secs(1)), None),
        findings: &["late-request fail"],
    },
    BadServer {
        name: "that_pause_inside_a_request",
        start: || impatient(None, Some(Duration::from_millis(300))),
        findings: &["late-nul fail FSP-T18"],
    },
];
