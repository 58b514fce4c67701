//! Many connections at the same time.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;

use flash_policy_fixture::server::{Exchange, ExchangeEnd, Traffic};
use flash_policy_fixture::wire::{Fault, POLICY_REQUEST};
use flash_policy_fixture::{Backend, PolicyServer, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::raw::{GAME, HOST, MASTER, OPEN, SWF, exchange, open_answer};

const CLIENTS: usize = 200;

#[tokio::test]
async fn two_hundred_clients_are_served_on_one_thread() {
    two_hundred_clients_are_served().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_clients_are_served_on_many_threads() {
    two_hundred_clients_are_served().await;
}

async fn two_hundred_clients_are_served() {
    let slow =
        PolicyServer::builder().document(OPEN).faults([Fault::Ok, Fault::Split(vec![1, 2, 3])]);
    let stage =
        Arc::new(Stage::builder().policy(MASTER, slow).backend(GAME, Backend::echo()).start());
    let mut playing = JoinSet::new();
    for number in 0..CLIENTS {
        let stage = stage.clone();
        playing.spawn(async move {
            let mut socket = stage.swf(SWF).connect(HOST, 5000).await.expect_permitted();
            for round in 0..3 {
                let text = format!("client {number:03} round {round};");
                let mut back = vec![0; text.len()];
                socket.write_all(text.as_bytes()).await.unwrap();
                socket.read_exact(&mut back).await.unwrap();
                assert_eq!(back, text.as_bytes());
            }
        });
    }
    while let Some(played) = playing.join_next().await {
        played.unwrap();
    }
    assert_eq!(stage.policy_server(MASTER).journal().policy_requests(), CLIENTS);
    let journal = stage.backend(GAME).journal();
    let mut numbers = Vec::new();
    for exchange in journal.exchanges() {
        let received = String::from_utf8(exchange.received()).unwrap();
        let number = &received[..10];
        assert_eq!(received, format!("{number} round 0;{number} round 1;{number} round 2;"));
        assert_eq!((exchange.sent(), exchange.traffic().len()), (received.clone().into_bytes(), 6));
        assert_eq!(exchange.ended(), ExchangeEnd::PeerClosed);
        numbers.push(number.to_owned());
    }
    numbers.sort();
    assert_eq!(
        numbers,
        (0..CLIENTS).map(|number| format!("client {number:03}")).collect::<Vec<_>>()
    );
}

#[test]
fn two_hundred_raw_clients_are_served() {
    let server =
        PolicyServer::builder().document(OPEN).expect_requests(CLIENTS..=CLIENTS).strict().start();
    let addr = server.addr();
    let asking: Vec<_> = (0..CLIENTS)
        .map(|_| thread::spawn(move || exchange(addr, POLICY_REQUEST).unwrap()))
        .collect();
    for answer in asking {
        assert_eq!(answer.join().unwrap(), open_answer());
    }
    let whole = [Traffic::Received(POLICY_REQUEST.to_vec()), Traffic::Sent(open_answer())];
    assert!(server.journal().exchanges().iter().all(|exchange| exchange.traffic() == whole));
}

#[test]
fn idle_peers_do_not_hold_up_one_that_asks() {
    let server = PolicyServer::start(OPEN);
    let mut idle: Vec<_> = (0..150).map(|_| TcpStream::connect(server.addr()).unwrap()).collect();
    for stream in idle.iter_mut().step_by(2) {
        stream.write_all(b"<policy").unwrap();
    }
    assert_eq!(exchange(server.addr(), POLICY_REQUEST).unwrap(), open_answer());
    for stream in idle.iter_mut().step_by(2) {
        stream.write_all(b"-file-request/>\0").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, open_answer());
    }
    assert_eq!(server.journal().policy_requests(), 76);
}

#[test]
fn the_journal_keeps_the_first_mebibyte_of_a_flood() {
    const FLOOD: usize = 4 * Exchange::MAX_BYTES;
    let backend = Backend::silent().start();
    let mut flooding = TcpStream::connect(backend.addr()).unwrap();
    flooding.write_all(&vec![b'x'; FLOOD]).unwrap();
    flooding.shutdown(Shutdown::Write).unwrap();
    assert_eq!(flooding.read(&mut [0]).unwrap(), 0);

    let journal = backend.journal();
    let [exchange] = journal.exchanges() else {
        panic!("{} connections", journal.exchanges().len())
    };
    assert_eq!(exchange.received(), vec![b'x'; Exchange::MAX_BYTES]);
    assert_eq!(exchange.left_out(), FLOOD - Exchange::MAX_BYTES);
    assert!(journal.to_string().ends_with("xxx\n     … 3145728 more bytes\n"));
}

#[test]
fn a_large_answer_leaves_room_in_the_journal_for_what_the_peer_says_after_it() {
    let large = "x".repeat(2 * Exchange::MAX_BYTES);
    let server = PolicyServer::start(large.as_str());
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    stream.write_all(POLICY_REQUEST).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    stream.write_all(b"stray").unwrap();
    server.down();
    let journal = server.journal();
    assert!(journal.exchanges()[0].received().ends_with(b"\0stray"));
    assert_eq!(journal.exchanges()[0].left_out(), Exchange::MAX_BYTES + 1);
}

#[test]
fn an_answer_larger_than_every_buffer_reaches_a_peer_that_reads_late() {
    let document = "x".repeat(8 * 1024 * 1024);
    let server = PolicyServer::start(document.as_str());
    let mut late = TcpStream::connect(server.addr()).unwrap();
    late.write_all(POLICY_REQUEST).unwrap();
    exchange(server.addr(), b"somebody else").unwrap();
    let mut answer = Vec::new();
    late.read_to_end(&mut answer).unwrap();
    assert_eq!(answer.len(), document.len() + 1);
}
