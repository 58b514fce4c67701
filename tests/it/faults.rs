//! The faults of a policy server: their ids, lists of them, and their effects on the player.

use std::time::Duration;

use flash_policy_fixture::wire::{Fault, FaultList, ListedFault};
use flash_policy_fixture::{PolicyServer, Profile};
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy};
use crate::scene::{Scene, faults_by_connection, scene};

mod every_fault;
mod wire;

/// The length of a document of 256 bytes or more does not begin with a NUL.
#[test]
fn the_length_before_a_long_policy_is_recognised() {
    let long = format!("<!--{}-->{}", "x".repeat(256), policy([allow("*", "*")]));
    let server = PolicyServer::builder().document(long).fault(Fault::LengthPrefix);
    assert_eq!(
        scene().master(server).play(),
        denied("malformed-policy")
            .asked([(843, "malformed"), (5000, "closed")])
            .connections(1)
            .diagnostics(["FSP-L13"])
    );
}

#[rstest]
#[case::bom(Fault::Bom, "FSP-D17")]
#[case::leading_whitespace(Fault::LeadingWhitespace, "FSP-D16")]
fn a_strict_player_rejects_what_stands_before_the_document(
    #[case] fault: Fault,
    #[case] diagnostic: &str,
) {
    let expected = denied("malformed-policy").asked([(843, "malformed")]).diagnostics([diagnostic]);
    assert_eq!(scene().master(fault).profile(Profile::strict()).play(), expected);
}

#[rstest]
#[case::silent_then_ok(
    scene().master(faults_by_connection([Fault::Silent, Fault::Ok])).sessions(2),
    permitted_by(843).connections(2)
)]
#[case::only_the_first_is_silent(
    scene().master(faults_by_connection([Fault::Silent, Fault::Ok])),
    denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T04"])
)]
#[case::the_last_one_repeats(
    scene().master(faults_by_connection([Fault::Ok, Fault::Http400])).sessions(3),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(3)
        .diagnostics(["FSP-T11"])
)]
#[case::in_band(
    scene().in_band(faults_by_connection([Fault::Silent, Fault::Ok])).sessions(2),
    permitted_by(5000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(3)
        .diagnostics(["FSP-T01"])
)]
#[case::in_band_a_payload_takes_no_turn(
    scene().in_band(faults_by_connection([Fault::Ok, Fault::NoNul, Fault::Http400])).sessions(2),
    permitted_by(5000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(4)
        .diagnostics(["FSP-T15", "FSP-T01"])
)]
#[case::resets_then_ok(
    scene()
        .master(faults_by_connection([Fault::ResetOnRequest, Fault::CloseOnAccept, Fault::Ok]))
        .sessions(3),
    permitted_by(843).connections(3)
)]
fn faults_are_scripted_by_connection(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

/// The error for an unknown fault lists every fault, and nothing else.
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
#[case("delay=2s", Fault::Delay(Duration::from_secs(2)))]
#[case("delay=4s", Fault::Delay(Duration::from_secs(4)))]
#[case("delay=2m", Fault::Delay(Duration::from_secs(120)))]
#[case("delay=0ms", Fault::Delay(Duration::ZERO))]
#[case("drip=1/1s", Fault::Drip { bytes: 1, every: Duration::from_secs(1) })]
fn durations_have_units(#[case] id: &str, #[case] fault: Fault) {
    assert_eq!(id.parse(), Ok(fault));
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
