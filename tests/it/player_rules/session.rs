//! Rulebook C: what one player session remembers.

use std::time::Duration;

use flash_policy_fixture::player::AnswerKind;
use flash_policy_fixture::wire::{EndpointState, Fault, Script};
use flash_policy_fixture::{Backend, Cause, PolicyServer, Stage};
use rstest::rstest;

use crate::support::{IntoServed, Scene, Seen, document, m, ok, se};

fn answers(notation: &str) -> Script {
    Script::policy(document(notation).as_bytes())
}

#[rstest]
// C1: each location is asked once per session: master, explicit and destination.
#[case::master(m("G(*|*)").times(3), ok(843).asked("843=cached").t(3))]
#[case::all_of_them(
    m("G(b.com|*)").e(2525, "G(b.com|*)").t("G(*|*)").times(2),
    ok(5000).asked("843=cached 2525=cached 5000=cached").t(3))]
// C2: failures are remembered too, and cost their time once; a new session starts empty.
#[case::failures(
    m(Fault::Silent).t("G(*|*)").times(2), ok(5000).asked("843=cached 5000=cached").t(3).notes("T04"))]
#[case::a_new_session(
    m([answers("G(*|*)"), answers("G(*|*)")]).sessions(2), ok(843).t(2))]
#[case::failures_forgotten(
    m([Fault::CloseOnAccept, Fault::Ok]).times(2).but(|p| p.lookup.cache_failures = false), ok(843).t(2))]
#[case::successes_are_remembered_even_then(
    m([answers("G(*|*)"), answers("SC=none G(*|*)")]).times(2).but(|p| p.lookup.cache_failures = false),
    ok(843).asked("843=cached").t(2))]
// C3: a change on the server is not seen before a new session.
#[case::a_change_is_not_seen(m([answers("G(*|*)"), answers("SC=none G(*|*)")]).times(2), ok(843).asked("843=cached").t(2))]
#[case::a_change_is_seen_by_a_new_session(
    m([answers("G(*|*)"), answers("SC=none G(*|*)")]).sessions(2), se("meta-policy-none").t(1))]
#[case::a_repaired_server_is_not_seen(
    m([Fault::Http400, Fault::Ok]).times(2), se("malformed-policy").asked("843=cached 5000=cached").t(1).notes("T11 T27"))]
fn a_session_remembers(#[case] scene: Scene, #[case] expected: Seen) {
    let got = scene.play();
    assert_eq!(got, expected, "left: got, right: expected");
}

fn shared(policy: impl IntoServed) -> Stage {
    Stage::builder()
        .policy("h:843", policy.served())
        .backend("h:5000", Backend::echo())
        .backend("h:5001", Backend::echo())
        .start()
}

// C4: concurrent connects share one load, whether the endpoint answers at once or late.
#[rstest]
#[case::prompt(Fault::Ok)]
#[case::late(Fault::Delay(Duration::from_secs(2)))]
#[tokio::test]
async fn concurrent_connects_share_one_load(#[case] fault: Fault) {
    let stage = shared(fault);
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
    let stage = shared(Fault::Silent);
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

// C4: when the first of two is dropped midway, the second asks for itself.
#[tokio::test]
async fn a_connect_survives_the_one_it_waits_for() {
    let stage = shared(Fault::Ok);
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
    let stage = shared(PolicyServer::builder().document(document("G(*|*)")).expect_requests(2..=2));
    let (first, second) = (stage.swf("http://a.com/game.swf"), stage.swf("http://a.com/game.swf"));
    let (first, second) = tokio::join!(first.connect("h", 5000), second.connect("h", 5001));
    assert_eq!((first.cause(), second.cause()), (Cause::Connected, Cause::Connected));
    drop(stage);
}

// C2: a refused master is remembered; it comes up, and the session does not look again.
#[test]
fn a_master_that_comes_up_later_is_not_asked() {
    let stage = Stage::builder()
        .policy(
            "h:843",
            PolicyServer::builder().document(document("G(*|*)")).fault(EndpointState::Refused),
        )
        .start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    let _ = client.connect("h", 5000).expect_denied_because(Cause::NoPolicy);
    stage.policy_server("h:843").up();
    let _ = client.connect("h", 5000).expect_denied_because(Cause::NoPolicy);
    assert_eq!(stage.policy_server("h:843").journal().exchanges().len(), 0);
    let _ = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_unreachable();
}

// C1: what one port of a host answered says nothing about another host.
#[test]
fn hosts_are_remembered_apart() {
    let stage = Stage::builder()
        .policy("h:843", document("G(*|*)").as_str())
        .policy("i:843", document("SC=none G(*|*)").as_str())
        .start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    assert_eq!(client.connect("h", 5000).cause(), Cause::BackendRefused);
    assert_eq!(client.connect("i", 5000).cause(), Cause::MetaPolicyNone);
    assert_eq!(stage.policy_server("i:843").journal().policy_requests(), 1);
}
