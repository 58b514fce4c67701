//! Each bad server, and exactly what is said of it.

use std::time::Duration;

use flash_policy_conformance::{Check, CheckId, CheckVerdict, Torture, TortureReport};
use flash_policy_core::wire::POLICY_REQUEST;
use rstest::rstest;

use crate::servers::*;
use crate::{OPEN, open_answer};

const ALL_BUT_REQUEST: &str = "speaks-first..leaks not-run";
const ITS_END: &str = "answer-end..copies not-run";
const ALL_BUT_SHAPE: &str = "split-in-two..leaks not-run";

/// All that is not a pass, as `id verdict rule`; what was not run, from the first to the last in a row.
fn told(report: &TortureReport) -> Vec<String> {
    let mut told = Vec::new();
    for run in
        report.checks().chunk_by(|one, next| [one, next].iter().all(|check| is_left_out(check)))
    {
        let (first, last) = (&run[0], &run[run.len() - 1]);
        match first.verdict() {
            CheckVerdict::Pass => {}
            CheckVerdict::NotRun if run.len() > 1 => {
                told.push(format!("{}..{} not-run", first.id(), last.id()))
            }
            verdict => {
                let rule = first.rule().map(|rule| format!(" {}", rule.id())).unwrap_or_default();
                told.push(format!("{} {verdict}{rule}", first.id()));
            }
        }
    }
    told
}

fn is_left_out(check: &Check) -> bool {
    check.verdict() == CheckVerdict::NotRun
}

/// A small budget saves time. A busy machine may need more; then the player's own decides.
#[track_caller]
fn assert_told_within(budget: Duration, start: fn() -> Server, expected: &[&str]) {
    let server = start();
    let report = Torture::new(server.addr()).budget(budget).run().unwrap();
    if told(&report) == expected {
        assert_told(&report, expected);
    } else {
        assert_told_by_the_player(start, expected);
    }
}

#[track_caller]
fn assert_told_by_the_player(start: fn() -> Server, expected: &[&str]) {
    let server = start();
    assert_told(&Torture::new(server.addr()).run().unwrap(), expected);
}

#[track_caller]
fn assert_told(report: &TortureReport, expected: &[&str]) {
    assert_eq!(told(report), expected, "{report}");
    assert_eq!(report.checks().iter().map(Check::id).collect::<Vec<_>>(), CheckId::ALL, "{report}");
    assert_eq!(
        report.is_success(),
        !expected.iter().any(|line| line.contains(" fail")),
        "{report}"
    );
    for check in report.checks() {
        let reason = check.reason();
        assert!(
            !reason.is_empty() && !reason.contains(['\r', '\n', '\0']) && reason.len() < 400,
            "{check}"
        );
    }
}

#[rstest]
#[case::silent(|| silent(), &["request fail FSP-T04", ALL_BUT_REQUEST])]
#[case::that_closes_without_a_byte(|| answers(""), &["request fail FSP-T27", ALL_BUT_REQUEST])]
#[case::that_resets_without_a_byte(|| answers_and_resets(""), &["request fail FSP-T27", ALL_BUT_REQUEST])]
#[case::http_400(
    || answers("HTTP/1.1 400 Bad Request\r\n\r\n"),
    &["request fail FSP-T10", ITS_END, ALL_BUT_SHAPE]
)]
#[case::http_with_a_policy(
    || answers(format!("HTTP/1.1 200 OK\r\n\r\n{OPEN}")),
    &["request fail FSP-T10", ITS_END, ALL_BUT_SHAPE]
)]
#[case::tls(
    || answers(b"\x15\x03\x03\x00\x02\x02\x0a"),
    &["request fail FSP-T12", ITS_END, ALL_BUT_SHAPE]
)]
#[case::echo(|| echo(), &["request fail", ITS_END, "closes tolerated FSP-T26", ALL_BUT_SHAPE])]
#[case::with_a_malformed_document(
    || answers("<cross-domain-policy><allow-access-from></cross-domain-policy>\0"),
    &["request fail FSP-D22", ITS_END, ALL_BUT_SHAPE]
)]
#[case::with_text_before_the_policy(|| answers(format!("hello{OPEN}\0")), &["request fail FSP-L12", ITS_END, ALL_BUT_SHAPE])]
#[case::with_too_large_an_answer(
    || answers("x".repeat(70_000)),
    &["request fail FSP-T23", "answer-end..leaks not-run"]
)]
#[case::that_stops_in_the_document(
    || answers_and_stays(&OPEN.as_bytes()[..40]),
    &["request fail FSP-T05", ITS_END, "closes tolerated FSP-T26", ALL_BUT_SHAPE]
)]
#[case::that_resets_in_the_document(
    || answers_and_resets(&OPEN.as_bytes()[..40]),
    &["request fail FSP-T06", ITS_END, "resets fail FSP-T06", ALL_BUT_SHAPE]
)]
#[case::with_a_banner(
    || speaks_first("220 ready\r\n\0"),
    &["request fail FSP-L12", "speaks-first tolerated FSP-T24", ITS_END, ALL_BUT_SHAPE]
)]
#[case::that_knows_the_spaced_spelling(
    || answers_messages(|message| message == b"<policy-file-request />\0"),
    &["request fail FSP-T36", "speaks-first..crlf-after not-run", "spaced fail FSP-T36", "upper-case..leaks not-run"]
)]
#[case::that_knows_the_upper_case_spelling(
    || answers_messages(|message| message == POLICY_REQUEST.to_ascii_uppercase()),
    &["request fail FSP-T36", "speaks-first..spaced not-run", "upper-case fail FSP-T36", "other-message..leaks not-run"]
)]
#[case::that_waits_for_a_line_end(
    || answers_if(|received| received.ends_with(b"\n")),
    &["request fail FSP-T37", "speaks-first..no-nul not-run", "crlf-after fail FSP-T37", "spaced..leaks not-run"]
)]
fn a_server_without_a_policy(#[case] start: fn() -> Server, #[case] expected: &[&str]) {
    assert_told_within(Duration::from_millis(500), start, expected);
}

