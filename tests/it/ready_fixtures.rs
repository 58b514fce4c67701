//! The fixtures of the feature `rstest`, as a user's tests request them.

use std::io::{Read, Write};
use std::net::TcpStream;

use flash_policy_fixture::fixtures::{HOST, PORT, backend, policy_server, stage};
use flash_policy_fixture::{Cause, PolicyServer, RunningBackend, Stage};
use rstest::rstest;

#[rstest]
#[tokio::test]
async fn the_ready_stage_permits_everybody(stage: Stage) {
    let client = stage.swf("http://anyone.example/game.swf");
    client.connect(HOST, PORT).await.expect_permitted();

    stage.backend("game.example.com:5000").down();
    let outcome = client.connect(HOST, PORT).await.expect_unreachable();
    assert_eq!(outcome.cause(), Cause::BackendRefused);
}

#[rstest]
fn the_ready_policy_server_answers(policy_server: PolicyServer) {
    let mut player = TcpStream::connect(policy_server.addr()).unwrap();
    player.write_all(b"<policy-file-request/>\0").unwrap();
    let mut answer = Vec::new();
    player.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(b"</cross-domain-policy>\n\0"), "{}", answer.escape_ascii());
}

#[rstest]
fn the_ready_backend_echoes(backend: RunningBackend) {
    let mut socket = TcpStream::connect(backend.addr()).unwrap();
    socket.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}
