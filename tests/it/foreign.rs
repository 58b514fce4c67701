//! The client against foreign servers: by the real clock, and within bounds.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use flash_policy_fixture::player::AnswerKind;
use flash_policy_fixture::wire::{Fault, POLICY_REQUEST};
use flash_policy_fixture::{
    Backend, Cause, FlashClient, Outcome, PolicyServer, Profile, Stage, blocking, rules,
};
use rstest::rstest;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw::{GAME, HOST, MASTER, OPEN, SWF, open_answer, server};

/// Returns a player that waits only 50 ms for a policy.
fn hasty() -> Profile {
    let mut profile = Profile::default();
    profile.timing.master_timeout = Duration::from_millis(50);
    profile.timing.destination_timeout = Duration::from_millis(50);
    profile
}

fn client(master: SocketAddr) -> FlashClient {
    FlashClient::from_swf(SWF).unwrap().route(MASTER, master)
}

async fn asked(master: SocketAddr) -> Outcome {
    client(master).connect(HOST, 5000).await
}

fn answer(outcome: &Outcome) -> AnswerKind {
    outcome.asked()[0].answer()
}

fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[tokio::test]
async fn a_server_on_the_same_runtime_permits() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 23];
        stream.read_exact(&mut request).await.unwrap();
        stream.write_all(&open_answer()).await.unwrap();
        request
    });
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(addr).route(GAME, backend.local_addr().unwrap());
    let mut socket = client.connect(HOST, 5000).await.expect_permitted();
    assert_eq!(&serving.await.unwrap(), POLICY_REQUEST);

    let mut accepted = backend.accept().unwrap().0;
    accepted.write_all(b"hello").unwrap();
    let mut hello = [0; 5];
    socket.read_exact(&mut hello).await.unwrap();
    assert_eq!(&hello, b"hello");
}

#[rstest]
#[case::whole(1)]
#[case::in_halves(2)]
#[case::in_twenty_three_segments(23)]
#[tokio::test]
async fn an_answer_permits_however_it_is_cut(#[case] segments: usize) {
    let (addr, serving) = server(move |mut stream| {
        stream.set_nodelay(true).unwrap();
        let answer = open_answer();
        for segment in answer.chunks(answer.len().div_ceil(segments)) {
            stream.write_all(segment).unwrap();
        }
    });
    let outcome = asked(addr).await;
    serving.join().unwrap();
    assert_eq!((outcome.cause(), answer(&outcome)), (Cause::BackendRefused, AnswerKind::Policy));
    let ids: Vec<_> = outcome.diagnostics().map(|found| found.rule().id()).collect();
    assert_eq!(ids, ["FSP-B01"]);
}

#[tokio::test]
async fn a_missing_nul_is_accepted_with_a_note() {
    let (addr, _serving) = server(|mut stream| stream.write_all(OPEN.as_bytes()).unwrap());
    let outcome = asked(addr).await.expect_unreachable();
    assert!(outcome.diagnostics().any(|diagnostic| diagnostic.rule() == &rules::MISSING_NUL_CLOSE));
}

#[tokio::test]
async fn a_reset_after_the_nul_is_no_failure() {
    let (addr, _serving) = server(|mut stream| {
        stream.write_all(&open_answer()).unwrap();
        // The client closes after the NUL, so that the reset cannot overtake the answer.
        stream.read_to_end(&mut Vec::new()).unwrap();
        reset(stream);
    });
    let outcome = asked(addr).await.expect_unreachable();
    assert_eq!(answer(&outcome), AnswerKind::Policy);
}

#[rstest]
#[case::with_a_part_of_the_document(&OPEN.as_bytes()[..40])]
#[case::with_nothing(b"")]
#[tokio::test]
async fn a_reset_before_the_nul_is_a_failed_load(#[case] part: &'static [u8]) {
    let (addr, _serving) = server(move |mut stream| {
        stream.write_all(part).unwrap();
        reset(stream);
    });
    let outcome = asked(addr).await.expect_denied_because(Cause::NoPolicy);
    assert_eq!(answer(&outcome), AnswerKind::Reset);
}

#[rstest]
#[case::http(b"HTTP/1.1 400 Bad Request\r\n\r\n", Cause::MalformedPolicy, AnswerKind::Malformed)]
#[case::binary(b"\xff\xfe\x01\x02\0", Cause::MalformedPolicy, AnswerKind::Malformed)]
#[case::a_nul_alone(b"\0", Cause::MalformedPolicy, AnswerKind::Malformed)]
#[case::an_echo(POLICY_REQUEST, Cause::NoPolicy, AnswerKind::NotAPolicy)]
#[case::nothing(b"", Cause::NoPolicy, AnswerKind::Closed)]
#[tokio::test]
async fn garbage_is_no_policy(
    #[case] bytes: &'static [u8],
    #[case] cause: Cause,
    #[case] kind: AnswerKind,
) {
    let (addr, _serving) = server(move |mut stream| stream.write_all(bytes).unwrap());
    let outcome = asked(addr).await.expect_denied_because(cause);
    assert_eq!(answer(&outcome), kind);
}

#[rstest]
#[case::of_one_mebibyte(1)]
#[case::without_an_end(256)]
#[tokio::test]
async fn a_flood_without_a_nul_is_too_large(#[case] mebibytes: usize) {
    let outcome = flood(b"", mebibytes).await.expect_denied_because(Cause::NoPolicy);
    assert_eq!(answer(&outcome), AnswerKind::TooLarge);
}

#[tokio::test]
async fn a_flood_after_the_nul_does_not_keep_the_player() {
    let outcome = flood(&open_answer(), 256).await.expect_unreachable();
    assert_eq!(answer(&outcome), AnswerKind::Policy);
}

