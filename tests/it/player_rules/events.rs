//! Rulebook E: the events that ActionScript receives.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use flash_policy_fixture::player::{Event, Lookup, Session};
use flash_policy_fixture::wire::{Fault, Script};
use flash_policy_fixture::{
    Backend, Cause, Evaluator, PlayerEvent, Profile, Sandbox, Stage, Verdict,
};
use rstest::rstest;

use crate::observed::{Observed, at_ms, denied, permitted_by, unreachable};
use crate::policies::{allow, policy};
use crate::scene::{Scene, scene};

#[rstest]
// E1: connect, as soon as the payload connection is open.
#[case::connected(scene().master(policy([allow("*", "*")])), permitted_by(843))]
// E2: securityError if there is no policy or no grant, and nothing after it.
#[case::no_policy(
    scene(),
    denied("no-policy")
        .asked([(843, "refused"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T01"])
)]
#[case::no_grant(
    scene().master(policy([allow("b.com", "*")])),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28"])
)]
// E3: ioError, when the payload connect fails.
#[case::refused_in_flash_9(
    scene().master(policy([allow("*", "*")])).backend_down().profile(Profile::flash_9_124()),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("ioError#2031", at_ms(0))])
        .diagnostics(["FSP-B01"])
)]
// E4: connect is reported even if the backend closes at once.
#[case::closes_at_once(
    scene().master(policy([allow("*", "*")])).backend(Backend::closes()),
    permitted_by(843)
)]
// E6: after a grant: refused, filtered, an unknown name. Also a dead port that should have granted
// access to itself.
#[case::refused(
    scene().master(policy([allow("*", "*")])).backend_down(),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("ioError#2031", at_ms(0)), ("securityError#2048", at_ms(20_000))])
        .diagnostics(["FSP-B01"])
)]
#[case::refused_later(
    scene().master(Fault::Delay(Duration::from_secs(1))).backend_down(),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("ioError#2031", at_ms(1000)), ("securityError#2048", at_ms(20_000))])
        .decided_at_ms(1000)
        .diagnostics(["FSP-B01"])
)]
#[case::filtered(
    scene().master(policy([allow("*", "*")])).backend_firewalled(),
    unreachable("backend-timed-out")
        .granted_by(843)
        .events([("securityError#2048", at_ms(20_000))])
        .decided_at_ms(20_000)
        .diagnostics(["FSP-B02"])
)]
#[case::filtered_in_flash_9(
    scene().master(policy([allow("*", "*")])).backend_firewalled().profile(Profile::flash_9_124()),
    unreachable("backend-timed-out")
        .granted_by(843)
        .events([("ioError#2031", at_ms(15_000))])
        .decided_at_ms(15_000)
        .diagnostics(["FSP-B02"])
)]
#[case::unknown_name(
    scene().no_backend().unknown_name(),
    denied("no-policy")
        .asked([(843, "not-asked"), (5000, "not-asked")])
        .diagnostics(["FSP-T34"])
)]
#[case::unknown_name_whatever_stands_there(
    scene().master(policy([allow("*", "*")])).unknown_name(),
    denied("no-policy")
        .asked([(843, "not-asked"), (5000, "not-asked")])
        .diagnostics(["FSP-T34"])
)]
#[case::unknown_name_and_exempt(
    scene().no_backend().unknown_name().swf(Sandbox::LocalTrusted),
    unreachable("name-not-found")
        .granted_by_sandbox()
        .events([("ioError#2031", at_ms(0))])
        .asked([])
        .diagnostics(["FSP-T34", "FSP-R03"])
)]
#[case::dead_port_that_should_have_granted_itself(
    scene().backend_down(),
    denied("no-policy").asked([(843, "refused"), (5000, "refused")]).diagnostics(["FSP-T01"])
)]
// E9: a timeout is a securityError, not Ruffle's ioError.
#[case::timeout(
    scene().master(policy([allow("b.com", "*")])).explicit(2525, Fault::Silent),
    denied("timed-out")
        .decided_at_ms(20_000)
        .asked([(843, "policy"), (2525, "none")])
        .diagnostics(["FSP-S13", "FSP-T04"])
)]
fn the_swf_is_told(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

// E4: the stream ends when the server closes.
#[test]
fn a_backend_that_closes_ends_the_stream() {
    let stage = Stage::builder()
        .policy("h:843", policy([allow("*", "*")]))
        .backend("h:5000", Backend::closes())
        .start();
    let mut socket =
        stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
    assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0);
}

