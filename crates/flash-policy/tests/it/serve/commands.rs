//! What is told to it while it runs: each command, its answer, and what is so when the answer
//! comes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::{Folder, GOOD, REQUEST, Serving, answer, ask, close, connect, play};
use crate::raw::{echoes, refuses};

#[test]
fn a_backend_that_is_down_refuses_before_the_answer_and_its_connections_are_over() {
    let mut serving = Serving::good("");
    for _ in 0..50 {
        let (mut stands, peer) = connect(serving.backend);
        assert!(echoes(&mut stands, b"hello"));
        let over = serving.obeys(json!({"backend": "down"}));
        assert!(refuses(serving.backend));
        assert_eq!(over.iter().map(|line| &line["peer"]).collect::<Vec<_>>(), [&json!(peer)]);
        assert_eq!(over[0]["ended"], "server-closed");
        assert_eq!(serving.policy(), answer(GOOD));
        serving.obeys(json!({"backend": "up"}));
        assert!(play(serving.backend, b"again"));
        serving.over();
    }
}

#[test]
fn a_policy_server_goes_down_and_comes_up_on_the_same_port() {
    let mut serving = Serving::good("");
    serving.obeys(json!({"policy": "down"}));
    assert!(refuses(serving.policy));
    assert!(play(serving.backend, b"hello"));
    serving.obeys(json!({"policy": "up"}));
    assert_eq!(serving.policy(), answer(GOOD));
}

