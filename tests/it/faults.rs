//! Every fault of a policy server, at the master and in-band, by the evaluator and over real sockets alike.

use std::time::Duration;

use flash_policy_fixture::wire::{EndpointState, Fault, FaultList, ListedFault};
use flash_policy_fixture::{PolicyServer, Profile};
use rstest::rstest;

use crate::support::{Seen, document, m, ok, scene, se};

mod wire;

fn length() -> u128 {
    document("G(*|*)").len() as u128 + 1
}

/// The master fails as it is said, and the destination grants.
fn goes_on(answer: &str, notes: &str) -> Seen {
    ok(5000).asked(&format!("843={answer} 5000=policy")).t(2).notes(notes)
}

#[rstest]
#[case("ok", ok(843))]
#[case("refused", goes_on("refused", "T01"))]
#[case("dropped", goes_on("dropped", "T02").after(3000))]
#[case("silent", goes_on("none", "T04").after(3000))]
#[case("close-on-accept", goes_on("closed", "T27"))]
#[case("reset-on-request", goes_on("reset", ""))]
#[case("no-nul", ok(843).notes("T15"))]
#[case("no-nul-open", goes_on("none", "T14").after(3000))]
#[case("delay=2s", ok(843).after(2000))]
#[case("delay=4s", goes_on("none", "T04").after(3000))]
#[case("split=1,23,40", ok(843))]
#[case("drip=1/10ms", ok(843).after((length() - 1) * 10))]
#[case("drip=1/1s", goes_on("none", "T05").after(3000))]
#[case("unprompted", ok(843))]
#[case("bytes-after-nul=more", ok(843).notes("T17"))]
#[case("http-400", goes_on("malformed", "T11"))]
#[case("serial", ok(843))]
#[case("close-on-request", goes_on("closed", "T27"))]
#[case("reset-on-accept", goes_on("reset", ""))]
#[case("reset-after-answer", ok(843).notes("T06"))]
#[case("escaped-nul", goes_on("malformed", "T16"))]
#[case("keep-open", ok(843))]
#[case("twice", ok(843).notes("T17"))]
#[case("tls-alert", goes_on("malformed", "T12"))]
#[case("bom", ok(843).notes("D17"))]
#[case("leading-whitespace", ok(843).notes("D16"))]
#[case("length-prefix", goes_on("malformed", "L11"))]
#[case("utf-16", goes_on("malformed", "D18"))]
#[case("request-needs-newline", goes_on("none", "T04").after(3000))]
#[case("one-read", ok(843))]
#[case("first-byte-only", ok(843))]
#[case("swallow-coalesced", ok(843))]
#[case("truncate=0", goes_on("closed", "T27"))]
#[case("truncate=60", goes_on("malformed", "D21"))]
#[case(&format!("truncate={}", length() - 1), ok(843).notes("T15"))]
#[case("truncate=18446744073709551615", ok(843))]
#[case("extra-nuls=0", ok(843))]
#[case("extra-nuls=3", ok(843).notes("T17"))]
#[case("extra-nuls=65535", ok(843).notes("T17"))]
fn a_fault_of_the_master(#[case] id: &str, #[case] expected: Seen) {
    let fault: ListedFault = id.parse().unwrap();
    assert_eq!(m(fault).t("G(*|*)").play(), expected, "left: got, right: expected");
}

/// The destination does not grant.
fn denied(answer: &str, notes: &str) -> Seen {
    let cause = if answer == "malformed" { "malformed-policy" } else { "no-policy" };
    se(cause)
        .asked(&format!("843=refused 5000={answer}"))
        .t(1)
        .notes(format!("T01 {notes}").trim_end())
}

fn granted(notes: &str) -> Seen {
    ok(5000).asked("843=refused 5000=policy").t(2).notes(format!("T01 {notes}").trim_end())
}

#[rstest]
#[case("ok", granted(""))]
#[case("refused", denied("refused", "").t(0))]
#[case("dropped", denied("dropped", "T02").t(0).after(3000))]
#[case("silent", denied("none", "T04").after(3000))]
#[case("close-on-accept", denied("closed", "T27"))]
#[case("reset-on-request", denied("reset", ""))]
#[case("no-nul", granted("T15"))]
#[case("no-nul-open", denied("none", "T14").after(3000))]
#[case("delay=2s", granted("").after(2000))]
#[case("delay=4s", denied("none", "T04").after(3000))]
#[case("split=1,23,40", granted(""))]
#[case("drip=1/10ms", granted("").after((length() - 1) * 10))]
#[case("drip=1/1s", denied("none", "T05").after(3000))]
#[case("unprompted", granted(""))]
#[case("bytes-after-nul=more", granted("T17"))]
#[case("http-400", denied("malformed", "T10"))]
#[case("serial", granted(""))]
#[case("close-on-request", denied("closed", "T27"))]
#[case("reset-on-accept", denied("reset", ""))]
#[case("reset-after-answer", granted("T06"))]
#[case("escaped-nul", denied("malformed", "T16"))]
#[case("keep-open", granted(""))]
#[case("twice", granted("T17"))]
#[case("tls-alert", denied("malformed", "T12"))]
#[case("bom", granted("D17"))]
#[case("leading-whitespace", granted("D16"))]
#[case("length-prefix", denied("malformed", "L11"))]
#[case("utf-16", denied("malformed", "D18"))]
#[case("request-needs-newline", denied("none", "T04").after(3000))]
#[case("one-read", granted(""))]
#[case("first-byte-only", granted(""))]
#[case("swallow-coalesced", granted(""))]
#[case("truncate=60", denied("malformed", "D21"))]
#[case("extra-nuls=3", granted("T17"))]
fn a_fault_of_an_in_band_destination(#[case] id: &str, #[case] expected: Seen) {
    let fault: ListedFault = id.parse().unwrap();
    assert_eq!(scene().t(fault).play(), expected, "left: got, right: expected");
}

