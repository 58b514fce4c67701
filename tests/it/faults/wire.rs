//! The bytes that each fault sends to a foreign client.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use flash_policy_fixture::server::{ExchangeEnd, PolicyServerBuilder};
use flash_policy_fixture::wire::{
    Declaration, Fault, FaultList, ListedFault, POLICY_REQUEST, Playback, Script, Sent, Step,
};
use flash_policy_fixture::{Backend, PolicyServer, Stage};
use rstest::rstest;

use crate::raw::{GAME, HOST, MASTER, OPEN, SWF, echoes, open_answer, refuses};

const REQUEST: &[u8] = POLICY_REQUEST;
const COALESCED: &[u8] = b"<policy-file-request/>\0more";

fn tiny(id: &str) -> PolicyServerBuilder {
    PolicyServer::builder().document("<p/>").fault(id.parse::<ListedFault>().unwrap())
}

/// Returns an endpoint that answers in-band, in front of a backend that echoes.
fn in_band(fault: impl Into<FaultList>) -> (Stage, SocketAddr) {
    let policy = PolicyServer::builder().document("<p/>").fault(fault);
    let stage = Stage::builder().policy(GAME, policy).backend(GAME, Backend::echo()).start();
    let addr = stage.backend(GAME).addr();
    (stage, addr)
}

/// Sends these bytes and a FIN, and returns everything until the peer's FIN or RST.
fn converse(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).unwrap();
    // Writing fails if the peer has already reset the connection.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[rstest]
#[case("ok", REQUEST, b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("serial", REQUEST, b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("silent", REQUEST, b"", ExchangeEnd::PeerClosed)]
#[case("close-on-accept", b"", b"", ExchangeEnd::ServerClosed)]
#[case("close-on-request", REQUEST, b"", ExchangeEnd::ServerClosed)]
#[case("reset-on-accept", b"", b"", ExchangeEnd::Reset)]
#[case("reset-on-request", REQUEST, b"", ExchangeEnd::Reset)]
#[case("reset-after-answer", REQUEST, b"<p/>\0", ExchangeEnd::Reset)]
#[case("no-nul", REQUEST, b"<p/>", ExchangeEnd::ServerClosed)]
#[case("no-nul-open", REQUEST, b"<p/>", ExchangeEnd::PeerClosed)]
#[case("escaped-nul", REQUEST, br"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("keep-open", REQUEST, b"<p/>\0", ExchangeEnd::PeerClosed)]
#[case("twice", REQUEST, b"<p/>\0<p/>\0", ExchangeEnd::ServerClosed)]
#[case("unprompted", b"", b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case(
    "http-400",
    REQUEST,
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    ExchangeEnd::ServerClosed
)]
#[case("tls-alert", REQUEST, b"\x15\x03\x01\x00\x02\x02\x46", ExchangeEnd::ServerClosed)]
#[case("bom", REQUEST, b"\xef\xbb\xbf<p/>\0", ExchangeEnd::ServerClosed)]
#[case("leading-whitespace", REQUEST, b"\n<p/>\0", ExchangeEnd::ServerClosed)]
#[case("length-prefix", REQUEST, b"\x00\x04<p/>\0", ExchangeEnd::ServerClosed)]
#[case("utf-16", REQUEST, b"\xff\xfe<\0p\0/\0>\0\0\0", ExchangeEnd::ServerClosed)]
#[case("request-needs-newline", REQUEST, b"", ExchangeEnd::PeerClosed)]
#[case("request-needs-newline", b"<policy-file-request/>\n", b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case(
    "request-needs-newline",
    b"<policy-file-request/>\0\r\n",
    b"<p/>\0",
    ExchangeEnd::ServerClosed
)]
#[case("one-read", REQUEST, b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("one-read", COALESCED, b"", ExchangeEnd::ServerClosed)]
#[case("one-read", b"<policy-file-requests>\0", b"", ExchangeEnd::ServerClosed)]
#[case("first-byte-only", REQUEST, b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("first-byte-only", b"<msg>hello</msg>\0", b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("first-byte-only", b"GET / HTTP/1.1\r\n\r\n", b"", ExchangeEnd::ServerClosed)]
#[case("swallow-coalesced", COALESCED, b"<p/>\0", ExchangeEnd::PeerClosed)]
#[case("delay=1ms", REQUEST, b"<p/>\0", ExchangeEnd::PeerClosed)]
#[case("split=1,2", REQUEST, b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("drip=2/1ms", REQUEST, b"<p/>\0", ExchangeEnd::PeerClosed)]
#[case("truncate=0", REQUEST, b"", ExchangeEnd::ServerClosed)]
#[case("truncate=2", REQUEST, b"<p", ExchangeEnd::ServerClosed)]
#[case("truncate=6", REQUEST, b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("extra-nuls=0", REQUEST, b"<p/>\0", ExchangeEnd::ServerClosed)]
#[case("extra-nuls=2", REQUEST, b"<p/>\0\0\0", ExchangeEnd::ServerClosed)]
#[case("bytes-after-nul=more", REQUEST, b"<p/>\0more", ExchangeEnd::ServerClosed)]
fn a_fault_is_met_by_a_foreign_client(
    #[case] id: &str,
    #[case] sent: &[u8],
    #[case] answer: &[u8],
    #[case] ended: ExchangeEnd,
) {
    let server = tiny(id).start();
    let answered = converse(server.addr(), sent);
    assert_eq!(answered.escape_ascii().to_string(), answer.escape_ascii().to_string());
    assert_eq!(server.journal().exchanges()[0].ended(), ended);
}

