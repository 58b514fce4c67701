//! Every fault of a policy server, at the master and in-band, by the evaluator and over real sockets alike.

use std::time::Duration;

use flash_policy_fixture::wire::Fault;
use rstest::rstest;

use crate::support::{Seen, document, m, ok, scene, se};

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
fn a_fault_of_the_master(#[case] id: &str, #[case] expected: Seen) {
    let fault: Fault = id.parse().unwrap();
    assert_eq!(m(fault).t("G(*|*)").play(), expected, "left: got, right: expected");
}

/// The destination does not grant.
fn denied(answer: &str, notes: &str) -> Seen {
    let cause = if answer == "malformed" { "malformed-policy" } else { "no-policy" };
    se(cause).asked(&format!("843=refused 5000={answer}")).t(1).notes(format!("T01 {notes}").trim_end())
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
fn a_fault_of_an_in_band_destination(#[case] id: &str, #[case] expected: Seen) {
    let fault: Fault = id.parse().unwrap();
    assert_eq!(scene().t(fault).play(), expected, "left: got, right: expected");
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
#[case("refused", Fault::Refused)]
#[case("dropped", Fault::Dropped)]
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
fn a_fault_is_written_as_it_is_read(#[case] id: &str, #[case] fault: Fault) {
    assert_eq!(id.parse(), Ok(fault.clone()));
    assert_eq!(fault.to_string(), id);
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
fn a_bad_fault_is_explained(#[case] id: &str, #[case] problem: &str) {
    let error = id.parse::<Fault>().unwrap_err().to_string();
    assert!(error.starts_with(&format!("fault `{id}`: {problem}")), "{error}");
}

#[rstest]
#[case(vec![Fault::Refused, Fault::Ok], "fault `refused`: it speaks of the whole endpoint")]
#[case(vec![Fault::Silent, Fault::Dropped], "fault `dropped`: it speaks of the whole endpoint")]
fn a_fault_of_the_endpoint_stands_alone(#[case] faults: Vec<Fault>, #[case] problem: &str) {
    let error = Fault::declare(&faults, b"").unwrap_err().to_string();
    assert!(error.starts_with(problem), "{error}");
}
