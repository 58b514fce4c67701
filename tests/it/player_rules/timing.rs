//! Rulebook T: how long the player waits and when it reports. All times are the player's.

use std::time::Duration;

use flash_policy_fixture::Profile;
use flash_policy_fixture::wire::{EndpointState, Fault, Script};
use rstest::rstest;

use crate::observed::{Observed, at_ms, denied, permitted_by, unreachable};
use crate::policies::{allow, policy, site_control};
use crate::scene::{Scene, scene};

/// Answers this late, with a policy that allows everybody.
fn late_by_ms(millis: u64) -> Fault {
    Fault::Delay(Duration::from_millis(millis))
}

#[rstest]
// T1: the master has 3 s from the start of the connect to the complete policy.
#[case::just_in_time(
    scene().master(late_by_ms(2999)),
    permitted_by(843).decided_at_ms(2999).diagnostics(["FSP-T05"])
)]
#[case::too_late(
    scene().master(late_by_ms(3001)).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04"])
)]
#[case::begun_in_time(
    scene()
        .master(Fault::Drip { bytes: 50, every: Duration::from_secs(2) })
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T05"])
)]
// T2: an explicit location has no deadline of its own, and naming port 843 removes its 3 s. A SYN
// is retried for 15 s.
#[case::explicit_and_slow(
    scene().explicit(2525, late_by_ms(19_999)),
    permitted_by(2525)
        .decided_at_ms(19_999)
        .asked([(843, "refused"), (2525, "policy")])
        .diagnostics(["FSP-T01"])
)]
#[case::master_named_explicitly(
    scene().master(late_by_ms(9000)).load_policy_file("xmlsocket://h:843"),
    permitted_by(843).decided_at_ms(9000)
)]
#[case::explicit_and_dropped(
    scene().explicit(2525, EndpointState::Dropped).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(15_000)
        .asked([(843, "refused"), (2525, "dropped"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T03", "FSP-T01"])
)]
#[case::master_named_explicitly_and_dropped(
    scene()
        .master(EndpointState::Dropped)
        .load_policy_file("xmlsocket://h:843")
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(15_000)
        .asked([(843, "dropped"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T03"])
)]
// T3: the destination's policy has 3 s of its own.
#[case::destination_just_in_time(
    scene().master(Fault::Silent).in_band(late_by_ms(2999)),
    permitted_by(5000)
        .decided_at_ms(5999)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04", "FSP-T05"])
)]
#[case::destination_too_late(
    scene().master(Fault::Silent).in_band(late_by_ms(3001)),
    denied("no-policy")
        .decided_at_ms(6000)
        .asked([(843, "none"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T04", "FSP-T04"])
)]
#[case::destination_dropped(
    scene().backend_firewalled(),
    denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "dropped")])
        .diagnostics(["FSP-T02", "FSP-T01"])
)]
#[case::destination_named_explicitly(
    scene().in_band(late_by_ms(4000)).load_policy_file("xmlsocket://h:5000"),
    permitted_by(5000)
        .decided_at_ms(4000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
// T4: Socket.timeout covers the policy phase and the payload connect. It ends in a securityError,
// even after a grant.
#[case::backend_never_answers(
    scene().master(late_by_ms(2000)).backend_firewalled(),
    unreachable("backend-timed-out")
        .granted_by(843)
        .events([("securityError#2048", at_ms(20_000))])
        .decided_at_ms(20_000)
        .diagnostics(["FSP-B02", "FSP-T05"])
)]
#[case::policy_phase_alone(
    scene()
        .master(Fault::Silent)
        .in_band(Fault::Silent)
        .profile_with(|profile| profile.timing.socket_timeout = Some(Duration::from_secs(5))),
    denied("timed-out")
        .events([("securityError#2048", at_ms(5000))])
        .decided_at_ms(5000)
        .asked([(843, "none"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T04", "FSP-T04"])
)]
#[case::together(
    scene()
        .master(late_by_ms(2000))
        .backend_firewalled()
        .profile_with(|profile| profile.timing.socket_timeout = Some(Duration::from_secs(2))),
    unreachable("backend-timed-out")
        .granted_by(843)
        .events([("securityError#2048", at_ms(2000))])
        .decided_at_ms(2000)
        .diagnostics(["FSP-B02", "FSP-T05"])
)]
// T5: a quick denial is reported when Socket.timeout has run out. Flash Player 9 reports it at
// once.
#[case::quick_denial(
    scene().master(policy([site_control("none"), allow("*", "*")])),
    denied("meta-policy-none")
        .events([("securityError#2048", at_ms(20_000))])
        .diagnostics(["FSP-S03"])
)]
#[case::quick_denial_by_flash_9(
    scene().master(policy([site_control("none"), allow("*", "*")])).profile(Profile::flash_9_124()),
    denied("meta-policy-none").events([("securityError#2048", at_ms(0))]).diagnostics(["FSP-S03"])
)]
#[case::late_denial_by_flash_9(
    scene().master(Fault::Silent).profile(Profile::flash_9_124()),
    denied("no-policy")
        .events([("securityError#2048", at_ms(3000))])
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T04"])
)]
// T6: if the wait for an explicit location outlasts Socket.timeout, the connection is denied, even
// if the next location would grant.
#[case::a_silent_location_uses_it_up(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, Fault::Silent)
        .explicit(2626, policy([allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("timed-out")
        .decided_at_ms(20_000)
        .asked([(843, "policy"), (2525, "none")])
        .diagnostics(["FSP-S13", "FSP-T04"])
)]
#[case::two_dropped_locations_use_it_up(
    scene()
        .explicit(2525, EndpointState::Dropped)
        .explicit(2626, EndpointState::Dropped)
        .in_band(policy([allow("*", "*")])),
    denied("timed-out")
        .decided_at_ms(20_000)
        .asked([(843, "refused"), (2525, "dropped"), (2626, "dropped")])
        .diagnostics(["FSP-S13", "FSP-T03", "FSP-T03", "FSP-T01"])
)]
#[case::a_silent_master_that_was_named_uses_it_up(
    scene()
        .master(Fault::NoNulOpen)
        .load_policy_file("xmlsocket://h:843")
        .in_band(policy([allow("*", "*")])),
    denied("timed-out").decided_at_ms(20_000).asked([(843, "none")]).diagnostics(["FSP-T14"])
)]
fn it_takes_the_player_s_time(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

// T4, T6: without Socket.timeout, the client's own patience ends an endless wait.
#[test]
fn flash_9_waits_for_a_silent_location_as_long_as_we_have_patience() {
    let scene = scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, Fault::Silent)
        .profile(Profile::flash_9_124());
    let expected = denied("timed-out")
        .events([("securityError#2048", at_ms(120_000))])
        .decided_at_ms(120_000)
        .asked([(843, "policy"), (2525, "none")])
        .diagnostics(["FSP-S13", "FSP-T04"]);
    assert_eq!(scene.play(), expected);
}