#[cfg(target_os = "linux")]
#[test]
fn a_firewall_drops_new_connections_and_those_that_stand_go_on() {
    let mut serving = Serving::good("");
    let (mut stands, _) = connect(serving.backend);
    assert!(echoes(&mut stands, b"hello"));
    serving.obeys(json!({"backend": "firewalled", "policy": "firewalled"}));
    for addr in [serving.backend, serving.policy] {
        let error = TcpStream::connect_timeout(&addr, Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
    assert!(echoes(&mut stands, b"hello"));
    serving.obeys(json!({"backend": "up", "policy": "up"}));
    assert!(play(serving.backend, b"hello"));
    assert_eq!(serving.policy(), answer(GOOD));
}

#[test]
fn a_silent_backend_reads_and_one_that_closes_closes() {
    let mut serving = Serving::good("");
    serving.obeys(json!({"backend": "closes"}));
    assert_eq!(TcpStream::connect(serving.backend).unwrap().read(&mut [0]).unwrap(), 0);
    serving.obeys(json!({"backend": "silent"}));
    let (mut stream, _) = connect(serving.backend);
    stream.write_all(b"hello").unwrap();
    serving.over();
    close(stream);
    let over = serving.over();
    assert_eq!((&over[0]["received"], &over[0]["sent"]), (&json!("aGVsbG8="), &json!("")));
}

#[test]
fn a_silent_policy_server_reads_until_it_is_up_again() {
    let mut serving = Serving::good("--fault no-nul");
    serving.obeys(json!({"policy": "silent"}));
    let (mut stream, _) = connect(serving.policy);
    stream.write_all(REQUEST).unwrap();
    serving.over();
    close(stream);
    let over = serving.over();
    let said = "PHBvbGljeS1maWxlLXJlcXVlc3QvPgA=";
    assert_eq!((&over[0]["received"], &over[0]["sent"]), (&json!(said), &json!("")));
    serving.obeys(json!({"policy": "up"}));
    assert_eq!(serving.policy(), GOOD.as_bytes(), "with the fault that it had before");
}

#[test]
fn faults_are_of_the_next_connections_in_turn_and_the_last_one_repeats() {
    let mut serving = Serving::good("--fault http-400 --fault no-nul");
    let http = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    assert_eq!(serving.policy(), http);
    serving.obeys(json!({"faults": ["no-nul", "http-400", "ok"]}));
    assert_eq!(serving.policy(), GOOD.as_bytes());
    assert_eq!(serving.policy(), http);
    assert_eq!(serving.policy(), answer(GOOD));
    assert_eq!(serving.policy(), answer(GOOD));
    serving.obeys(json!({"faults": ["no-nul", "ok"]}));
    assert_eq!(serving.policy(), GOOD.as_bytes(), "the first one again");
    serving.obeys(json!({"document": "<other/>"}));
    assert_eq!(serving.policy(), answer("<other/>"), "but a document does not begin again");
}

#[test]
fn a_list_of_faults_has_an_end() {
    let mut serving = Serving::good("");
    let (_, refused) = serving.tell(&json!({"faults": vec!["no-nul"; 257]}).to_string());
    assert_eq!(refused, json!({"error": "257 faults are too many; expected 256 at most"}));
    assert_eq!(serving.policy(), answer(GOOD));
    serving.obeys(json!({"faults": vec!["no-nul"; 256]}));
    assert_eq!(serving.policy(), GOOD.as_bytes());
}

#[test]
fn a_connection_that_stands_has_the_fault_of_its_time() {
    let mut serving = Serving::good("--in-band --fault no-nul");
    let (mut stands, _) = connect(serving.policy);
    stands.write_all(&REQUEST[..5]).unwrap();
    serving.obeys(json!({"faults": ["http-400", "ok"], "document": "<other/>"}));
    stands.write_all(&REQUEST[5..]).unwrap();
    let mut got = String::new();
    stands.read_to_string(&mut got).unwrap();
    assert_eq!(got, GOOD);
    // Nor does it take the turn of one that comes after.
    assert!(ask(serving.policy).starts_with(b"HTTP/1.1 400"));
    assert_eq!(serving.policy(), answer("<other/>"));
}

#[test]
fn refused_and_dropped_are_the_policy_server_until_it_is_told_otherwise() {
    let mut serving = Serving::good("--fault refused");
    assert!(refuses(serving.policy));
    serving.obeys(json!({"faults": ["ok"]}));
    assert_eq!(serving.policy(), answer(GOOD));
    serving.obeys(json!({"faults": ["refused"]}));
    assert!(refuses(serving.policy));
    serving.obeys(json!({"policy": "up"}));
    assert_eq!(serving.policy(), answer(GOOD));
    serving.obeys(json!({"policy": "down"}));
    serving.obeys(json!({"faults": ["ok"]}));
    assert!(refuses(serving.policy), "faults say nothing of a server that was shut by itself");
}

#[test]
fn a_document_comes_in_the_command_or_from_a_file() {
    let mut serving =
        Serving::in_folder(Folder::with_policy(GOOD).put("other.xml", b"<other/>\xff"), "");
    serving.obeys(json!({"document": "anything \u{e9} at all"}));
    assert_eq!(serving.policy(), answer("anything \u{e9} at all"));
    serving.obeys(json!({"file": "other.xml"}));
    assert_eq!(serving.policy(), b"<other/>\xff\0");
}

#[rstest]
#[case::null(json!(null))]
#[case::a_number(json!(17))]
#[case::what_ends_a_line_elsewhere(json!("a\u{2028}b\u{85}c\rd\ne"))]
#[case::anything(json!({"a": [1, {"sync": false}], "b": "\u{0}"}))]
fn what_comes_with_sync_comes_back(#[case] any: serde_json::Value) {
    let mut serving = Serving::good("");
    serving.policy();
    assert_eq!(serving.obeys(json!({"sync": any})).len(), 1);
}

#[test]
fn commands_are_answered_in_order() {
    let mut serving = Serving::good("");
    let commands: String = (0..500).map(|number| format!("{{\"sync\": {number}}}\n")).collect();
    serving.write(commands.as_bytes());
    for number in 0..500 {
        assert_eq!(serving.next(), json!({"ok": {"sync": number}}));
    }
}

#[rstest]
#[case::nothing("", "this is no JSON")]
#[case::half_of_it("{", "this is no JSON: EOF while parsing")]
#[case::more_than_one(
    r#"{"sync": 1} {"sync": 2}"#,
    "at column 13 this is no JSON: trailing characters"
)]
#[case::no_object(
    r#"["backend", "down"]"#,
    "expected a JSON object on one line, such as {\"backend\": \"down\"}"
)]
#[case::no_key("{}", "nothing is to be done; expected a JSON object")]
#[case::an_unknown_key(r#"{"bakend": "down"}"#, "unknown key `bakend`; did you mean `backend`?")]
#[case::a_key_like_no_other(
    r#"{"zzz": 1}"#,
    "unknown key `zzz`; expected one of `backend`, `policy`, `faults`"
)]
#[case::a_key_with_quotes_in_it(
    r#"{"`, expected `": 1}"#,
    "unknown key ``, expected ``; expected one of"
)]
#[case::a_key_twice(
    r#"{"backend": "up", "backend": "down"}"#,
    "a key stands there once, and not twice: `backend`"
)]
#[case::an_unknown_backend(
    r#"{"backend": "dwon"}"#,
    "`backend`: unknown value `dwon`; did you mean `down`?"
)]
#[case::a_backend_that_is_none(r#"{"backend": null}"#, "`backend`: expected a string, found null")]
#[case::a_backend_with_a_value(r#"{"backend": {"up": 1}}"#, "`backend`: expected a string")]
#[case::a_policy_that_closes(
    r#"{"policy": "closes"}"#,
    "`policy`: unknown value `closes`; expected one of `up`, `down`"
)]
#[case::faults_outside_of_a_list(
    r#"{"faults": "silent"}"#,
    "`faults`: expected a list, found string \"silent\""
)]
#[case::an_unknown_fault(
    r#"{"faults": ["ok", "silnt"]}"#,
    "`silnt` is not a fault; did you mean `silent`?"
)]
#[case::a_fault_without_its_value(
    r#"{"faults": ["delay"]}"#,
    "`delay` is not a fault; write `delay=DURATION`"
)]
#[case::refused_among_others(
    r#"{"faults": ["refused", "ok"]}"#,
    "it must be the only one in its list"
)]
#[case::two_documents(
    r#"{"document": "a", "file": "policy.xml"}"#,
    "are both the document; leave one out"
)]
#[case::no_such_file(
    r#"{"file": "nope.xml"}"#,
    "`file`: cannot read nope.xml: there is no such file; check the path"
)]
#[case::a_folder(r#"{"file": "."}"#, "`file`: . is no regular file")]
#[case::standard_input(r#"{"file": "-"}"#, "`file`: standard input carries commands")]
fn what_is_wrong_is_said_and_nothing_is_done(#[case] line: &str, #[case] said: &str) {
    let mut serving = Serving::good("");
    // What is right next to it is not done either.
    let line =
        line.replacen('{', r#"{"backend": "down", "#, usize::from(line.contains("\"faults\": [")));
    let (_, answer) = serving.tell(&line);
    let error = answer["error"].as_str().unwrap();
    assert!(error.contains(said), "{error}");
    assert!(!error.contains('\n'), "{error}");
    assert!(play(serving.backend, b"hello"));
    assert_eq!(serving.policy(), super::answer(GOOD));
}

#[test]
fn lines_that_are_no_text_or_too_long_are_answered_and_the_next_is_heard() {
    let mut serving = Serving::good("");
    serving.write(b"{\"sync\": \"\xff\"}\n");
    assert_eq!(serving.next(), json!({"error": "this line is no UTF-8; expected JSON"}));
    serving.write(&[vec![b' '; 1024 * 1024 + 1], b"\n".to_vec()].concat());
    assert_eq!(serving.next(), json!({"error": "a line has at most 1 MiB"}));
    let mut longest = br#"{"backend": "down"}"#.to_vec();
    longest.resize(1024 * 1024, b' ');
    serving.write(&[longest, b"\n".to_vec()].concat());
    assert_eq!(serving.next(), json!({"ok": {"backend": "down"}}));
    assert!(refuses(serving.backend));
}

#[test]
fn a_document_that_a_player_rejects_is_served_with_a_warning() {
    let mut serving = Serving::in_folder(Folder::with_policy("not a policy"), "");
    assert_eq!(serving.policy(), answer("not a policy"));
    serving.obeys(json!({"document": GOOD}));
    serving.obeys(json!({"document": "<half"}));
    drop(serving.stdin.take());
    let (_, exit, said) = serving.ended();
    assert!(exit.success());
    assert_eq!(said.matches("warning: a player rejects this document: ").count(), 2, "{said}");
}
