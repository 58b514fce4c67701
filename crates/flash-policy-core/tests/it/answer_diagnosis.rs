//! The diagnosis of one answer: from its bytes with their times, and the order in which it ended.

use std::time::Duration;

use flash_policy_core::diagnosis::{
    AnswerEvidence, Opening, SameEvidence, diagnose_answer, diagnose_server,
};
use flash_policy_core::player::{Action, Event, Lookup, Role, Session};
use flash_policy_core::wire::{Exchange, MAX_ANSWER_BYTES, POLICY_REQUEST};
use flash_policy_core::{Cause, Profile, Swf};
use rstest::rstest;

const POLICY: &str = concat!(
    r#"<cross-domain-policy><allow-access-from domain="*.a.com" to-ports="5000"/>"#,
    "</cross-domain-policy>"
);
const HTTP: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

/// The way in which a peer ended.
#[derive(Clone, Copy)]
enum End {
    StaysOpen,
    Fin,
    Rst,
    /// A RST behind a FIN.
    FinThenRst,
}

/// Returns the evidence of a connection on which these bytes arrived, each at its time in
/// milliseconds. The peer ends 1 ms after the last of them; a client whose answer has no end gives
/// up after 3 s.
fn evidence(arrivals: &[(u64, &[u8])], end: End) -> AnswerEvidence {
    let mut exchange = Exchange::new(MAX_ANSWER_BYTES);
    exchange.record_sent(POLICY_REQUEST.len(), Duration::ZERO);
    for (at, bytes) in arrivals {
        exchange.record_bytes(bytes, Duration::from_millis(*at));
    }
    let last = arrivals.last().map_or(0, |(at, _)| *at);
    let end_at = Duration::from_millis(last + 1);
    match end {
        End::StaysOpen => {}
        End::Fin => exchange.record_fin(end_at),
        End::Rst => exchange.record_rst(end_at),
        End::FinThenRst => {
            exchange.record_fin(end_at);
            exchange.record_rst(end_at);
        }
    }
    let waited = match exchange.answer_end() {
        None => Duration::from_secs(3),
        Some(_) => end_at,
    };
    AnswerEvidence::new("game.a.com:843".parse().unwrap(), Opening::Connected)
        .with_exchange(exchange)
        .waited(waited)
}

fn ids(evidence: &AnswerEvidence, role: Role) -> Vec<&'static str> {
    let found = diagnose_answer(evidence, role, &Profile::flash_10());
    found.iter().map(|diagnostic| diagnostic.rule().id()).collect()
}

/// Returns the policy with other bytes behind it.
fn with(behind: &str) -> Vec<u8> {
    [POLICY, behind].concat().into_bytes()
}