#[rstest]
#[case::that_speaks_first(|| speaks_first(open_answer()), &["speaks-first tolerated FSP-T24"])]
#[case::that_never_reads(|| never_reads(), &["speaks-first tolerated FSP-T24", "resets tolerated FSP-T06"])]
#[case::that_speaks_first_and_when_asked(
    || speaks_twice(),
    &["speaks-first tolerated FSP-T24", "copies fail FSP-T25"]
)]
#[case::without_a_nul(|| answers(no_nul()), &["answer-end tolerated FSP-T15"])]
#[case::without_an_end(
    || answers_and_stays(no_nul()),
    &["answer-end fail FSP-T14", "closes tolerated FSP-T26"]
)]
#[case::with_more_behind_the_nul(
    || answers([open_answer(), b"\0\0\0".to_vec()].concat()),
    &["bytes-after-nul tolerated FSP-T17"]
)]
#[case::that_answers_twice(|| answers(open_answer().repeat(2)), &["copies fail FSP-T25"])]
#[case::that_stays(|| answers_and_stays(open_answer()), &["closes tolerated FSP-T26"])]
#[case::that_resets_after_the_nul(|| answers_and_resets(open_answer()), &["resets tolerated FSP-T06"])]
#[case::that_resets_after_the_document(
    || answers_and_resets(no_nul()),
    &["answer-end tolerated FSP-T15", "resets fail FSP-T06"]
)]
fn a_server_whose_answer_ends_badly(#[case] start: fn() -> Server, #[case] expected: &[&str]) {
    assert_told_within(Duration::from_secs(1), start, expected);
}