// E5: AS2's onConnect has only true and false.
#[rstest]
#[case::connected(player_of(policy([allow("*", "*")])).backend("h:5000", Script::echo()), true)]
#[case::unreachable(player_of(policy([allow("*", "*")])), false)]
#[case::denied(player_of(policy([allow("b.com", "*")])).backend("h:5000", Script::echo()), false)]
fn on_connect_is_false_for_every_failure(#[case] mut player: Evaluator, #[case] expected: bool) {
    assert_eq!(player.connect("h", 5000).on_connect(), expected);
}

/// The player of an SWF of a.com, with this policy at the master.
fn player_of(policy: String) -> Evaluator {
    Evaluator::new("http://a.com/game.swf").unwrap().policy("h:843", policy)
}

// E2, E3, E7: the numbers and the texts of the debug player.
#[rstest]
#[case(
    "http://a.com/game.swf",
    5000,
    "securityError#2048",
    "Error #2048: Security sandbox violation: http://a.com/game.swf cannot load data from h:5000."
)]
#[case("http://b.com/game.swf", 5000, "ioError#2031", "Error #2031: Socket Error.")]
#[case(
    "http://b.com/game.swf",
    70_000,
    "throw#2003",
    "Error #2003: Invalid socket port number specified."
)]
fn an_event_has_its_number_and_text(
    #[case] swf: &str,
    #[case] port: i64,
    #[case] event: &str,
    #[case] text: &str,
) {
    let mut player = Evaluator::new(swf).unwrap().policy("h:843", policy([allow("b.com", "*")]));
    let outcome = player.connect("h", port);
    assert_eq!(outcome.events()[0].to_string(), event);
    assert_eq!(outcome.event_text(outcome.events()[0]), text);
}

// E7: the error tells a local-with-file SWF why.
#[test]
fn a_local_with_file_swf_is_told_why() {
    let outcome = Evaluator::new(Sandbox::LocalWithFile).unwrap().connect("h", 5000);
    let text = "Error #2010: Local-with-filesystem SWF files are not permitted to use sockets.";
    assert_eq!(outcome.event_text(outcome.events()[0]), text);
    assert_eq!(outcome.events(), [PlayerEvent::Throw(2010)]);
}

// E8: the number does not determine the kind of event.
#[test]
fn an_io_error_may_carry_2048() {
    let events =
        [PlayerEvent::IoError(2048), PlayerEvent::SecurityError(2048), PlayerEvent::Throw(2048)];
    assert_eq!(
        events.map(|event| event.to_string()),
        ["ioError#2048", "securityError#2048", "throw#2048"]
    );
}

// E3: a RST before the connection is open is reported like a refusal.
#[test]
fn a_reset_before_the_connection_stands_is_its_own_cause() {
    let mut session = Session::new(Profile::flash_10());
    let mut lookup = Lookup::start(&mut session, &Sandbox::LocalTrusted.into(), "h", 5000);
    lookup.handle(&mut session, Event::Reset, Duration::from_millis(7));
    let outcome = lookup.finish(None::<()>);
    assert_eq!((outcome.verdict(), outcome.cause()), (Verdict::Unreachable, Cause::BackendReset));
    assert_eq!(outcome.events(), [PlayerEvent::IoError(2031), PlayerEvent::SecurityError(2048)]);
    assert_eq!(
        outcome.report_times(),
        [Some(Duration::from_millis(7)), Some(Duration::from_secs(20))]
    );
}

// E1: the player itself sends nothing on the open connection.
#[test]
fn nothing_is_sent_on_the_connection_that_stands() {
    let stage = Stage::builder()
        .policy("h:843", policy([allow("*", "*")]))
        .backend("h:5000", Backend::echo())
        .start();
    let socket = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
    socket.set_nonblocking(true).unwrap();
    assert_eq!((&*socket).read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(socket);
    let journal = stage.backend("h:5000").journal();
    assert_eq!((journal.exchanges().len(), journal.exchanges()[0].received()), (1, Vec::new()));
}

// E1: a stage may be dropped as soon as its client has connected, even if the backend has not yet
// accepted the connection.
#[test]
fn a_stage_may_be_dropped_right_after_its_client() {
    for _ in 0..100 {
        let stage = Stage::builder()
            .policy("h:5000", policy([allow("*", "*")]))
            .backend("h:5000", Backend::echo())
            .start();
        stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
        drop(stage);
    }
}
