//! Declared silence costs no real time; it is reported in the player's time.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use flash_policy_fixture::player::AnswerKind;
use flash_policy_fixture::wire::{EndpointState, Fault, FaultList, POLICY_REQUEST, Script};
use flash_policy_fixture::{Backend, Cause, PolicyServer, Stage};
use rstest::rstest;

use crate::raw::{GAME, HOST, MASTER, OPEN, SWF, exchange, open_answer};

fn before(fault: impl Into<FaultList>, backend: Backend) -> Stage {
    let master = PolicyServer::builder().document(OPEN).fault(fault);
    Stage::builder().policy(MASTER, master).backend(GAME, backend).start()
}

/// Returns a document, and the fault that sends its answer in this many drops, with a pause after
/// each.
fn drip(drops: usize, every: Duration) -> (String, Fault) {
    let document = format!("{OPEN}{}", " ".repeat(drops - OPEN.len() - 1));
    (document, Fault::Drip { bytes: 1, every })
}

#[rstest]
#[case::a_silent_master(Fault::Silent, Cause::NoPolicy, AnswerKind::None, 6_000)]
#[case::a_dropped_master(EndpointState::Dropped, Cause::NoPolicy, AnswerKind::Dropped, 6_000)]
#[case::a_late_master(
    Fault::Delay(Duration::from_secs(4)),
    Cause::NoPolicy,
    AnswerKind::None,
    6_000
)]
#[case::a_slow_master(
    Fault::Delay(Duration::from_millis(2_999)),
    Cause::Connected,
    AnswerKind::Policy,
    2_999
)]
#[case::a_refusing_master(EndpointState::Refused, Cause::NoPolicy, AnswerKind::Refused, 3_000)]
#[case::no_nul_and_open(Fault::NoNulOpen, Cause::NoPolicy, AnswerKind::None, 6_000)]
fn a_declared_wait_takes_the_players_time_alone(
    #[case] fault: impl Into<FaultList>,
    #[case] cause: Cause,
    #[case] kind: AnswerKind,
    #[case] decided_ms: u64,
) {
    let stage = before(fault, Backend::silent());
    let outcome = stage.blocking_swf(SWF).connect(HOST, 5000);
    assert_eq!((outcome.cause(), outcome.asked()[0].answer()), (cause, kind));
    assert_eq!(outcome.decided_at(), Duration::from_millis(decided_ms));
    assert_eq!(stage.real_timers(), 0);

    let without_a_network = stage.evaluator(SWF).connect(HOST, 5000);
    assert_eq!(
        (without_a_network.cause(), without_a_network.decided_at()),
        (cause, outcome.decided_at())
    );
}

#[test]
fn a_wait_without_end_in_the_middle_of_an_answer_is_a_wait_until_the_deadline() {
    let endless = Script::new()
        .read_request()
        .wait(Duration::from_secs(1))
        .write("<cross")
        .wait(Duration::MAX);
    let stage = Stage::builder().policy(MASTER, PolicyServer::builder().scripts([endless])).start();
    let real = stage.blocking_swf(SWF).connect(HOST, 5000).expect_denied();
    let evaluated = stage.evaluator(SWF).connect(HOST, 5000);
    assert_eq!((real.cause(), real.decided_at()), (Cause::NoPolicy, Duration::from_secs(3)));
    let ids: Vec<_> = real.diagnostics().map(|found| found.rule().id()).collect();
    assert_eq!(ids, ["FSP-D21", "FSP-T14"], "the bytes came at once: {real}");
    assert_eq!(evaluated.to_string(), real.to_string());
    assert_eq!(stage.real_timers(), 0);
}

#[test]
fn a_foreign_client_before_a_wait_without_end_gets_what_comes_before_it() {
    let endless = Script::new().read_request().write("<cross").wait(Duration::MAX).fin();
    let server = PolicyServer::builder().scripts([endless, Script::policy(b"")]).start();
    let mut waiting = TcpStream::connect(server.addr()).unwrap();
    waiting.write_all(POLICY_REQUEST).unwrap();
    waiting.read_exact(&mut [0; 6]).unwrap();
    waiting.write_all(b"more").unwrap();
    waiting.shutdown(Shutdown::Write).unwrap();
    assert_eq!(exchange(server.addr(), POLICY_REQUEST).unwrap(), b"\0");
    server.down();
    assert_eq!(server.journal().exchanges()[0].received(), b"<policy-file-request/>\0more");
}