#[test]
fn a_refused_client_meets_nobody() {
    assert!(refuses(tiny("refused").start().addr()));
}

#[rstest]
#[case::one_that_assumes_one_read(Fault::OneRead, b"")]
#[case::any_other(Fault::Ok, b"<p/>\0")]
fn a_request_in_two_segments(#[case] fault: Fault, #[case] answer: &[u8]) {
    let server = PolicyServer::builder().document("<p/>").fault(fault.clone()).start();
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    stream.write_all(&REQUEST[..7]).unwrap();
    if fault == Fault::Ok {
        stream.write_all(&REQUEST[7..]).unwrap();
    }
    let mut answered = Vec::new();
    stream.read_to_end(&mut answered).unwrap();
    assert_eq!(answered, answer);
}

#[test]
fn an_in_band_endpoint_that_assumes_one_read_fails_a_request_with_more_behind_it() {
    let (_stage, addr) = in_band(Fault::OneRead);
    assert_eq!(converse(addr, REQUEST), b"<p/>\0");
    assert_eq!(converse(addr, b"hello"), b"hello");
    assert_eq!(converse(addr, COALESCED), b"");
}

#[rstest]
#[case::whole(&[REQUEST], Sent::Bytes(b"<p/>\0".to_vec()))]
#[case::in_two_segments(&[&REQUEST[..7], &REQUEST[7..]], Sent::Fin)]
#[case::with_a_late_nul(&[&REQUEST[..22], &REQUEST[22..]], Sent::Fin)]
#[case::with_more_in_a_second_segment(&[REQUEST, b"more"], Sent::Bytes(b"<p/>\0".to_vec()))]
fn an_in_band_endpoint_that_assumes_one_read_fails_a_request_in_parts(
    #[case] parts: &[&[u8]],
    #[case] first: Sent,
) {
    let declared =
        Declaration::new().policy([Fault::OneRead.script(b"<p/>")]).backend(Script::echo());
    let mut connection = Playback::new(&declared);
    parts.iter().for_each(|part| connection.hear(part));
    assert_eq!(connection.play_until(Duration::ZERO, &mut || 0)[0].sent, first);
}

#[rstest]
#[case::the_request(REQUEST, b"<p/>\0")]
#[case::the_games_own_xml(b"<msg>hello</msg>\0", b"<p/>\0")]
#[case::anything_else(b"hello", b"hello")]
fn an_in_band_endpoint_that_looks_at_the_first_byte(#[case] sent: &[u8], #[case] answer: &[u8]) {
    let (_stage, addr) = in_band(Fault::FirstByteOnly);
    assert_eq!(converse(addr, sent), answer);
}

