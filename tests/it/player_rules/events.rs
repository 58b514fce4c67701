//! Rulebook E: what ActionScript sees.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use flash_policy_fixture::player::{Event, Lookup, Session};
use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{
    Backend, Cause, Evaluator, PlayerEvent, Profile, Sandbox, Stage, Verdict,
};
use rstest::rstest;

use crate::support::{Scene, Seen, document, m, ok, scene, se, unreachable};

const BOTH: &str = "ioError#2031@0 securityError#2048@20000";

#[rstest]
// E1: connect, once the payload connection stands.
#[case::connected(m("G(*|*)"), ok(843).t(1))]
// E2: securityError, for want of a policy or of a grant, and nothing after it.
#[case::no_policy(scene(), se("no-policy").asked("843=refused 5000=closed").t(1).notes("T01 T27"))]
#[case::no_grant(m("G(b.com|*)"), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("T27"))]
// E3: ioError, when the payload connect fails.
#[case::refused_in_flash_9(
    m("G(*|*)").down().player(Profile::flash_9_124()), unreachable("backend-refused", "843", "ioError#2031@0"))]
// E4: a backend that closes at once has been connected to.
#[case::closes_at_once(m("G(*|*)").backend(Backend::closes()), ok(843).t(1))]
// E6: after a grant: refused, filtered, an unknown name; and a dead port that should have granted itself.
#[case::refused(m("G(*|*)").down(), unreachable("backend-refused", "843", BOTH))]
#[case::refused_later(
    m(Fault::Delay(Duration::from_secs(1))).down(),
    unreachable("backend-refused", "843", "ioError#2031@1000 securityError#2048@20000").after(1000))]
#[case::filtered(
    m("G(*|*)").filtered(), unreachable("backend-timed-out", "843", "securityError#2048@20000").after(20_000))]
#[case::filtered_in_flash_9(
    m("G(*|*)").filtered().player(Profile::flash_9_124()),
    unreachable("backend-timed-out", "843", "ioError#2031@15000").after(15_000))]
#[case::unknown_name(
    scene().nobody().unknown_name(), se("no-policy").asked("843=not-asked 5000=not-asked").notes("T34 T34"))]
#[case::unknown_name_whatever_stands_there(
    m("G(*|*)").unknown_name(), se("no-policy").asked("843=not-asked 5000=not-asked").notes("T34 T34"))]
#[case::unknown_name_and_exempt(
    scene().nobody().unknown_name().swf(Sandbox::LocalTrusted),
    unreachable("name-not-found", "sandbox", "ioError#2031@0").asked(""))]
#[case::dead_port_that_should_have_granted_itself(scene().down(), se("no-policy").asked("843=refused 5000=refused").notes("T01"))]
// E9: a timeout is a securityError, not Ruffle's ioError.
#[case::timeout(
    m("G(b.com|*)").e(2525, Fault::Silent), se("timed-out").after(20_000).asked("843=policy 2525=none").notes("T04"))]
fn the_swf_is_told(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

// E4: the SWF sees the end of the stream when the server closes.
#[test]
fn a_backend_that_closes_ends_the_stream() {
    let stage = Stage::builder()
        .policy("h:843", document("G(*|*)").as_str())
        .backend("h:5000", Backend::closes())
        .start();
    let mut socket =
        stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
    assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0);
}

// E5: AS2's onConnect knows true and false alone.
#[rstest]
#[case::connected(m_policy("G(*|*)", true), true)]
#[case::unreachable(m_policy("G(*|*)", false), false)]
#[case::denied(m_policy("G(b.com|*)", true), false)]
fn on_connect_is_false_for_every_failure(#[case] mut player: Evaluator, #[case] expected: bool) {
    assert_eq!(player.connect("h", 5000).on_connect(), expected);
}

fn m_policy(notation: &str, up: bool) -> Evaluator {
    let player =
        Evaluator::new("http://a.com/game.swf").unwrap().policy("h:843", document(notation));
    if up { player.backend("h:5000", flash_policy_fixture::wire::Script::echo()) } else { player }
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
    let mut player = Evaluator::new(swf).unwrap().policy("h:843", document("G(b.com|*)"));
    let outcome = player.connect("h", port);
    assert_eq!(outcome.events()[0].to_string(), event);
    assert_eq!(outcome.event_text(outcome.events()[0]), text);
}

// E7: a local-with-file SWF is told why.
#[test]
fn a_local_with_file_swf_is_told_why() {
    let outcome = Evaluator::new(Sandbox::LocalWithFile).unwrap().connect("h", 5000);
    let text = "Error #2010: Local-with-filesystem SWF files are not permitted to use sockets.";
    assert_eq!(outcome.event_text(outcome.events()[0]), text);
    assert_eq!(outcome.events(), [PlayerEvent::Throw(2010)]);
}

// E8: the number does not make the kind.
#[test]
fn an_io_error_may_carry_2048() {
    let events =
        [PlayerEvent::IoError(2048), PlayerEvent::SecurityError(2048), PlayerEvent::Throw(2048)];
    assert_eq!(
        events.map(|event| event.to_string()),
        ["ioError#2048", "securityError#2048", "throw#2048"]
    );
}

// E3: a RST before the connection stands is told like a refusal.
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

// E1: the player sends nothing by itself on the connection that stands.
#[test]
fn nothing_is_sent_on_the_connection_that_stands() {
    let stage = Stage::builder()
        .policy("h:843", document("G(*|*)").as_str())
        .backend("h:5000", Backend::echo())
        .start();
    let socket = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
    socket.set_nonblocking(true).unwrap();
    assert_eq!((&*socket).read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(socket);
    let journal = stage.backend("h:5000").journal();
    assert_eq!((journal.exchanges().len(), journal.exchanges()[0].received()), (1, Vec::new()));
}

// E1: a stage may go as soon as the connection stood, whether its backend has accepted that yet or not.
#[test]
fn a_stage_may_be_dropped_right_after_its_client() {
    for _ in 0..100 {
        let stage = Stage::builder()
            .policy("h:5000", document("G(*|*)").as_str())
            .backend("h:5000", Backend::echo())
            .start();
        stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
        drop(stage);
    }
}
