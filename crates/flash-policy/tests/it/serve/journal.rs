//! One line for each connection that is over, whatever came of it.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::{Value, json};

use super::{Folder, GOOD, REQUEST, Serving, Unread, answer, ask, close, connect, play};
use crate::raw::echoes;

/// The line of a connection that came from `peer`.
fn line(endpoint: &str, peer: &str, received: &[u8], sent: &[u8], ended: &str) -> Value {
    let (received, sent) = (STANDARD.encode(received), STANDARD.encode(sent));
    json!({"endpoint": endpoint, "peer": peer, "received": received, "sent": sent, "ended": ended})
}

#[test]
fn a_policy_connection_is_told_of_without_being_asked_for() {
    let mut serving = Serving::good("");
    let (mut stream, peer) = connect(serving.policy);
    stream.write_all(REQUEST).unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap();
    assert_eq!(got, answer(GOOD));
    close(stream);
    assert_eq!(serving.next(), line("policy", &peer, REQUEST, &got, "server-closed"));
    assert_eq!(serving.over(), [] as [Value; 0]);
}

#[test]
fn an_open_connection_has_no_line_until_it_is_over() {
    let mut serving = Serving::good("");
    let (mut stream, peer) = connect(serving.backend);
    assert!(echoes(&mut stream, b"hello"));
    assert_eq!(serving.over(), [] as [Value; 0]);
    close(stream);
    assert_eq!(serving.over(), [line("backend", &peer, b"hello", b"hello", "peer-closed")]);
}

#[rstest]
#[case::it_says_nothing(b"", "peer-closed")]
#[case::it_says_what_is_no_request(b"GET / HTTP/1.1\r\n\r\n", "server-closed")]
#[case::it_says_half_of_a_request(&REQUEST[..10], "peer-closed")]
fn a_peer_that_asks_for_no_policy_has_its_line(#[case] said: &[u8], #[case] ended: &str) {
    let mut serving = Serving::good("");
    let (mut stream, peer) = connect(serving.policy);
    stream.write_all(said).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert_eq!(serving.over(), [line("policy", &peer, said, b"", ended)]);
}

#[test]
fn a_reset_is_told_apart() {
    let serving = Serving::good("");
    let (mut stream, peer) = connect(serving.backend);
    assert!(echoes(&mut stream, b"hello"));
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
    assert_eq!(serving.next(), line("backend", &peer, b"hello", b"hello", "reset"));
}

#[test]
fn of_a_mebibyte_on_the_bytes_are_counted_only() {
    let serving = Serving::good("--backend silent");
    let (mut stream, peer) = connect(serving.backend);
    stream.write_all(&vec![b'a'; MIB + 7]).unwrap();
    close(stream);
    let mut expected = line("backend", &peer, &vec![b'a'; MIB], b"", "peer-closed");
    expected["left_out"] = json!(7);
    // It takes the server a while to read so much.
    assert!(serving.next() == expected, "a line of a MiB and its 7 bytes");
}

#[test]
fn in_band_both_are_at_one_address_and_told_apart_by_what_they_were_asked() {
    let mut serving = Serving::good("--in-band");
    assert_eq!(serving.policy, serving.backend);
    assert_eq!(serving.policy(), answer(GOOD));
    let (mut stream, peer) = connect(serving.backend);
    assert!(echoes(&mut stream, b"<hello/>\0"));
    close(stream);
    let over = serving.over();
    assert_eq!(over.len(), 2);
    assert_eq!(over[0]["endpoint"], "policy");
    assert_eq!(over[1], line("backend", &peer, b"<hello/>\0", b"<hello/>\0", "peer-closed"));
}

#[test]
fn a_thousand_clients_one_after_the_other_have_a_line_each() {
    let mut serving = Serving::good("");
    let mut expected = Vec::new();
    for number in 0..1_000 {
        let (mut stream, peer) =
            connect(if number % 2 == 0 { serving.policy } else { serving.backend });
        if number % 2 == 0 {
            stream.write_all(REQUEST).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
            close(stream);
            expected.push(line("policy", &peer, REQUEST, &answer(GOOD), "server-closed"));
        } else {
            let said = format!("number {number}");
            assert!(echoes(&mut stream, said.as_bytes()));
            close(stream);
            expected.push(line("backend", &peer, said.as_bytes(), said.as_bytes(), "peer-closed"));
        }
    }
    assert_same(serving.over(), expected);
}

#[test]
fn two_hundred_clients_at_once_have_a_line_each() {
    let mut serving = Serving::good("");
    let (policy, backend) = (serving.policy, serving.backend);
    let clients = (0..200).map(|number| {
        thread::spawn(move || {
            let said = format!("number {number}");
            let ((mut game, game_peer), (mut asks, asks_peer)) =
                (connect(backend), connect(policy));
            asks.write_all(REQUEST).unwrap();
            assert!(echoes(&mut game, said.as_bytes()));
            asks.read_to_end(&mut Vec::new()).unwrap();
            close(game);
            close(asks);
            let game = line("backend", &game_peer, said.as_bytes(), said.as_bytes(), "peer-closed");
            [line("policy", &asks_peer, REQUEST, &answer(GOOD), "server-closed"), game]
        })
    });
    let clients: Vec<_> = clients.collect();
    let expected = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    assert_same(serving.over(), expected);
}

const MIB: usize = 1024 * 1024;

