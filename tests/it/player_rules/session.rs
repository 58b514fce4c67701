//! Rulebook C: the policies that one player session remembers.

use std::time::Duration;

use flash_policy_fixture::player::AnswerKind;
use flash_policy_fixture::wire::{EndpointState, Fault};
use flash_policy_fixture::{Backend, Cause, PolicyServer, Stage};
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy, site_control};
use crate::scene::{IntoPolicyServer, Scene, faults_by_connection, policies_by_connection, scene};

#[rstest]
// C1: each location is asked once per session: master, explicit and destination.
#[case::master(
    scene().master(policy([allow("*", "*")])).connects_per_session(3),
    permitted_by(843).asked([(843, "cached")]).connections(3)
)]
#[case::all_of_them(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, policy([allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")]))
        .connects_per_session(2),
    permitted_by(5000).asked([(843, "cached"), (2525, "cached"), (5000, "cached")]).connections(3)
)]
// C2: failures are remembered too, and take their time once. A new session starts empty.
#[case::failures(
    scene().master(Fault::Silent).in_band(policy([allow("*", "*")])).connects_per_session(2),
    permitted_by(5000)
        .asked([(843, "cached"), (5000, "cached")])
        .connections(3)
        .diagnostics(["FSP-T04"])
)]
#[case::a_new_session(
    scene()
        .master(policies_by_connection([policy([allow("*", "*")]), policy([allow("*", "*")])]))
        .sessions(2),
    permitted_by(843).connections(2)
)]
#[case::failures_forgotten(
    scene()
        .master(faults_by_connection([Fault::CloseOnAccept, Fault::Ok]))
        .connects_per_session(2)
        .profile_with(|profile| profile.lookup.cache_failures = false),
    permitted_by(843).connections(2)
)]
#[case::successes_are_remembered_even_then(
    scene()
        .master(policies_by_connection([
            policy([allow("*", "*")]),
            policy([site_control("none"), allow("*", "*")]),
        ]))
        .connects_per_session(2)
        .profile_with(|profile| profile.lookup.cache_failures = false),
    permitted_by(843).asked([(843, "cached")]).connections(2)
)]
// C3: only a new session notices a change on the server.
#[case::a_change_is_not_seen(
    scene()
        .master(policies_by_connection([
            policy([allow("*", "*")]),
            policy([site_control("none"), allow("*", "*")]),
        ]))
        .connects_per_session(2),
    permitted_by(843).asked([(843, "cached")]).connections(2)
)]
#[case::a_change_is_seen_by_a_new_session(
    scene()
        .master(policies_by_connection([
            policy([allow("*", "*")]),
            policy([site_control("none"), allow("*", "*")]),
        ]))
        .sessions(2),
    denied("meta-policy-none").connections(1).diagnostics(["FSP-S03"])
)]
#[case::a_repaired_server_is_not_seen(
    scene().master(faults_by_connection([Fault::Http400, Fault::Ok])).connects_per_session(2),
    denied("malformed-policy")
        .asked([(843, "cached"), (5000, "cached")])
        .connections(1)
        .diagnostics(["FSP-T11", "FSP-S15"])
)]
fn a_session_remembers(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

/// A stage with this master and two backends.
fn stage_with_master(server: impl IntoPolicyServer) -> Stage {
    Stage::builder()
        .policy("h:843", server.into_policy_server())
        .backend("h:5000", Backend::echo())
        .backend("h:5001", Backend::echo())
        .start()
}

// C4: concurrent connects share one load, whether the server answers at once or late.
#[rstest]
#[case::prompt(Fault::Ok)]
#[case::late(Fault::Delay(Duration::from_secs(2)))]
#[tokio::test]
async fn concurrent_connects_share_one_load(#[case] fault: Fault) {
    let stage = stage_with_master(fault);
    let client = stage.swf("http://a.com/game.swf");
    let (first, second) = tokio::join!(client.connect("h", 5000), client.connect("h", 5001));
    assert_eq!((first.cause(), second.cause()), (Cause::Connected, Cause::Connected));
    assert_eq!(first.decided_at(), second.decided_at());
    assert_eq!(
        (first.asked()[0].answer(), second.asked()[0].answer()),
        (AnswerKind::Policy, AnswerKind::Cached)
    );
    assert_eq!(stage.policy_server("h:843").journal().policy_requests(), 1);
    assert_eq!(stage.real_timers(), 0);
}

// C4: a load that fails is shared too.
#[tokio::test]
async fn concurrent_connects_share_one_failure() {
    let stage = stage_with_master(Fault::Silent);
    let client = stage.swf("http://a.com/game.swf");
    let (first, second) = tokio::join!(client.connect("h", 9), client.connect("h", 10));
    assert_eq!((first.cause(), second.cause()), (Cause::NoPolicy, Cause::NoPolicy));
    assert_eq!(
        (first.decided_at(), second.decided_at()),
        (Duration::from_secs(3), Duration::from_secs(3))
    );
    assert_eq!(stage.policy_server("h:843").journal().policy_requests(), 1);
    assert_eq!(stage.real_timers(), 0);
}

// C4: if the first of two connects is dropped midway, the second asks the server itself.
#[tokio::test]
async fn a_connect_survives_the_one_it_waits_for() {
    let stage = stage_with_master(Fault::Ok);
    let client = stage.swf("http://a.com/game.swf");
    let mut first = Box::pin(client.connect("h", 5000));
    let begun = std::future::poll_fn(|cx| {
        let polled = first.as_mut().poll(cx);
        std::task::Poll::Ready(polled.is_pending())
    });
    assert!(begun.await, "the first connect must be under way");
    let (second, ()) = tokio::join!(client.connect("h", 5001), async { drop(first) });
    assert_eq!(second.cause(), Cause::Connected);
    assert_eq!(second.asked()[0].answer(), AnswerKind::Policy);
    assert_eq!(stage.real_timers(), 0);
}

// C4: two sessions share nothing.
#[tokio::test]
async fn two_sessions_load_for_themselves() {
    let master = PolicyServer::builder().document(policy([allow("*", "*")]));
    let stage = stage_with_master(master.expect_requests(2..=2));
    let (first, second) = (stage.swf("http://a.com/game.swf"), stage.swf("http://a.com/game.swf"));
    let (first, second) = tokio::join!(first.connect("h", 5000), second.connect("h", 5001));
    assert_eq!((first.cause(), second.cause()), (Cause::Connected, Cause::Connected));
    drop(stage);
}

// C2: a master that refused is remembered: the session does not ask it again once it is up.
#[test]
fn a_master_that_comes_up_later_is_not_asked() {
    let stage =
        Stage::builder().policy("h:843", EndpointState::Refused.into_policy_server()).start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    let _ = client.connect("h", 5000).expect_denied_because(Cause::NoPolicy);
    stage.policy_server("h:843").up();
    let _ = client.connect("h", 5000).expect_denied_because(Cause::NoPolicy);
    assert_eq!(stage.policy_server("h:843").journal().exchanges().len(), 0);
    let _ = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_unreachable();
}

// C1: an answer is remembered for its own host only.
#[test]
fn hosts_are_remembered_apart() {
    let stage = Stage::builder()
        .policy("h:843", policy([allow("*", "*")]))
        .policy("i:843", policy([site_control("none"), allow("*", "*")]))
        .start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    assert_eq!(client.connect("h", 5000).cause(), Cause::BackendRefused);
    assert_eq!(client.connect("i", 5000).cause(), Cause::MetaPolicyNone);
    assert_eq!(stage.policy_server("i:843").journal().policy_requests(), 1);
}
