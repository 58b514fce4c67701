//! How it ends: with the journal of what was over, and never later than whoever started it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use rstest::rstest;
use serde_json::{Value, json};

use super::{Folder, GOOD, NEVER, REQUEST, Serving, close, command, connect, lines_of, signal_to};
use crate::raw::{echoes, refuses};

#[rstest]
#[case::the_end_of_its_input("")]
#[case::sigterm("TERM")]
#[case::sigint("INT")]
fn it_ends_with_the_journal_and_the_ports_refuse(#[case] signal: &str) {
    let mut serving = Serving::good("");
    let (mut over, first) = connect(serving.policy);
    over.write_all(REQUEST).unwrap();
    over.read_to_end(&mut Vec::new()).unwrap();
    close(over);
    let (mut stands, second) = connect(serving.backend);
    assert!(echoes(&mut stands, b"hello"));
    match signal {
        "" => drop(serving.stdin.take()),
        signal => serving.signal(signal),
    }
    let (policy, backend) = (serving.policy, serving.backend);
    let (rest, exit, said) = serving.ended();
    assert_eq!((exit.code(), said.as_str()), (Some(0), ""));
    let peers: Vec<&Value> = rest.iter().map(|line| &line["peer"]).collect();
    assert_eq!(peers, [&json!(first), &json!(second)]);
    assert_eq!(rest[1]["ended"], "server-closed");
    assert!(refuses(policy) && refuses(backend));
}

#[test]
fn a_last_line_without_its_end_is_a_command_too() {
    let mut serving = Serving::good("");
    serving.write(br#"{"sync": "last"}"#);
    drop(serving.stdin.take());
    let (rest, exit, _) = serving.ended();
    assert_eq!(rest, [json!({"ok": {"sync": "last"}})]);
    assert!(exit.success());
}

#[test]
fn input_that_was_at_its_end_from_the_start_is_explained() {
    let folder = Folder::with_policy(GOOD);
    let output = command(&folder, "").stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(said.contains("keep a pipe open") && said.contains("--for 10m"), "{said}");
}

#[test]
fn with_a_time_the_end_of_its_input_is_not_its_own() {
    let mut serving = Serving::good("--for 10m");
    serving.obeys(json!({"backend": "down"}));
    drop(serving.stdin.take());
    // It takes a signal, not the end that it was given before.
    serving.policy();
    assert_eq!(serving.next()["endpoint"], "policy");
    serving.signal("TERM");
    let (_, exit, said) = serving.ended();
    assert_eq!((exit.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn its_time_is_its_end_though_its_input_goes_on() {
    let serving = Serving::good("--for 1ms");
    assert_eq!(serving.ended().1.code(), Some(0));
}

#[test]
fn with_a_time_the_document_may_be_its_input() {
    let folder = Folder::new();
    let mut command = Command::new(crate::COMMAND);
    command.current_dir(folder.path("")).args(["serve", "-", "--for", "10m"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(GOOD.as_bytes()).unwrap();
    let first: Value =
        serde_json::from_str(&lines_of(child.stdout.take().unwrap()).recv_timeout(NEVER).unwrap())
            .unwrap();
    let policy = first["endpoints"]["policy"].as_str().unwrap().parse().unwrap();
    assert_eq!(crate::raw::exchange(policy, REQUEST).unwrap(), super::answer(GOOD));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn it_ends_when_nobody_reads_its_lines_any_more() {
    let folder = Folder::with_policy(GOOD);
    let mut child = command(&folder, "").spawn().unwrap();
    let _stdin = child.stdin.take();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let first: Value = serde_json::from_str(&first).unwrap();
    let policy = first["endpoints"]["policy"].as_str().unwrap().parse().unwrap();
    // The pipe stays open as long as a child that another test forks just now has not run `exec`
    // yet.
    let exit = (0..10_000).find_map(|_| {
        let _ = crate::raw::exchange(policy, REQUEST);
        child.try_wait().unwrap()
    });
    assert_eq!(exit.and_then(|exit| exit.code()), Some(0), "the line of a connection found nobody");
}

/// The parent, a shell, is the only one to hold the pipe; it has no time to end anybody.
#[cfg(unix)]
#[test]
fn a_killed_parent_leaves_nobody_behind() {
    const PARENT: &str = r#"mkfifo commands; "$0" serve policy.xml <commands 2>said & exec 3>commands; read -r forever"#;
    let folder = Folder::with_policy(GOOD);
    let mut parent = Command::new("sh");
    parent.args(["-c", PARENT, crate::COMMAND]).current_dir(folder.path(""));
    let mut parent = parent.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let _held = parent.stdin.take();
    let lines = lines_of(parent.stdout.take().unwrap());
    let first: Value = serde_json::from_str(&lines.recv_timeout(NEVER).unwrap()).unwrap();
    let at = |name: &str| first["endpoints"][name].as_str().unwrap().parse().unwrap();
    let (mut stands, peer) = connect(at("backend"));
    assert!(echoes(&mut stands, b"hello"));
    signal_to(parent.id(), "KILL");
    parent.wait().unwrap();
    // Its stdout, which nobody else holds, is at its end: the process is gone.
    let rest: Vec<String> = lines.iter().collect();
    assert_eq!(rest.len(), 1);
    assert!(rest[0].contains(&peer), "{rest:?}");
    assert_eq!(folder.read("said"), "");
    assert!(refuses(at("policy")) && TcpStream::connect(at("backend")).is_err());
}
