//! Rulebook T: how long the player waits, and when it reports. All times are the player's.

use std::time::Duration;

use flash_policy_fixture::Profile;
use flash_policy_fixture::wire::{EndpointState, Fault};
use rstest::rstest;

use crate::support::{Scene, Seen, m, ok, scene, se, unreachable};

fn late(millis: u64) -> Fault {
    Fault::Delay(Duration::from_millis(millis))
}

fn drip(bytes: usize, millis: u64) -> Fault {
    Fault::Drip { bytes, every: Duration::from_millis(millis) }
}

#[rstest]
// T1: the master has 3 s from the start of the connect to the complete policy.
#[case::just_in_time(m(late(2999)), ok(843).after(2999).t(1))]
#[case::too_late(m(late(3001)).t("G(*|*)"), ok(5000).after(3000).asked("843=none 5000=policy").t(2).notes("T04"))]
#[case::begun_in_time(m(drip(50, 2000)).t("G(*|*)"), ok(5000).after(3000).asked("843=none 5000=policy").t(2).notes("T05"))]
// T2: an explicit location has no deadline of its own; naming 843 removes the 3 s, and a SYN is retried for 15 s.
#[case::explicit_and_slow(scene().e(2525, late(19_999)), ok(2525).after(19_999).asked("843=refused 2525=policy").t(1).notes("T01"))]
#[case::master_named_explicitly(m(late(9000)).load("xmlsocket://h:843"), ok(843).after(9000).t(1))]
#[case::explicit_and_dropped(
    scene().e(2525, EndpointState::Dropped).t("G(*|*)"),
    ok(5000).after(15_000).asked("843=refused 2525=dropped 5000=policy").t(2).notes("T01 T03"))]
#[case::master_named_explicitly_and_dropped(
    m(EndpointState::Dropped).load("xmlsocket://h:843").t("G(*|*)"),
    ok(5000).after(15_000).asked("843=dropped 5000=policy").t(2).notes("T03"))]
// T3: the destination's policy has 3 s of its own.
#[case::destination_just_in_time(
    m(Fault::Silent).t(late(2999)), ok(5000).after(5999).asked("843=none 5000=policy").t(2).notes("T04"))]
#[case::destination_too_late(
    m(Fault::Silent).t(late(3001)), se("no-policy").after(6000).asked("843=none 5000=none").t(1).notes("T04 T04"))]
#[case::destination_dropped(
    scene().filtered(), se("no-policy").after(3000).asked("843=refused 5000=dropped").notes("T01 T02"))]
#[case::destination_named_explicitly(
    scene().t(late(4000)).load("xmlsocket://h:5000"), ok(5000).after(4000).asked("843=refused 5000=policy").t(2).notes("T01"))]
// T4: Socket.timeout covers the policy phase and the payload connect, and ends in a securityError even after a grant.
#[case::backend_never_answers(
    m(late(2000)).filtered(), unreachable("backend-timed-out", "843", "securityError#2048@20000").after(20_000))]
#[case::policy_phase_alone(
    m(Fault::Silent).t(Fault::Silent).but(|p| p.timing.socket_timeout = Some(Duration::from_secs(5))),
    se("timed-out").told("securityError#2048@5000").after(5000).asked("843=none 5000=none").t(1).notes("T04 T04"))]
#[case::together(
    m(late(2000)).filtered().but(|p| p.timing.socket_timeout = Some(Duration::from_secs(2))),
    unreachable("backend-timed-out", "843", "securityError#2048@2000").after(2000))]
// T5: a quick denial is reported when Socket.timeout has run out; Flash Player 9 reports it at once.
#[case::quick_denial(m("SC=none G(*|*)"), se("meta-policy-none").told("securityError#2048@20000"))]
#[case::quick_denial_by_flash_9(
    m("SC=none G(*|*)").player(Profile::flash_9_124()), se("meta-policy-none").told("securityError#2048@0"))]
#[case::late_denial_by_flash_9(
    m(Fault::Silent).player(Profile::flash_9_124()),
    se("no-policy").told("securityError#2048@3000").after(3000).asked("843=none 5000=closed").t(1).notes("T04 T27"))]
// T6: a wait for an explicit location that outlasts Socket.timeout denies, although the next location would grant.
#[case::a_silent_location_uses_it_up(
    m("G(b.com|*)").e(2525, Fault::Silent).e(2626, "G(*|*)").t("G(*|*)"),
    se("timed-out").after(20_000).asked("843=policy 2525=none").t(0).notes("T04"))]
#[case::two_dropped_locations_use_it_up(
    scene().e(2525, EndpointState::Dropped).e(2626, EndpointState::Dropped).t("G(*|*)"),
    se("timed-out").after(20_000).asked("843=refused 2525=dropped 2626=dropped").t(0).notes("T01 T03 T03"))]
#[case::a_silent_master_that_was_named_uses_it_up(
    m(Fault::NoNulOpen).load("xmlsocket://h:843").t("G(*|*)"), se("timed-out").after(20_000).asked("843=none").t(0).notes("T14"))]
fn it_takes_the_player_s_time(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

// T4, T6: without Socket.timeout this client's own patience ends a wait for ever.
#[test]
fn flash_9_waits_for_a_silent_location_as_long_as_we_have_patience() {
    let seen = m("G(b.com|*)").e(2525, Fault::Silent).player(Profile::flash_9_124()).play();
    let expected = se("timed-out").told("securityError#2048@120000").after(120_000);
    assert_eq!(seen, expected.asked("843=policy 2525=none").t(0).notes("T04"));
}

// T2: the operating system's timeout, not our patience, ends a dropped location; no setting leads to a panic.
#[test]
fn patience_shorter_than_the_wait_before_is_no_trouble() {
    let seen = m(Fault::Silent)
        .e(2525, EndpointState::Dropped)
        .t("G(*|*)")
        .but(|p| p.timing.patience = Duration::from_secs(1))
        .play();
    let expected = ok(5000).after(18_000).asked("843=none 2525=dropped 5000=policy");
    assert_eq!(seen, expected.t(2).notes("T04 T03"));
}

// T1-T3: a deadline that never comes is no trouble.
#[test]
fn endless_deadlines_are_no_trouble() {
    let endless = |p: &mut Profile| {
        p.timing.master_timeout = Duration::MAX;
        p.timing.destination_timeout = Duration::MAX;
        p.timing.connect_timeout = Duration::MAX;
    };
    let seen = m(late(1000)).e(2525, EndpointState::Dropped).req("c.com").but(endless).play();
    assert_eq!(seen, ok(843).after(1000).t(1));
    let seen = m("G(b.com|*)")
        .at(2525, late(1000))
        .e(2626, late(1000))
        .t(Fault::Silent)
        .but(endless)
        .play();
    assert_eq!(seen, ok(2626).after(1000).asked("843=policy 2626=policy").t(1));
    let seen = m("G(b.com|*)")
        .e(2525, [flash_policy_fixture::wire::Script::new().wait(Duration::from_secs(1)).fin()])
        .t(Fault::Silent)
        .but(endless)
        .play();
    let expected = se("timed-out").after(20_000).asked("843=policy 2525=closed 5000=none").t(1);
    assert_eq!(seen, expected.notes("T27 T04"));
}
