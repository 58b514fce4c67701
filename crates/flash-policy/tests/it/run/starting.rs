//! How the server is started, and how it is told its ports.

use std::fs;
use std::process::Command;

use flash_policy_fixture::{Backend, Port};
use rstest::rstest;

use super::{Servers, ours};
use crate::GOOD;
use crate::raw::SWF;

#[rstest]
#[case::a_command_and_its_arguments(&["python3", "-S", "server.py", "{port}"])]
#[case::a_line_for_the_shell(&["true && exec python3 -S server.py {port}"])]
#[case::with_quotes_in_an_argument(&["sh", "-c", "test \"$2\" = \"it's\" && exec python3 -S \
    server.py $1", "sh", "{port}", "it's"])]
fn a_server_is_started_probed_and_ended(#[case] command: &[&str]) {
    let ran = Servers::new().run(&ours(""), command);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains("the connection is permitted: connected\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("  granted  by game.example.com:843, line 3, column 3"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.ends_with(
        "  backend  flash-policy played game.example.com:5000 itself; add --port \
         game=game.example.com:5000 to test your own backend\n"
    ));
}

#[test]
fn ports_stand_for_logical_ones_of_any_host_or_of_one() {
    let options = ours("--port policy=game.example.com:843 --port game=5000 --format json");
    let ran = Servers::new().run(&options, &["python3", "-S", "server.py", "{policy}", "{game}"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["cases"][0]["got"]["cause"], "connected", "{report:#}");
    assert_eq!(
        (&report["command"], &report["server"]["output"]),
        (&"run".into(), &"serving\n".into())
    );
    assert!(
        report["server"]["ports"]["policy"].is_u64() && report["server"]["ports"]["game"].is_u64(),
        "{report:#}"
    );
}

#[test]
fn a_server_may_have_a_port_of_its_own() {
    let reserved = Port::reserve().unwrap();
    let port = reserved.addr().port().to_string();
    drop(reserved);
    let ran = Servers::new()
        .run(&ours(&format!("--port {port}=843")), &["python3", "-S", "server.py", &port]);
    assert_eq!(ran.exit, 0, "{ran:?}");
}

#[test]
fn a_port_given_by_its_number_alone_stands_for_itself() {
    let reserved = Port::reserve().unwrap();
    let port = reserved.addr().port().to_string();
    drop(reserved);
    let policy = GOOD.replace("5000", &port);
    let servers = Servers { folder: Servers::new().folder.put("policy.xml", policy) };
    let options = format!("--swf {SWF} --connect game.example.com:{port} --port {port}");
    let ran = servers.run(&options, &["python3", "-S", "server.py", &port]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let granted = format!("  granted  by game.example.com:{port}, ");
    assert!(ran.stdout.contains(&granted), "{}", ran.stdout);
}

#[test]
fn a_port_of_its_own_that_is_taken_is_told_before_it_starts() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = Servers::new().run(&ours(&format!("--port {port}=843")), &["touch", "started"]);
    let told = format!(
        "error: something listens on 127.0.0.1:{port} already, which would be taken for the \
            server\n"
    );
    assert_eq!((ran.exit, ran.stderr), (4, told));
}

#[test]
fn a_port_of_its_own_that_is_firewalled_is_told_before_it_starts() {
    let firewalled = Backend::echo().start();
    firewalled.firewall();
    let ran =
        Servers::new().run(&ours(&format!("--port {}=843", firewalled.port())), &["echo started"]);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(ran.stderr.contains(" already, which would be taken for the server"), "{}", ran.stderr);
}

#[rstest]
#[case::a_line_of_output("--ready output=serving", "exec python3 -S server.py {port}")]
#[case::told_by_the_environment("--env POLICY={port}", "exec python3 -S server.py $POLICY")]
fn it_is_told_and_awaited_otherwise(#[case] options: &str, #[case] command: &str) {
    let ran = Servers::new().run(&ours(options), &[command]);
    assert_eq!(ran.exit, 0, "{ran:?}");
}

#[test]
fn after_a_delay_it_is_probed_whether_it_listens_or_not() {
    let ran = Servers::new().run(&ours("--ready delay=1ms"), &["sleep", "600", "{port}"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("asked    game.example.com:843 (master): refused\n"),
        "{}",
        ran.stdout
    );
}

/// Other starts would end in the same way.
#[test]
fn a_server_that_dies_is_started_once() {
    let servers = Servers::new();
    let command = "echo started >> starts; echo no database; exit 3; {port}";
    let ran = servers.run(&ours("--format junit=r.xml"), &[command]);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert_eq!(servers.folder.read("starts"), "started\n");
    assert!(servers.folder.read("r.xml").contains("no database"), "{ran:?}");
    assert!(!ran.stderr.contains("{port}"), "the command as the shell got it: {}", ran.stderr);
}

/// A server that forks and leaves, before or after it listens.
const FORKS: &str = r#"
import os, socket, sys

def listen():
    return socket.create_server(("127.0.0.1", int(sys.argv[1])))

if sys.argv[2] == "listens first":
    server = listen()
if os.fork():
    os._exit(0)
os.setsid()
for descriptor in (0, 1, 2):
    os.close(descriptor)
if sys.argv[2] != "listens first":
    server = listen()
while True:
    client, _ = server.accept()
    client.recv(64)
    client.sendall(open("policy.xml", "rb").read() + b"\0")
    client.close()
"#;

#[cfg(target_os = "linux")]
#[rstest]
#[case("listens first")]
#[case("forks first")]
fn a_server_that_goes_into_the_background_is_told_so_every_time(#[case] order: &str) {
    let servers = Servers { folder: Servers::new().folder.put("forks.py", FORKS) };
    for _ in 0..5 {
        let ran = servers.run(&ours(""), &["python3", "-S", "forks.py", "{port}", order]);
        assert_eq!((ran.exit, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
        let told = "help: it went on in the background, and was stopped there: start it in the \
            foreground\n";
        assert!(ran.stderr.ends_with(told), "{}", ran.stderr);
    }
}

/// A server that dies of a client that says nothing.
const DIES_OF_SILENCE: &str = r#"
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, _ = server.accept()
    assert client.recv(64)
    client.sendall(open("policy.xml", "rb").read() + b"\0")
    client.close()
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_server_is_seen_to_listen_without_a_connection() {
    let servers = Servers { folder: Servers::new().folder.put("frail.py", DIES_OF_SILENCE) };
    let ran = servers.run(&ours(""), &["python3", "-S", "frail.py", "{port}"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
}

#[test]
fn a_server_that_dies_of_the_connection_that_asks_is_not_called_denied() {
    let servers = Servers { folder: Servers::new().folder.put("frail.py", DIES_OF_SILENCE) };
    let ran = servers.run(&ours("--ready accepting"), &["python3", "-S", "frail.py", "{port}"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("after a connection had asked whether it was ready"), "{ran:?}");
    assert!(ran.stderr.contains("FSP-O07"), "{}", ran.stderr);
}

#[test]
fn a_server_without_the_privilege_for_843_learns_that_it_needs_none() {
    let command = "echo 'Error: listen EACCES: permission denied 0.0.0.0:843' >&2; exit 1; {port}";
    let ran = Servers::new().run(&ours(""), &[command]);
    let told = "help: give it a picked port, such as {port}, instead of 843: the picked port \
        stands for 843 here, so that no privilege is needed (FSP-O01)\n";
    assert!(ran.exit == 4 && ran.stderr.ends_with(told), "{}", ran.stderr);
}

#[rstest]
#[case::dies_at_start(
    "echo no such policy; exit 3; {port}",
    "",
    "exited before it was ready (exit status: 3)\n"
)]
#[case::cannot_be_started("./no-such-server {port}", "", "not found")]
#[case::never_listens(
    "exec sleep 600 {port}",
    "--ready-within 300ms",
    "was not ready within 300ms, waiting for 127.0.0.1:"
)]
#[case::goes_into_the_background(
    "setsid sleep 600 & : {port}",
    "",
    "help: it went on in the background, and was stopped there: start it in the foreground\n"
)]
#[case::says_that_its_port_is_taken(
    "echo 'bind: Address already in use' >&2; exec sleep 600 {port}",
    "",
    "help: make it bind only the ports that it is given, and no fixed one besides\n"
)]
#[case::ends_because_its_port_is_taken(
    "echo 'bind: Address already in use' >&2; exit 1; {port}",
    "",
    "help: make it bind only the ports that it is given, and no fixed one besides\n"
)]
fn a_server_that_does_not_come_up_ends_it_with_4_and_the_reason(
    #[case] command: &str,
    #[case] options: &str,
    #[case] told: &str,
) {
    let ran = Servers::new().run(&ours(options), &[command]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}

/// The server says which port it was given, and waits; the test takes the port, or leaves it, and
/// lets it go on.
#[rstest]
#[case::once_and_is_started_again(1, 0, "")]
#[case::always(5, 4, "error: the server under test did not start\n  attempt 5: 127.0.0.1:")]
fn another_process_takes_the_port_before_the_server(
    #[case] times: usize,
    #[case] exit: i32,
    #[case] told: &str,
) {
    let servers = Servers::new();
    let (given, go) = (servers.folder.path("given"), servers.folder.path("go"));
    for fifo in [&given, &go] {
        assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    }
    let command = "echo {port} > given; read it < go; exec python3 -S server.py {port}";
    let ran = std::thread::scope(|scope| {
        let running = scope.spawn(|| servers.run(&ours(""), &[command]));
        let next_port = || fs::read_to_string(&given).unwrap().trim().parse::<u16>().unwrap();
        let thieves: Vec<_> = (0..times)
            .map(|_| std::net::TcpListener::bind(("127.0.0.1", next_port())).unwrap())
            .collect();
        if exit == 0 {
            next_port();
            fs::write(&go, "go\n").unwrap();
        }
        let ran = running.join().unwrap();
        drop(thieves);
        ran
    });
    assert_eq!(ran.exit, exit, "{ran:?}");
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}
