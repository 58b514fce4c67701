//! The end of a socket's connection and of a stage when they are dropped.

use std::io::{BufRead, BufReader, Write};

use flash_policy_fixture::server::ExchangeEnd;
use flash_policy_fixture::{Backend, Sandbox, Stage};

#[test]
fn a_cloned_socket_is_one_connection_until_its_last_handle_is_dropped() {
    let stage = Stage::builder().backend("game.example.com:5000", Backend::echo()).start();
    let outcome = stage.blocking_swf(Sandbox::LocalTrusted).connect("game.example.com", 5000);
    let mut socket = outcome.expect_permitted();
    let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
    socket.write_all(b"hello\n").unwrap();
    drop(socket);
    assert_eq!(lines.next().unwrap().unwrap(), "hello");
    let ended = || stage.backend("game.example.com:5000").journal().exchanges()[0].ended();
    assert_eq!(ended(), ExchangeEnd::Open);
    drop(lines);
    assert_eq!(ended(), ExchangeEnd::PeerClosed);
}

#[test]
fn a_stage_that_is_dropped_at_once_still_reads_what_its_clients_sent() {
    for _ in 0..200 {
        let stage = Stage::builder().backend("game.example.com:5000", Backend::silent()).start();
        let outcome = stage.blocking_swf(Sandbox::LocalTrusted).connect("game.example.com", 5000);
        drop(outcome.expect_permitted());
        drop(stage);
    }
}