#[rstest]
#[case::the_request(REQUEST, b"")]
#[case::with_a_newline(b"<policy-file-request/>\0\n", b"<p/>\0")]
#[case::anything_else(b"hello\n", b"hello\n")]
fn an_in_band_endpoint_that_waits_for_a_line(#[case] sent: &[u8], #[case] answer: &[u8]) {
    let (_stage, addr) = in_band(Fault::RequestNeedsNewline);
    assert_eq!(converse(addr, sent), answer);
}

#[test]
fn what_comes_in_one_segment_with_the_request_is_lost_and_the_rest_is_not() {
    let (_stage, addr) = in_band(Fault::SwallowCoalesced);
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(COALESCED).unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"<p/>\0");
    assert!(echoes(&mut stream, b"hello"));
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"");
}

/// Returns whether the second of two clients is answered while the first is still connected, and
/// whether it is answered after the first has gone.
fn answers_the_second(fault: impl Into<FaultList>) -> (bool, bool) {
    let (_stage, addr) = in_band(fault);
    let mut first = TcpStream::connect(addr).unwrap();
    assert!(echoes(&mut first, b"hello"));
    let mut second = TcpStream::connect(addr).unwrap();
    second.write_all(REQUEST).unwrap();
    second.set_nonblocking(true).unwrap();
    let mut answer = [0; 5];
    let mut meanwhile = false;
    for _ in 0..100 {
        assert!(echoes(&mut first, b"and again"));
        meanwhile |= second.peek(&mut answer).is_ok();
    }
    drop(first);
    second.set_nonblocking(false).unwrap();
    (meanwhile, second.read_exact(&mut answer).is_ok() && &answer == b"<p/>\0")
}

#[test]
fn a_serial_server_answers_the_second_client_when_the_first_has_gone() {
    assert_eq!(answers_the_second(ListedFault::Serial), (false, true));
    assert_eq!(answers_the_second(Fault::Ok), (true, true));
}

/// Nor does it keep a stage from stopping.
#[test]
fn a_serial_server_does_not_keep_a_stages_own_clients_waiting() {
    let policy = PolicyServer::builder().document(OPEN).fault(ListedFault::Serial);
    let stage = Stage::builder().policy(MASTER, policy).backend(GAME, Backend::echo()).start();
    let mut silent = TcpStream::connect(stage.policy_server(MASTER).addr()).unwrap();
    for _ in 0..2 {
        stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
    }
    assert_eq!(stage.policy_server(MASTER).journal().policy_requests(), 2);
    silent.write_all(REQUEST).unwrap();
    let mut answer = Vec::new();
    silent.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, open_answer());
}

/// The journal contains its request all the same.
#[test]
fn a_client_that_waits_for_its_turn_is_let_go_when_the_server_stops() {
    let server = tiny("serial").expect_requests(1..=1).start();
    let first = TcpStream::connect(server.addr()).unwrap();
    let mut second = TcpStream::connect(server.addr()).unwrap();
    second.write_all(REQUEST).unwrap();
    server.stop();
    assert!(!matches!(second.read(&mut [0; 8]), Ok(1..)), "the server answered");
    drop(first);
}

/// The length of a line is bounded.
#[test]
fn a_line_without_an_end_is_given_up() {
    let server = tiny("request-needs-newline").start();
    let endless = [vec![b'x'; 64 * 1024], b"\n".to_vec()].concat();
    assert_eq!(converse(server.addr(), &endless), b"");
    assert_eq!(converse(server.addr(), &endless[1..]), b"<p/>\0");
}

/// `Step::Backend` in the script of a backend itself does not start the script again.
#[test]
fn a_backend_that_goes_on_as_itself_ends() {
    let backend = Script::new().write("hello").then(Step::Backend);
    let mut connection = Playback::new(&Declaration::new().backend(backend));
    let sent: Vec<_> = connection
        .play_until(Duration::MAX, &mut || 0)
        .into_iter()
        .map(|stamped| stamped.sent)
        .collect();
    assert_eq!(sent, [Sent::Bytes(b"hello".to_vec())]);
}