#[rstest]
#[case::that_reads_once(
    || one_read(),
    &[
        "split-in-two fail FSP-T18",
        "split-in-23 fail FSP-T18",
        "late-nul fail FSP-T18",
        "coalesced fail FSP-T19",
        "two-requests fail FSP-T19",
        "crlf-after tolerated FSP-T19",
    ]
)]
#[case::that_reads_four_times(|| few_reads(4), &["split-in-23 fail FSP-T18"])]
#[case::that_takes_a_segment_for_a_message(
    || answers_messages(|message| message == POLICY_REQUEST),
    &["coalesced fail FSP-T19", "two-requests fail FSP-T19", "crlf-after tolerated FSP-T19"]
)]
#[case::that_dislikes_line_ends(
    || answers_messages(|message| is_request(message) && !message.ends_with(b"\r\n")),
    &["crlf-after tolerated FSP-T19"]
)]
#[case::that_dislikes_more_than_one(
    || answers_messages(|message| is_request(message) && !message[1..].contains(&b'<')),
    &["two-requests fail FSP-T19"]
)]
#[case::that_answers_each_request(|| answers_each_request(), &["two-requests tolerated FSP-T25"])]
#[case::that_needs_no_nul(
    || answers_if(|received| received.starts_with(&POLICY_REQUEST[..22])),
    &["no-nul tolerated FSP-T20"]
)]
#[case::that_looks_at_the_first_byte(
    || answers_if(|received| received.starts_with(b"<")),
    &["no-nul tolerated FSP-T20", "other-message tolerated FSP-T20"]
)]
#[case::that_looks_at_the_first_byte_of_a_message(
    || answers_messages(|message| message.starts_with(b"<")),
    &["other-message tolerated FSP-T20"]
)]
#[case::that_answers_binary(
    || answers_also_if(|received| received.starts_with(b"\xff")),
    &["garbage tolerated FSP-T20"]
)]
#[case::that_answers_http(|| answers_also_if(|received| received.starts_with(b"GET ")), &["http-get tolerated FSP-T20"])]
#[case::that_answers_tls(
    || answers_also_if(|received| received.starts_with(b"\x16\x03")),
    &["tls-client-hello tolerated FSP-T20"]
)]
#[case::that_answers_a_flood(|| answers_also_if(|received| received.len() > 65_536), &["flood tolerated FSP-T20"])]
#[case::that_answers_anything(
    || answers_if(|_| true),
    &[
        "no-nul tolerated FSP-T20",
        "other-message tolerated FSP-T20",
        "garbage tolerated FSP-T20",
        "http-get tolerated FSP-T20",
        "tls-client-hello tolerated FSP-T20",
        "flood tolerated FSP-T20",
    ]
)]
#[case::that_dislikes_a_half_close(|| dislikes_half_close(), &["half-close tolerated"])]
fn a_server_that_reads_badly(#[case] start: fn() -> Server, #[case] expected: &[&str]) {
    assert_told_within(Duration::from_secs(1), start, expected);
}

#[rstest]
#[case::one_after_the_other(|| serial_good(), &["idle fail FSP-T04", "idle-peers fail FSP-T40"])]
#[case::with_a_hundred_workers(|| pool(100, Duration::ZERO), &["idle-peers fail FSP-T40"])]
#[case::with_two_slow_workers(
    || pool(2, Duration::from_millis(50)),
    &["at-once fail FSP-T40", "idle-peers fail FSP-T40"]
)]
#[case::and_bans_who_comes_often(
    || bans_after(150),
    &["connect-and-drop fail FSP-T27", "at-once..leaks not-run"]
)]
#[case::until_a_connection_is_reset(
    || dies_of_a_reset(),
    &["idle fail FSP-T04", "connect-and-drop fail FSP-O06", "at-once..leaks not-run"]
)]
#[case::until_http_comes(
    || dies_of(|received| received.starts_with(b"GET ")),
    &["http-get fail FSP-O06", "tls-client-hello..leaks not-run"]
)]
#[case::until_a_flood_comes(
    || dies_of(|received| received.len() > 65_536),
    &["idle fail FSP-T04", "idle-peers fail FSP-T40", "flood fail FSP-O06", "leaks not-run"]
)]
#[case::until_binary_comes(
    || hangs_on(|received| received.starts_with(b"\xff")),
    &["garbage fail FSP-T04", "http-get..leaks not-run"]
)]
#[case::with_one_buffer_for_all(|| one_buffer_for_all(), &["leaks fail"])]
#[case::and_sends_what_was_left(|| sends_what_was_left(), &["leaks fail"])]
#[case::and_is_a_chat_that_relays_whatever_comes(|| chat(|_| true), &["leaks fail"])]
#[case::and_is_a_chat(|| chat(|message| message.starts_with(b"<msg")), &["leaks tolerated"])]
fn a_server_that_serves_clients_badly(#[case] start: fn() -> Server, #[case] expected: &[&str]) {
    assert_told_within(Duration::from_secs(1), start, expected);
}

/// By the player's own budget.
#[rstest]
#[case::never(|| good(), &[])]
#[case::that_say_nothing_for_a_second(|| impatient(Some(Duration::from_secs(1)), None), &["late-request fail"])]
#[case::that_pause_inside_of_a_request(
    || impatient(None, Some(Duration::from_millis(300))),
    &["late-nul fail FSP-T18"]
)]
fn a_server_that_closes_on_clients(#[case] start: fn() -> Server, #[case] expected: &[&str]) {
    assert_told_by_the_player(start, expected);
}