#[test]
fn a_firewalled_backend_is_given_up_when_socket_timeout_runs_out() {
    let stage = before(Fault::Delay(Duration::from_secs(1)), Backend::echo().starting_firewalled());
    let outcome = stage.blocking_swf(SWF).connect(HOST, 5000).expect_unreachable();
    assert_eq!(
        (outcome.cause(), outcome.decided_at()),
        (Cause::BackendTimedOut, Duration::from_secs(20))
    );
    assert_eq!(outcome.reported_at(), Some(Duration::from_secs(20)));
    assert_eq!(stage.real_timers(), 0);
}

#[rstest]
#[case::within_the_deadline(2, Cause::Connected, 1_998)]
#[case::at_the_deadline(3, Cause::Connected, 2_997)]
#[case::beyond_the_deadline(4, Cause::NoPolicy, 6_000)]
fn a_thousand_drops_take_no_time(
    #[case] every_ms: u64,
    #[case] cause: Cause,
    #[case] decided_ms: u64,
) {
    let (document, fault) = drip(1_000, Duration::from_millis(every_ms));
    let master = PolicyServer::builder().document(document).fault(fault);
    let stage = Stage::builder().policy(MASTER, master).backend(GAME, Backend::silent()).start();
    let outcome = stage.blocking_swf(SWF).connect(HOST, 5000);
    assert_eq!((outcome.cause(), outcome.decided_at()), (cause, Duration::from_millis(decided_ms)));
    let received = outcome.transcript()[0].received().len();
    assert_eq!(received, if cause == Cause::Connected { 1_000 } else { 751 });
    assert_eq!(stage.policy_server(MASTER).journal().exchanges()[0].sent().len(), received);
    assert_eq!(stage.real_timers(), 0);
}

#[test]
fn faults_come_in_their_order_and_each_costs_no_time() {
    let faults = [Fault::Silent, Fault::Delay(Duration::from_secs(2)), Fault::Ok];
    let master = PolicyServer::builder().document(OPEN).faults(faults);
    let stage = Stage::builder().policy(MASTER, master).backend(GAME, Backend::echo()).start();
    let decided = [(); 4].map(|()| {
        let outcome = stage.blocking_swf(SWF).connect(HOST, 5000);
        (outcome.cause(), outcome.decided_at().as_secs())
    });
    let connected = Cause::Connected;
    // The destination echoes: it answers at once and is not a policy server.
    assert_eq!(decided, [(Cause::NoPolicy, 3), (connected, 2), (connected, 0), (connected, 0)]);
    assert_eq!(stage.real_timers(), 0);
}

#[test]
fn a_foreign_client_waits_for_a_declared_delay_by_the_real_clock() {
    let stage = before(Fault::Delay(Duration::from_millis(5)), Backend::echo());
    assert_eq!(
        exchange(stage.policy_server(MASTER).addr(), POLICY_REQUEST).unwrap(),
        open_answer()
    );
    assert!(stage.real_timers() > 0);
}

#[test]
fn a_busy_machine_changes_no_verdict() {
    let over = AtomicBool::new(false);
    let decided = thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let (document, dripped) = drip(200, Duration::from_millis(10));
        let decided =
            [Fault::Silent, Fault::Delay(Duration::from_millis(2_999)), dripped].map(|fault| {
                let master = PolicyServer::builder().document(document.as_str()).fault(fault);
                let stage = Stage::builder()
                    .policy(MASTER, master)
                    .backend(GAME, Backend::silent())
                    .start();
                let outcome = stage.blocking_swf(SWF).connect(HOST, 5000);
                (outcome.cause(), outcome.decided_at().as_millis(), stage.real_timers())
            });
        over.store(true, Ordering::Relaxed);
        decided
    });
    let connected = Cause::Connected;
    assert_eq!(
        decided,
        [(Cause::NoPolicy, 6_000, 0), (connected, 2_999, 0), (connected, 1_990, 0)]
    );
}