#[rstest]
// Bytes that came at once are not slow, whatever they lack.
#[case::escaped_nul_left_open(&with(r"\0"), End::StaysOpen, &["FSP-T16", "FSP-T14"])]
#[case::no_nul_left_open(&with(""), End::StaysOpen, &["FSP-T14"])]
#[case::newline_instead_of_nul_left_open(&with("\n"), End::StaysOpen, &["FSP-T14"])]
#[case::text_behind_the_root_left_open(&with("OK"), End::StaysOpen, &["FSP-D20", "FSP-T14"])]
#[case::cut_and_left_open(&with("")[..60], End::StaysOpen, &["FSP-D21", "FSP-T14"])]
#[case::ill_formed_and_left_open(
    b"<cross-domain-policy></x>",
    End::StaysOpen,
    &["FSP-D22", "FSP-T14"]
)]
#[case::http_left_open(HTTP.as_bytes(), End::StaysOpen, &["FSP-T11"])]
#[case::tls_left_open(b"\x15\x03\x01\0\x02\x02\x0a", End::StaysOpen, &["FSP-T12"])]
#[case::silence(b"", End::StaysOpen, &["FSP-T04"])]
// A close ends the answer as well.
#[case::escaped_nul_closed(&with(r"\0"), End::Fin, &["FSP-T16"])]
#[case::no_nul_closed(&with(""), End::Fin, &["FSP-T15"])]
#[case::cut_and_closed(&with("")[..60], End::Fin, &["FSP-D21"])]
#[case::http_closed(HTTP.as_bytes(), End::Fin, &["FSP-T11"])]
#[case::nothing_closed(b"", End::Fin, &["FSP-T27"])]
// A reset that comes before the NUL destroys the policy. What is missing may have been on its way.
#[case::no_nul_reset(&with(""), End::Rst, &["FSP-T06"])]
#[case::escaped_nul_reset(&with(r"\0"), End::Rst, &["FSP-T16", "FSP-T06"])]
#[case::cut_and_reset(&with("")[..60], End::Rst, &["FSP-T06"])]
#[case::nothing_reset(b"", End::Rst, &["FSP-T27"])]
// A reset behind the NUL is only a warning, and one behind a FIN is none.
#[case::reset_behind_the_nul(&with("\0"), End::Rst, &["FSP-T06"])]
#[case::reset_behind_the_fin(&with("\0"), End::FinThenRst, &[])]
#[case::no_nul_and_reset_behind_the_fin(&with(""), End::FinThenRst, &["FSP-T15"])]
// What follows the NUL.
#[case::nothing_behind_the_nul(&with("\0"), End::Fin, &[])]
#[case::nuls_behind_the_nul(&with("\0\0\0"), End::Fin, &["FSP-T17"])]
#[case::a_paren_behind_the_nul(&with("\0)"), End::Fin, &["FSP-T17"])]
#[case::a_policy_behind_the_nul(&with(&format!("\0{POLICY}\0")), End::Fin, &["FSP-T25"])]
#[case::a_policy_without_nul_behind_the_nul(&with(&format!("\0{POLICY}")), End::Fin, &["FSP-T25"])]
#[case::a_bad_document_and_bytes_behind_it(
    b"<cross-domain-policy>\0x",
    End::Fin,
    &["FSP-D21", "FSP-T17"]
)]
// The length of writeUTF, whose first byte may be a NUL.
#[case::a_short_length(&length_before(&with("")), End::Fin, &["FSP-L13"])]
#[case::a_long_length(&length_before(&with(&" ".repeat(300))), End::Fin, &["FSP-L13"])]
#[case::a_short_length_left_open(&length_before(&with("")), End::StaysOpen, &["FSP-L13"])]
#[case::a_little_endian_length(&little_endian(&with("")), End::Fin, &["FSP-L13"])]
#[case::an_empty_answer(b"\0", End::Fin, &["FSP-L11"])]
#[case::a_nul_before_the_policy(&[b"\0", with("\0").as_slice()].concat(), End::Fin, &["FSP-D19"])]
#[case::another_message_before_the_policy(
    &[b"<welcome/>\0", with("\0").as_slice()].concat(),
    End::Fin,
    &["FSP-D23", "FSP-T17"]
)]
#[case::utf_16_little_endian(&utf_16(POLICY, u16::to_le_bytes), End::Fin, &["FSP-D18"])]
#[case::utf_16_big_endian(&utf_16(POLICY, u16::to_be_bytes), End::StaysOpen, &["FSP-D18"])]
#[case::gzip(b"\x1f\x8b\x08\0\0\0\0\0\0\x03", End::Fin, &["FSP-L10", "FSP-T17"])]
// Another protocol.
#[case::the_request_itself(POLICY_REQUEST, End::StaysOpen, &["FSP-L30"])]
fn what_came_at_once_is_judged_by_its_bytes(
    #[case] received: &[u8],
    #[case] end: End,
    #[case] expected: &[&str],
) {
    assert_eq!(ids(&evidence(&[(1, received)], end), Role::Master), expected);
}