/// Returns the outcome for a server that writes until its peer is gone. The player must close
/// early.
async fn flood(first: &[u8], mebibytes: usize) -> Outcome {
    let first = first.to_vec();
    let (addr, serving) = server(move |mut stream| {
        let _ = stream.write_all(&first);
        let chunk = vec![b'x'; 64 * 1024];
        (0..16 * mebibytes).take_while(|_| stream.write_all(&chunk).is_ok()).count()
    });
    let outcome = asked(addr).await;
    let received = outcome.transcript()[0].received().len();
    assert!(received <= 1024 * 1024, "the player kept {received} bytes");
    let written = serving.join().unwrap();
    assert!(written <= 16 * mebibytes.min(128), "the player read on for {written} chunks");
    outcome
}

#[rstest]
#[case::that_never_answers(b"")]
#[case::that_never_ends_its_answer(b"<cross-domain-policy>")]
#[tokio::test]
async fn a_silent_server_is_given_up_by_the_real_clock(#[case] part: &'static [u8]) {
    let (addr, serving) = server(move |mut stream| {
        stream.write_all(part).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap()
    });
    let outcome = client(addr)
        .profile(hasty())
        .connect(HOST, 5000)
        .await
        .expect_denied_because(Cause::NoPolicy);
    assert_eq!(answer(&outcome), AnswerKind::None);
    assert_eq!(serving.join().unwrap(), 0);
}

#[tokio::test]
async fn a_server_that_is_gone_between_accept_and_answer_is_no_policy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let accepting = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let outcome = asked(addr).await.expect_denied_because(Cause::NoPolicy);
    accepting.join().unwrap();
    assert!(matches!(answer(&outcome), AnswerKind::Closed | AnswerKind::Reset), "{outcome}");
}

#[tokio::test]
async fn a_server_that_answers_and_goes_without_reading_has_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let accepting = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.write_all(&open_answer()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap()
    });
    let _ = asked(addr).await.expect_unreachable();
    assert_eq!(accepting.join().unwrap(), POLICY_REQUEST.len());
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_before_a_silent_server_is_an_error_with_advice() {
    let (addr, _serving) = server(|mut stream| stream.read_to_end(&mut Vec::new()));
    let error = client(addr).try_connect(HOST, 5000).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("the runtime's clock is paused") && text.contains("start_paused"),
        "{text}"
    );
    assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::Unsupported);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_is_nothing_to_a_stage() {
    let silent = PolicyServer::builder().fault(Fault::Silent);
    let stage = Stage::builder()
        .policy(MASTER, silent)
        .backend(GAME, Backend::silent().starting_firewalled())
        .start();
    let outcome = stage.swf(SWF).connect(HOST, 5000).await.expect_denied_because(Cause::NoPolicy);
    assert_eq!(outcome.decided_at(), Duration::from_secs(6));
    assert_eq!(stage.real_timers(), 0);
}

#[tokio::test(start_paused = true)]
async fn our_own_servers_cost_a_client_alone_no_time() {
    let delay = Duration::from_secs(2);
    let policy = PolicyServer::builder().document(OPEN).fault(Fault::Delay(delay)).start();
    let backend = Backend::echo().start();
    let client = FlashClient::from_swf(SWF).unwrap().route(MASTER, &policy).route(GAME, &backend);
    let outcome = client.connect(HOST, 5000).await;
    assert_eq!((outcome.cause(), outcome.decided_at()), (Cause::Connected, delay));

    backend.firewall();
    let outcome = client.connect(HOST, 5000).await.expect_unreachable();
    assert_eq!(
        (outcome.cause(), outcome.decided_at()),
        (Cause::BackendTimedOut, Duration::from_secs(20))
    );
}

#[tokio::test]
#[should_panic(expected = "use flash_policy_fixture::FlashClient and .await here")]
async fn the_blocking_client_inside_a_runtime_panics_with_advice() {
    let _ = blocking::FlashClient::from_swf(SWF).unwrap().connect(HOST, 5000);
}

#[rstest]
#[case::good(open_answer())]
#[case::no_nul(OPEN.into())]
#[case::garbage(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]
#[case::nothing(Vec::new())]
fn the_blocking_twin_does_what_the_async_client_does(#[case] bytes: Vec<u8>) {
    let sent = bytes.clone();
    let (addr, _serving) = server(move |mut stream| stream.write_all(&sent).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let by_async = told(&runtime.block_on(asked(addr)));

    let (addr, _serving) = server(move |mut stream| stream.write_all(&bytes).unwrap());
    let twin = blocking::FlashClient::from_swf(SWF).unwrap().route(MASTER, addr);
    assert_eq!(told(&twin.connect(HOST, 5000)), by_async);
}

/// Returns everything that an outcome says, except the times, which depend on the foreign server.
fn told<S>(outcome: &flash_policy_fixture::player::Outcome<S>) -> (String, String) {
    let notes: Vec<String> = outcome.diagnostics().map(ToString::to_string).collect();
    let answers: Vec<AnswerKind> = outcome.asked().iter().map(|asked| asked.answer()).collect();
    let verdict = format!("{} {:?} {answers:?}", outcome.cause(), outcome.events());
    let connections = outcome.transcript().iter().map(|one| {
        (one.endpoint().to_string(), one.purpose(), one.sent(), one.received(), one.ended())
    });
    let connections: Vec<_> = connections.collect();
    (verdict, format!("{notes:?} {connections:?}"))
}

#[test]
fn the_blocking_twins_socket_blocks() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::echo()).start();
    let socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
    let mut chat = socket.into_xml_socket();
    chat.send("<message/>").unwrap();
    assert_eq!(chat.receive().unwrap().as_deref(), Some("<message/>"));
}
