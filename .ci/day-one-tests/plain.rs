//! Tests without a runtime, over blocking sockets.

use std::io::{Read, Write};
use std::net::TcpStream;

use flash_policy_fixture::{Backend, Cause, PolicyFile, PolicyServer, Stage, blocking};

#[test]
fn a_policy_server_answers_a_plain_socket() {
    for server in [
        PolicyServer::start(include_str!("../policy.xml")),
        PolicyServer::start(
            PolicyFile::parse(include_bytes!("../policy.xml")).expect("it is well-formed"),
        ),
    ] {
        let mut player = TcpStream::connect(server.addr()).unwrap();
        player.write_all(b"<policy-file-request/>\0").unwrap();
        let mut answer = Vec::new();
        player.read_to_end(&mut answer).unwrap();
        assert!(answer.ends_with(b"</cross-domain-policy>\n\0"), "{}", answer.escape_ascii());
        server.stop();
    }
}

#[test]
fn a_plain_backend_echoes() {
    let backend = Backend::echo().start();
    let mut socket = TcpStream::connect(backend.addr()).unwrap();
    socket.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

#[test]
fn a_stage_serves_plain_tests_too() {
    let stage = Stage::builder()
        .policy("game.example.com:843", include_str!("../policy.xml"))
        .backend("game.example.com:5000", Backend::echo())
        .start();
    let client = stage.blocking_swf("http://evil.example/game.swf");
    client.connect("game.example.com", 5000).expect_denied_because(Cause::DomainNotListed);
}

#[test]
fn a_blocking_client_meets_a_server_by_its_address() {
    let server = PolicyServer::start(include_str!("../policy.xml"));
    let backend = Backend::silent().start();
    blocking::FlashClient::from_swf("http://www.example.com/game.swf")
        .unwrap()
        .route("game.example.com:843", server.addr())
        .route("game.example.com:5000", backend.addr())
        .connect("game.example.com", 5000)
        .expect_permitted();
}
