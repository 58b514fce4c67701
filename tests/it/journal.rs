//! The journal of a server: the bytes it saw, their order, how connections ended, and expectations.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use flash_policy_fixture::server::{Exchange, ExchangeEnd, Traffic};
use flash_policy_fixture::wire::{Fault, POLICY_REQUEST, Script};
use flash_policy_fixture::{Backend, Cause, FlashClient, PolicyServer, Stage};
use rstest::rstest;

use crate::raw::{GAME, HOST, MASTER, OPEN, SWF, echoes, exchange, open_answer};

const PATIENCE: Duration = Duration::from_secs(20);

fn in_band() -> Stage {
    Stage::builder().policy(GAME, OPEN).backend(GAME, Backend::echo()).start()
}

#[test]
fn a_stages_clients_are_journalled_with_bytes_order_and_end() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::echo()).start();
    let mut socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
    assert!(echoes(&mut TcpStream::try_clone(&socket).unwrap(), b"hello"));
    assert!(echoes(&mut TcpStream::try_clone(&socket).unwrap(), b"world"));
    socket.flush().unwrap();
    let peer = socket.local_addr().unwrap();
    drop(socket);

    let asked = stage.policy_server(MASTER).journal();
    assert_eq!(asked.exchanges().len(), 1);
    let traffic = [Traffic::Received(POLICY_REQUEST.to_vec()), Traffic::Sent(open_answer())];
    assert_eq!(asked.exchanges()[0].traffic(), traffic);
    assert_eq!(asked.exchanges()[0].ended(), ExchangeEnd::ServerClosed);

    let played = stage.backend(GAME).journal();
    let [exchange] = played.exchanges() else { panic!("{played}") };
    let pair = |text: &[u8]| [Traffic::Received(text.to_vec()), Traffic::Sent(text.to_vec())];
    assert_eq!(exchange.traffic(), [pair(b"hello"), pair(b"world")].concat());
    assert_eq!((exchange.ended(), exchange.peer()), (ExchangeEnd::PeerClosed, peer));
}

#[test]
fn raw_clients_are_journalled_in_the_order_of_their_accepts() {
    let server = PolicyServer::start(OPEN);
    let mut streams: Vec<TcpStream> =
        (0..5).map(|_| TcpStream::connect(server.addr()).unwrap()).collect();
    for stream in streams.iter_mut().rev() {
        stream.write_all(POLICY_REQUEST).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, open_answer());
    }
    let journal = server.journal();
    let peers: Vec<_> = journal.exchanges().iter().map(Exchange::peer).collect();
    let locals: Vec<_> = streams.iter().map(|stream| stream.local_addr().unwrap()).collect();
    assert_eq!(peers, locals);
    assert!(journal.exchanges().iter().all(|exchange| exchange.sent() == open_answer()));
}

#[rstest]
#[case::closed_by_the_server(b"<policy-file-request/>\0", ExchangeEnd::ServerClosed)]
#[case::something_else(b"GET / HTTP/1.0\r\n\r\n", ExchangeEnd::ServerClosed)]
#[case::closed_by_the_peer(b"<policy-fi", ExchangeEnd::PeerClosed)]
fn a_raw_clients_end_is_journalled(#[case] bytes: &[u8], #[case] ended: ExchangeEnd) {
    let server = PolicyServer::start(OPEN);
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    stream.write_all(bytes).unwrap();
    if ended == ExchangeEnd::PeerClosed {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    stream.read_to_end(&mut Vec::new()).unwrap();
    let journal = server.journal();
    assert_eq!(journal.exchanges()[0].received(), bytes);
    assert_eq!(journal.exchanges()[0].ended(), ended);
}

#[test]
fn a_reset_is_journalled_as_one() {
    let server = PolicyServer::builder().document(OPEN).fault(Fault::ResetOnRequest).start();
    exchange(server.addr(), POLICY_REQUEST).unwrap_err();
    let journal = server.journal();
    assert_eq!(journal.exchanges()[0].received(), POLICY_REQUEST);
    assert_eq!(journal.exchanges()[0].ended(), ExchangeEnd::Reset);
}

#[test]
fn wait_for_counts_policy_requests_alone() {
    let server = PolicyServer::start(OPEN);
    assert!(server.wait_for(0, Duration::ZERO));
    exchange(server.addr(), b"hello").unwrap();
    assert!(!server.wait_for(1, Duration::ZERO));
    exchange(server.addr(), POLICY_REQUEST).unwrap();
    assert!(server.wait_for(1, PATIENCE));
    assert!(!server.wait_for(2, Duration::ZERO));
}

#[test]
fn wait_for_wakes_up_when_the_request_comes() {
    let server = PolicyServer::start(OPEN);
    let addr = server.addr();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.wait_for(3, PATIENCE));
        for _ in 0..3 {
            exchange(addr, POLICY_REQUEST).unwrap();
        }
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn the_journal_is_complete_as_soon_as_the_clients_socket_is_dropped() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::silent()).start();
    let client = stage.blocking_swf(SWF);
    for count in 1..=500 {
        let mut socket = client.connect(HOST, 5000).expect_permitted();
        socket.write_all(&[b'x'; 100]).unwrap();
        drop(socket);
        let journal = stage.backend(GAME).journal();
        assert_eq!(journal.exchanges().len(), count);
        assert_eq!(journal.exchanges()[count - 1].received(), [b'x'; 100]);
        assert_eq!(journal.exchanges()[count - 1].ended(), ExchangeEnd::PeerClosed);
    }
}