fn little_endian(policy: &[u8]) -> Vec<u8> {
    let length = u16::try_from(policy.len()).unwrap().to_le_bytes();
    [&length, policy].concat()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn length_before(policy: &[u8]) -> Vec<u8> {
    let length = u16::try_from(policy.len()).unwrap().to_be_bytes();
    [&length, policy].concat()
}

#[rstest]
#[case::a_byte_each_50_ms(50, 60, &["FSP-T05"])]
#[case::a_byte_each_second(1000, 3, &["FSP-T05"])]
#[case::a_byte_each_millisecond_and_then_nothing(1, 60, &["FSP-D21", "FSP-T14"])]
fn an_answer_is_slow_only_if_it_was_still_arriving(
    #[case] pause_ms: u64,
    #[case] count: u64,
    #[case] expected: &[&str],
) {
    let bytes = with("");
    let arrivals: Vec<_> = (0..count)
        .map(|index| (index * pause_ms, &bytes[index as usize..=index as usize]))
        .filter(|(at, _)| *at < 3000)
        .collect();
    assert_eq!(ids(&evidence(&arrivals, End::StaysOpen), Role::Master), expected);
}

#[rstest]
#[case::quick(10, &[])]
#[case::half_of_the_time(1500, &[])]
#[case::close_to_the_deadline(2900, &["FSP-T05"])]
fn a_policy_that_comes_close_to_the_deadline_is_a_warning(
    #[case] at_ms: u64,
    #[case] expected: &[&str],
) {
    let policy = with("\0");
    assert_eq!(ids(&evidence(&[(at_ms, &policy)], End::Fin), Role::Master), expected);
}

#[rstest]
#[case::at_the_master(Role::Master, "FSP-T11")]
#[case::in_band(Role::Destination, "FSP-T10")]
#[case::at_a_named_location(Role::Explicit, "FSP-T10")]
fn http_is_named_by_the_place_that_speaks_it(#[case] role: Role, #[case] expected: &str) {
    assert_eq!(ids(&evidence(&[(1, HTTP.as_bytes())], End::Fin), role), [expected]);
}

#[rstest]
#[case::refused_at_the_master(Opening::Refused, Role::Master, &["FSP-T01"])]
#[case::refused_in_band(Opening::Refused, Role::Destination, &[])]
#[case::dropped(Opening::Dropped, Role::Master, &["FSP-T02"])]
#[case::reset(Opening::Reset, Role::Master, &["FSP-T27"])]
#[case::unknown_name(Opening::NameNotFound, Role::Master, &["FSP-T34"])]
#[case::blocked_port(Opening::BlockedPort, Role::Explicit, &["FSP-T33"])]
fn a_connect_that_fails_has_its_rule(
    #[case] opening: Opening,
    #[case] role: Role,
    #[case] expected: &[&str],
) {
    let evidence = AnswerEvidence::new("game.a.com:843".parse().unwrap(), opening);
    assert_eq!(ids(&evidence, role), expected);
}

#[test]
fn what_a_backend_of_this_project_answers_is_no_diagnostic() {
    let mut exchange = Exchange::new(MAX_ANSWER_BYTES);
    exchange.record_bytes(POLICY_REQUEST, Duration::ZERO);
    let evidence = AnswerEvidence::new("game.a.com:5000".parse().unwrap(), Opening::StandIn)
        .with_exchange(exchange);
    assert!(ids(&evidence, Role::Destination).is_empty());
}

#[rstest]
#[case::it_refuses(Opening::Refused, None, "FSP-O06")]
#[case::it_closes(Opening::Connected, Some(End::Fin), "FSP-T29")]
#[case::it_resets(Opening::Connected, Some(End::Rst), "FSP-T29")]
fn a_server_that_answered_a_moment_ago_is_diagnosed_by_that(
    #[case] opening: Opening,
    #[case] end: Option<End>,
    #[case] expected: &str,
) {
    let now = match end {
        Some(end) => evidence(&[], end),
        None => AnswerEvidence::new("game.a.com:843".parse().unwrap(), opening),
    };
    let found = diagnose_server(&now, true, Role::Master, &Profile::flash_10());
    assert_eq!(found[0].rule().id(), expected);
    let unknown_before = diagnose_server(&now, false, Role::Master, &Profile::flash_10());
    assert_eq!(unknown_before, diagnose_answer(&now, Role::Master, &Profile::flash_10()));
}

#[test]
fn each_group_of_causes_with_the_same_evidence_asks_a_question_and_repeats_no_rule() {
    for group in SameEvidence::ALL {
        let reported = group.reported();
        assert!(reported.is_emitted(), "{reported}");
        assert!(group.question().ends_with('?'), "{reported}");
        assert!(!group.also().is_empty() && !group.also().contains(reported), "{reported}");
        assert_eq!(SameEvidence::of(reported), Some(group));
    }
}

#[test]
fn no_event_is_reported_before_the_decision() {
    let mut session = Session::new(Profile::flash_10());
    let swf: Swf = "http://www.a.com/game.swf".parse().unwrap();
    let mut lookup = Lookup::start(&mut session, &swf, "game.a.com", 5000);
    // A driver that is late reports a time beyond Socket.timeout.
    while !matches!(lookup.action(), Action::Decided) {
        lookup.handle(&mut session, Event::Refused, Duration::from_secs(25));
    }
    let outcome = lookup.finish(None::<()>);
    assert_eq!(outcome.cause(), Cause::NoPolicy);
    assert_eq!(outcome.reported_at(), Some(outcome.decided_at()));
}