/// A document of 256 bytes and more: its length does not begin with a NUL.
#[test]
fn the_length_before_a_long_policy_is_recognised() {
    let long = format!("<!--{}-->{}", "x".repeat(256), document("G(*|*)"));
    let server = PolicyServer::builder().document(long).fault(Fault::LengthPrefix);
    assert_eq!(
        m(server).play(),
        se("malformed-policy").asked("843=malformed 5000=closed").t(1).notes("L13 T27")
    );
}

#[rstest]
#[case::bom(Fault::Bom, "D17")]
#[case::leading_whitespace(Fault::LeadingWhitespace, "D16")]
fn a_strict_player_rejects_what_stands_before_the_document(
    #[case] fault: Fault,
    #[case] notes: &str,
) {
    let expected = se("malformed-policy").asked("843=malformed").t(0).notes(notes);
    assert_eq!(m(fault).player(Profile::strict()).play(), expected);
}

#[rstest]
#[case::silent_then_ok(m([Fault::Silent, Fault::Ok]).sessions(2), ok(843).t(2))]
#[case::only_the_first_is_silent(
    m([Fault::Silent, Fault::Ok]), se("no-policy").after(3000).asked("843=none 5000=closed").t(1).notes("T04 T27"))]
#[case::the_last_one_repeats(
    m([Fault::Ok, Fault::Http400]).sessions(3), se("malformed-policy").asked("843=malformed 5000=closed").t(3).notes("T11 T27"))]
#[case::in_band(scene().t([Fault::Silent, Fault::Ok]).sessions(2), granted("").t(3))]
#[case::in_band_a_payload_takes_no_turn(
    scene().t([Fault::Ok, Fault::NoNul, Fault::Http400]).sessions(2), granted("T15").t(4))]