#[tokio::test]
async fn the_journal_is_complete_as_soon_as_an_outcome_is_dropped() {
    let stage = in_band();
    for count in 1..=500 {
        let outcome = stage.swf(SWF).connect(HOST, 5000).await;
        assert_eq!(outcome.cause(), Cause::Connected);
        drop(outcome);
        let journal = stage.backend(GAME).journal();
        assert_eq!((journal.exchanges().len(), journal.policy_requests()), (2 * count, count));
        assert!(journal.exchanges().iter().all(|exchange| exchange.ended() != ExchangeEnd::Open));
    }
}

#[test]
fn a_stage_may_stop_as_soon_as_its_client_has_closed() {
    for _ in 0..300 {
        let strict = PolicyServer::builder().document(OPEN).expect_requests(1..=1).strict();
        let stage = Stage::builder().policy(GAME, strict).backend(GAME, Backend::echo()).start();
        drop(stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted());
        stage.stop();
    }
}

#[test]
fn what_a_stages_client_has_sent_is_judged_when_the_stage_stops() {
    for _ in 0..300 {
        let strict = PolicyServer::builder().document(OPEN).strict();
        let stage = Stage::builder().policy(GAME, strict).backend(GAME, Backend::echo()).start();
        let mut socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
        socket.write_all(b"<policy-file-request/>\0and more").unwrap();
        drop(socket);
        let text = message(|| stage.stop());
        assert!(text.contains("expected nothing but policy requests"), "{text}");
    }
}

#[rstest]
#[case::before_it_is_accepted("")]
#[case::after_a_request("<policy-file-request/>\0")]
fn stray_bytes_sent_just_before_the_drop_are_judged(#[case] first: &str) {
    for _ in 0..100 {
        let server = PolicyServer::builder().document(OPEN).strict().start();
        let mut foreign = TcpStream::connect(server.addr()).unwrap();
        if !first.is_empty() {
            foreign.write_all(first.as_bytes()).unwrap();
            foreign.read_exact(&mut vec![0; open_answer().len()]).unwrap();
        }
        foreign.write_all(b"GET / HTTP/1.0").unwrap();
        let told = message(|| drop(server));
        assert!(told.contains("     > GET / HTTP/1.0\n"), "{told}");
    }
}

#[test]
fn a_request_sent_just_before_the_drop_is_judged_and_counted_once() {
    for _ in 0..100 {
        let server = PolicyServer::builder().document(OPEN).expect_requests(1..=1).strict().start();
        let mut foreign = TcpStream::connect(server.addr()).unwrap();
        foreign.write_all(POLICY_REQUEST).unwrap();
        drop(server);
    }
}

#[test]
fn requests_that_a_stage_was_sent_just_before_it_stops_are_judged() {
    for _ in 0..100 {
        let counting = || PolicyServer::builder().document(OPEN).expect_requests(2..=2).strict();
        let stage = Stage::builder().policy(MASTER, counting()).policy(GAME, counting()).start();
        let foreign = [MASTER, GAME, MASTER, GAME].map(|at| {
            let mut stream = TcpStream::connect(stage.policy_server(at).addr()).unwrap();
            stream.write_all(POLICY_REQUEST).unwrap();
            stream
        });
        stage.stop();
        drop(foreign);
    }
}

#[test]
fn an_endpoint_that_is_both_tells_requests_from_the_games_bytes() {
    let stage = in_band();
    let mut socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
    assert!(echoes(&mut TcpStream::try_clone(&socket).unwrap(), b"<policy?"));
    socket.flush().unwrap();
    drop(socket);
    let journal = stage.policy_server(GAME).journal();
    assert_eq!(journal, stage.backend(GAME).journal());
    assert_eq!(journal.policy_requests(), 1);
    assert_eq!(journal.exchanges()[1].sent(), b"<policy?");
}

#[test]
fn a_client_alone_is_journalled_without_a_wait_too() {
    let (policy, backend) = (PolicyServer::start(OPEN), Backend::silent().start());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for count in 1..=100 {
        let client =
            FlashClient::from_swf(SWF).unwrap().route(MASTER, &policy).route(GAME, &backend);
        drop(runtime.block_on(client.connect(HOST, 5000)).expect_permitted());
        assert_eq!(policy.journal().exchanges().len(), count);
        assert_eq!(backend.journal().exchanges()[count - 1].ended(), ExchangeEnd::PeerClosed);
    }
}

#[test]
#[should_panic(expected = "expected 2 to 3 policy requests at 127.0.0.1:")]
fn too_few_requests_fail_the_test() {
    let server = PolicyServer::builder().document(OPEN).expect_requests(2..=3).start();
    exchange(server.addr(), POLICY_REQUEST).unwrap();
}