/// Starts a server whose lines nobody reads yet, and has this many peers send it 1 MiB each.
fn with_unread_lines(peers: usize) -> (Unread, Vec<String>) {
    let mut unread = Unread::start("--backend silent");
    let streams: Vec<_> = (0..peers).map(|_| connect(unread.backend)).collect();
    thread::scope(|scope| {
        for (stream, _) in &streams {
            scope.spawn(move || {
                let mut stream = stream;
                stream.write_all(&vec![b'a'; MIB]).unwrap();
            });
        }
    });
    let ports = streams.iter().map(|(_, peer)| peer.clone()).collect();
    streams.into_iter().for_each(|(stream, _)| close(stream));
    // It is answered when each of the connections has its line, behind all of them.
    unread.stdin.write_all(b"{\"sync\": 1}\n").unwrap();
    (unread, ports)
}

/// The lines are 130 MiB, of which 64 MiB are rendered ahead.
#[test]
fn a_reader_that_is_far_behind_gets_every_line() {
    let (unread, mut peers) = with_unread_lines(100);
    drop(unread.stdin);
    let mut told = Vec::new();
    for line in unread.lines {
        let line = line.unwrap();
        told.extend(line.split_once(r#""peer":""#).map(|(_, rest)| {
            assert!(line.len() > MIB, "{}", line.len());
            rest.split('"').next().unwrap().to_owned()
        }));
    }
    told.sort();
    peers.sort();
    assert!(told == peers, "{} of {} lines", told.len(), peers.len());
    let mut child = unread.child;
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_command_takes_effect_though_the_reader_is_far_behind() {
    let (mut unread, _) = with_unread_lines(60);
    unread.stdin.write_all(b"{\"backend\": \"down\"}\n").unwrap();
    while std::net::TcpStream::connect(unread.backend).is_ok() {}
    let lines: Vec<String> = unread
        .lines
        .map_while(|line| {
            let line = line.unwrap();
            (!line.contains(r#"{"ok":{"backend":"down"}}"#)).then_some(line)
        })
        .collect();
    assert_eq!(lines.iter().filter(|line| line.len() > MIB).count(), 60);
    let mut child = unread.child;
    drop(unread.stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn assert_same(mut over: Vec<Value>, mut expected: Vec<Value>) {
    for lines in [&mut over, &mut expected] {
        // One port can go to both servers.
        lines.sort_by_key(|line| (line["peer"].to_string(), line["endpoint"].to_string()));
    }
    for (over, expected) in over.iter().zip(&expected) {
        assert_eq!(over, expected);
    }
    assert_eq!(over.len(), expected.len());
}

/// In KiB.
#[cfg(target_os = "linux")]
fn resident(serving: &Serving) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_has_its_own_fault_and_not_those_of_the_others() {
    let mut serving = Serving::good("");
    serving.obeys(json!({"document": "x".repeat(500_000), "faults": vec!["no-nul"; 16]}));
    let before = resident(&serving);
    let stand: Vec<_> = (0..20).map(|_| connect(serving.policy)).collect();
    serving.over();
    let after = resident(&serving);
    // The document once for each would be 10 MiB, sixteen times 160 MiB.
    assert!(
        after.saturating_sub(before) < 40 * 1024,
        "{} connections: {before} KiB, then {after} KiB",
        stand.len()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_level_however_many_have_come() {
    const BODY: usize = 16 * 1024;
    let mut serving = Serving::good("");
    let mut rounds = |rounds: usize| {
        for _ in 0..rounds {
            for _ in 0..25 {
                ask(serving.policy);
                assert!(play(serving.backend, &[b'x'; BODY]));
            }
            assert_eq!(serving.over().len(), 50);
        }
        resident(&serving)
    };
    let warm = rounds(10);
    let after = rounds(80);
    let grown = after.saturating_sub(warm);
    assert!(grown < 8 * 1024, "after 500 connections {warm} KiB, after 4 500 {after} KiB");
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_stays_keeps_its_line_while_thousands_come_and_go() {
    let mut serving = Serving::good("");
    let (mut stays, peer) = connect(serving.backend);
    assert!(echoes(&mut stays, b"first"));
    for _ in 0..20 {
        for _ in 0..50 {
            ask(serving.policy);
            assert!(play(serving.backend, b"short"));
        }
        assert_eq!(serving.over().len(), 100);
    }
    assert!(echoes(&mut stays, b"last"));
    close(stays);
    assert_eq!(serving.over(), [line("backend", &peer, b"firstlast", b"firstlast", "peer-closed")]);
}

#[test]
fn every_line_is_valid_by_the_schema() {
    let (exit, schema) = Folder::new().stdout("schema serve");
    assert_eq!(exit, 0);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut serving = Serving::good("");
    serving.policy();
    let (mut lines, obeyed) =
        serving.tell(r#"{"backend": "down", "faults": ["delay=1ms"], "sync": [null]}"#);
    let (_, refused) = serving.tell(r#"{"backend": "dwon"}"#);
    let endpoints = json!({"endpoints": {"policy": "127.0.0.1:1", "backend": "127.0.0.1:2"}});
    lines.extend([
        obeyed,
        refused,
        endpoints,
        json!({"policy": "firewalled", "document": ""}),
        json!({"file": "a"}),
    ]);
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in &lines {
        assert!(validator.is_valid(line), "{line}");
    }
    assert_eq!(lines.len(), 6);
    for wrong in [
        json!({}),
        json!({"backend": "dwon"}),
        json!({"backend": null}),
        json!({"ok": {"bakend": "up"}}),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}