#[case::resets_then_ok(m([Fault::ResetOnRequest, Fault::CloseOnAccept, Fault::Ok]).sessions(3), ok(843).t(3))]
fn faults_are_scripted_by_connection(#[case] scene: crate::support::Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

#[rstest]
#[case("ok", Fault::Ok)]
#[case("refused", ListedFault::State(EndpointState::Refused))]
#[case("dropped", ListedFault::State(EndpointState::Dropped))]
#[case("silent", Fault::Silent)]
#[case("close-on-accept", Fault::CloseOnAccept)]
#[case("reset-on-request", Fault::ResetOnRequest)]
#[case("no-nul", Fault::NoNul)]
#[case("no-nul-open", Fault::NoNulOpen)]
#[case("delay=500ms", Fault::Delay(Duration::from_millis(500)))]
#[case("split=1,2", Fault::Split(vec![1, 2]))]
#[case("drip=7/10ms", Fault::Drip { bytes: 7, every: Duration::from_millis(10) })]
#[case("unprompted", Fault::Unprompted)]
#[case("bytes-after-nul=", Fault::BytesAfterNul(String::new()))]
#[case("bytes-after-nul=a=b c", Fault::BytesAfterNul("a=b c".to_owned()))]
#[case("http-400", Fault::Http400)]
#[case("serial", ListedFault::Serial)]
#[case("close-on-request", Fault::CloseOnRequest)]
#[case("reset-on-accept", Fault::ResetOnAccept)]
#[case("reset-after-answer", Fault::ResetAfterAnswer)]
#[case("escaped-nul", Fault::EscapedNul)]
#[case("keep-open", Fault::KeepOpen)]
#[case("twice", Fault::Twice)]
#[case("tls-alert", Fault::TlsAlert)]
#[case("bom", Fault::Bom)]
#[case("leading-whitespace", Fault::LeadingWhitespace)]
#[case("length-prefix", Fault::LengthPrefix)]
#[case("utf-16", Fault::Utf16)]
#[case("request-needs-newline", Fault::RequestNeedsNewline)]
#[case("one-read", Fault::OneRead)]
#[case("first-byte-only", Fault::FirstByteOnly)]
#[case("swallow-coalesced", Fault::SwallowCoalesced)]
#[case("truncate=0", Fault::Truncate(0))]
#[case("truncate=18446744073709551615", Fault::Truncate(usize::MAX))]
#[case("extra-nuls=0", Fault::ExtraNuls(0))]
#[case("extra-nuls=65535", Fault::ExtraNuls(u16::MAX))]
fn a_fault_is_written_as_it_is_read(#[case] id: &str, #[case] fault: impl Into<ListedFault>) {
    let fault = fault.into();
    assert_eq!(id.parse(), Ok(fault.clone()));
    assert_eq!(fault.to_string(), id);
}

/// The list that an unknown fault is answered with is the whole truth.
#[test]
fn every_fault_that_is_listed_can_be_written() {
    let error = "none-of-them".parse::<Fault>().unwrap_err().to_string();
    let values = [
        ("DURATION", "1ms"),
        ("N,M", "1,2"),
        ("BYTES", "1"),
        ("TEXT", "more"),
        ("truncate=N", "truncate=1"),
        ("=N", "=1"),
    ];
    let listed = error.split_once("there are ").unwrap().1;
    let listed =
        values.iter().fold(listed.to_owned(), |listed, (name, value)| listed.replace(name, value));
    let listed: Vec<_> = listed.split(", ").collect();
    assert_eq!(listed.len(), 32);
    for written in listed {
        assert_eq!(written.parse::<ListedFault>().unwrap().to_string(), written);
    }
}

#[rstest]
#[case("delay=4s", 4000)]
#[case("delay=2m", 120_000)]
#[case("delay=0ms", 0)]
fn durations_have_units(#[case] id: &str, #[case] millis: u64) {
    assert_eq!(id.parse(), Ok(Fault::Delay(Duration::from_millis(millis))));
}

#[rstest]
#[case("", "no such fault; there are ok, refused,")]
#[case("slient", "no such fault; there are ok, refused,")]
#[case("Silent", "no such fault")]
#[case("silent=1", "no such fault")]
#[case("delay", "no such fault")]
#[case("delay=", "expected a duration such as 500ms, 4s or 2m, found ``")]
#[case("delay=4", "expected a duration such as 500ms, 4s or 2m, found `4`")]
#[case("delay=-1s", "expected a duration")]
#[case("delay=1.5s", "expected a duration")]
#[case("delay=99999999999999999999s", "expected a duration")]
#[case("delay=18446744073709551615m", "expected a duration")]
#[case("split=", "expected a number of bytes, found ``")]
#[case("split=1,,2", "expected a number of bytes, found ``")]
#[case("split=-1", "expected a number of bytes, found `-1`")]
#[case("drip=1", "expected BYTES/DURATION such as 1/100ms, found `1`")]
#[case("drip=0/1s", "expected at least 1 byte at a time, found 0")]
#[case("drip=x/1s", "expected a number of bytes, found `x`")]
#[case("drip=1/1", "expected a duration")]
#[case("drip=+1/1s", "expected a number of bytes, found `+1`")]
#[case("split=+1", "expected a number of bytes, found `+1`")]
#[case("bom=", "no such fault")]
#[case("BOM", "no such fault")]
#[case("truncate", "no such fault")]
#[case("truncate=", "expected a number of bytes, found ``")]
#[case("truncate=-1", "expected a number of bytes, found `-1`")]
#[case("truncate=+1", "expected a number of bytes, found `+1`")]
#[case("truncate=1 ", "expected a number of bytes, found `1 `")]
#[case("truncate=99999999999999999999", "expected a number of bytes, found `99999999999999999999`")]
#[case("extra-nuls", "no such fault")]
#[case("extra-nuls=", "expected a number of NULs up to 65535, found ``")]
#[case("extra-nuls=-1", "expected a number of NULs up to 65535, found `-1`")]
#[case("extra-nuls=65536", "expected a number of NULs up to 65535, found `65536`")]
#[case("extra-nuls=two", "expected a number of NULs up to 65535, found `two`")]
fn a_bad_fault_is_explained(#[case] id: &str, #[case] problem: &str) {
    let error = id.parse::<Fault>().unwrap_err().to_string();
    assert!(error.starts_with(&format!("fault `{id}`: {problem}")), "{error}");
}

#[rstest]
#[case(["refused", "ok"], "fault `refused`: it speaks of the whole endpoint")]
#[case(["silent", "dropped"], "fault `dropped`: it speaks of the whole endpoint")]
#[case(["serial", "no-nul"], "fault `serial`: it speaks of the whole endpoint")]
#[case(["serial", "serial"], "fault `serial`: it speaks of the whole endpoint")]
fn a_fault_of_the_endpoint_stands_alone(#[case] faults: [&str; 2], #[case] problem: &str) {
    let error = FaultList::parse(faults).unwrap_err().to_string();
    assert!(error.starts_with(problem), "{error}");
}