#[test]
#[should_panic(expected = ", got 2:\n1. from 127.0.0.1:")]
fn too_many_requests_fail_the_test_with_the_journal() {
    let server = PolicyServer::builder().document(OPEN).expect_requests(..2).start();
    exchange(server.addr(), POLICY_REQUEST).unwrap();
    exchange(server.addr(), POLICY_REQUEST).unwrap();
}

#[test]
#[should_panic(expected = "     > GET / HTTP/1.0\\r\\n\\r\\n")]
fn strict_shows_the_stray_bytes() {
    let server = PolicyServer::builder().document(OPEN).strict().start();
    exchange(server.addr(), POLICY_REQUEST).unwrap();
    exchange(server.addr(), b"GET / HTTP/1.0\r\n\r\n").unwrap();
}

#[rstest]
#[case::at_least(|builder: Builder| builder.expect_requests(2..), "expected at least 2 policy \
    requests")]
#[case::exactly(|builder: Builder| builder.expect_requests(5..=5), "expected 5 policy requests")]
#[case::below(|builder: Builder| builder.expect_requests(3..5), "expected 3 to 4 policy requests")]
#[case::one(|builder: Builder| builder.expect_requests(1..=1), "expected 1 policy request at \
    127.0.0.1:")]
#[case::at_least_one(|builder: Builder| builder.expect_requests(1..), "expected at least 1 policy \
    request at 127.0.0.1:")]
#[case::strict(|builder: Builder| builder.strict(), "expected nothing but policy requests")]
fn a_failed_expectation_names_its_place(
    #[case] expecting: fn(Builder) -> Builder,
    #[case] text: &str,
) {
    let told = message(|| {
        let server = expecting(PolicyServer::builder().document(OPEN)).start();
        exchange(server.addr(), b"hello").unwrap();
        server.stop();
    });
    assert!(told.contains(text), "{told}");
    let place = told.split(": expected").next().unwrap();
    let (file, position) = place.split_once(':').unwrap();
    assert!(file.ends_with("journal.rs"), "{told}");
    assert!(position.split(':').all(|number| number.parse::<u32>().is_ok()), "{told}");
}

#[rstest]
#[case::too_few(|builder: Builder| builder.expect_requests(2..), "expected at least 2 policy \
    requests at game.example.com:843, \
    got 1:", "check that the client's route leads here, and that it has asked before this server \
    is dropped")]
#[case::too_many(|builder: Builder| builder.expect_requests(..1), "expected 0 policy requests at \
    game.example.com:843, got 1:",
    "a player asks a location once in a session (rulebook C1): look for a second session, or \
        another program")]
#[case::strict(|builder: Builder| builder.strict(), "expected nothing but policy requests at \
    game.example.com:843, got a \
    connection from", "a player sends its 23 bytes and no more: find the program behind that \
    address, or put a backend at \
    this endpoint if its other traffic is meant to come here")]
fn a_failed_expectation_names_the_logical_endpoint_and_ends_with_advice(
    #[case] expecting: fn(Builder) -> Builder,
    #[case] text: &str,
    #[case] advice: &str,
) {
    let stage =
        Stage::builder().policy(MASTER, expecting(PolicyServer::builder().document(OPEN))).start();
    stage.blocking_swf(SWF).connect(HOST, 5000).expect_unreachable();
    let addr = stage.policy_server(MASTER).addr();
    let told = message(|| {
        exchange(addr, b"hello").unwrap();
        stage.stop();
    });
    assert!(told.contains(text), "{told}");
    assert!(told.ends_with(&format!("\n{advice}")), "{told}");
}

type Builder = flash_policy_fixture::server::PolicyServerBuilder;

#[test]
fn expectations_are_met_by_what_was_expected() {
    let strict = PolicyServer::builder().document(OPEN).expect_requests(1..=2).strict();
    let stage = Stage::builder().policy(MASTER, strict).backend(GAME, Backend::closes()).start();
    drop(stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted());
    stage.stop();
}

#[test]
fn a_scripted_backend_is_journalled_in_the_order_of_its_script() {
    let greeter =
        Backend::scripted(Script::new().write(b"welcome\0").read(4).write(b"bye").fin()).start();
    let mut stream = TcpStream::connect(greeter.addr()).unwrap();
    let mut welcome = [0; 8];
    stream.read_exact(&mut welcome).unwrap();
    stream.write_all(b"name").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert!(greeter.wait_for(1, PATIENCE));
    let journal = greeter.journal();
    let sent = |bytes: &[u8]| Traffic::Sent(bytes.to_vec());
    let expected = [sent(b"welcome\0"), Traffic::Received(b"name".to_vec()), sent(b"bye")];
    assert_eq!(journal.exchanges()[0].traffic(), expected);
    assert!(
        journal.to_string().contains("     < welcome\\0\n     > name\n     < bye\n"),
        "{journal}"
    );
}

fn message(failing: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(failing)).expect_err("it should panic");
    payload.downcast_ref::<String>().cloned().expect("a text")
}