// T2: the timeout of the operating system, not the client's patience, ends the wait for a location
// that drops the SYN. No setting leads to a panic.
#[test]
fn patience_shorter_than_the_wait_before_is_no_trouble() {
    let scene = scene()
        .master(Fault::Silent)
        .explicit(2525, EndpointState::Dropped)
        .in_band(policy([allow("*", "*")]))
        .profile_with(|profile| profile.timing.patience = Duration::from_secs(1));
    let expected = permitted_by(5000)
        .decided_at_ms(18_000)
        .asked([(843, "none"), (2525, "dropped"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04", "FSP-T03"]);
    assert_eq!(scene.play(), expected);
}

// T1-T3: deadlines may be endless: the master's, an explicit location's, the destination's.
#[test]
fn endless_deadlines_are_no_trouble() {
    let endless = |profile: &mut Profile| {
        profile.timing.master_timeout = Duration::MAX;
        profile.timing.destination_timeout = Duration::MAX;
        profile.timing.connect_timeout = Duration::MAX;
    };

    let late_master = scene()
        .master(late_by_ms(1000))
        .explicit(2525, EndpointState::Dropped)
        .requester("c.com")
        .profile_with(endless);
    assert_eq!(late_master.play(), permitted_by(843).decided_at_ms(1000));

    let late_location = scene()
        .master(policy([allow("b.com", "*")]))
        .policy_at("h:2525", late_by_ms(1000))
        .explicit(2626, late_by_ms(1000))
        .in_band(Fault::Silent)
        .profile_with(endless);
    let expected =
        permitted_by(2626).decided_at_ms(1000).asked([(843, "policy"), (2626, "policy")]);
    assert_eq!(late_location.play(), expected);

    let silent_destination = scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, Script::new().wait(Duration::from_secs(1)).fin())
        .in_band(Fault::Silent)
        .profile_with(endless);
    let expected = denied("timed-out")
        .decided_at_ms(20_000)
        .asked([(843, "policy"), (2525, "closed"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T04", "FSP-T27"]);
    assert_eq!(silent_destination.play(), expected);
}
