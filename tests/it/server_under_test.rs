use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flash_policy_fixture::process::{ServerUnderTest, ServerUnderTestBuilder};
use rstest::rstest;

const HTTP: &str = "exec python3 -u -m http.server {port} --bind 127.0.0.1";
/// Starts a child. Both the command and its child ignore SIGTERM.
const STUBBORN: &str = "trap '' TERM; sleep 600 & echo \"child $!\"; wait";

#[test]
fn it_is_ready_when_it_listens() {
    let server = ServerUnderTest::command(HTTP).start();
    assert_eq!(server.addr().port(), server.port());
    TcpStream::connect(server.addr()).expect("it listens");
}

#[test]
fn it_is_ready_when_every_named_port_listens() {
    let both = "python3 -m http.server {port} --bind 127.0.0.1 & exec python3 -m http.server \
        {policy} --bind 127.0.0.1";
    let server = ServerUnderTest::command(both).start();
    assert_ne!(server.port(), server.port_named("policy"));
    TcpStream::connect(server.addr()).expect("it listens");
    TcpStream::connect(server.addr_named("policy")).expect("it listens there too");
}

#[test]
fn it_is_ready_when_a_line_of_its_output_says_so() {
    let server = ServerUnderTest::command("echo starting; echo 'now ready' >&2; exec sleep 600")
        .ready_when_output("ready")
        .start();
    assert_eq!(server.output(), "starting\nnow ready\n");
}

#[test]
fn it_is_ready_when_it_answers_http() {
    let server = ServerUnderTest::command(HTTP).ready_when_http("/missing").start();
    assert!(server.output().contains("GET /missing HTTP/1.1\" 404"), "{}", server.output());
}

#[test]
fn only_the_ready_port_is_probed() {
    let server = ServerUnderTest::command(
        "echo {other}; exec python3 -m http.server {policy} --bind 127.0.0.1",
    )
    .ready_port("policy")
    .start();
    TcpStream::connect(server.addr_named("other")).expect_err("nobody listens there");
}

#[tokio::test]
async fn it_runs_inside_an_async_test() {
    let server = ServerUnderTest::command(HTTP).start();
    tokio::net::TcpStream::connect(server.addr()).await.expect("it listens");
}

#[test]
fn files_templates_and_environment_are_in_place_before_it_starts() {
    let command = r#"cd "{dir}" && cat exact sub/conf && echo "$WHERE" && exec sleep 600"#;
    let server = ServerUnderTest::command(command)
        .file("exact", *b"{port}\n")
        .template("sub/conf", "listen {port};\n")
        .env("WHERE", "port {port}")
        .ready_when_output("port ")
        .start();
    let port = server.port();
    assert_eq!(server.output(), format!("{{port}}\nlisten {port};\nport {port}\n"));
}

#[rstest]
#[case::every_placeholder_is_replaced("a {port} {policy-2} {port}", "a PORT OTHER PORT")]
#[case::other_braces_are_left_alone(
    "${home} {log:false} {} { port } {A} {a {é} {1} {",
    "${home} {log:false} {} { port } {A} {a {é} {1} {"
)]
#[case::doubled_braces_are_literal("awk '{{print}}' {{port} {port}", "awk '{print}' {PORT PORT")]
fn placeholders_are_replaced(#[case] template: &str, #[case] filled: &str) {
    let server = ServerUnderTest::command(
        "cat \"{dir}/template\"; echo {port} {policy-2} ready; exec sleep 600",
    )
    .template("template", format!("{template}\n"))
    .ready_when_output("ready")
    .start();
    let (port, other) = (server.port().to_string(), server.port_named("policy-2").to_string());
    assert_ne!(port, other);
    let filled = filled.replace("PORT", &port).replace("OTHER", &other);
    assert_eq!(server.output(), format!("{filled}\n{port} {other} ready\n"));
}

#[test]
fn a_file_outside_of_its_directory_is_an_error() {
    for name in ["../policy.xml", "/policy.xml"] {
        let error = ServerUnderTest::command("echo {port}")
            .file(name, "")
            .try_start()
            .expect_err("it is outside");
        assert!(error.is_spawn());
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_server_that_dies_is_reported_at_once_with_its_status_and_its_output() {
    let error = ServerUnderTest::command("echo no config for {port} >&2; exit 3")
        .try_start()
        .expect_err("it dies");
    assert_eq!(error.exit_status().and_then(|status| status.code()), Some(3));
    assert_eq!(error.attempts(), 1, "another start would end in the same way");
    assert!(!error.is_spawn() && !error.is_timeout() && !error.is_in_background());
    let (_, port) = error.ports().next().expect("it has a port");
    let command = format!("echo no config for {port} >&2; exit 3");
    assert_eq!(error.command_line(), command);
    let text = error.to_string();
    for part in ["exit status: 3", &command, &format!("attempt 1: (ports: port={port})")] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

/// A server that answers its first client, and dies of one that says nothing.
const DIES_OF_SILENCE: &str = r#"exec python3 -S -c '
import socket
server = socket.create_server(("127.0.0.1", {port}))
while True:
    client, _ = server.accept()
    assert client.recv(1), "a client left without a word"
    client.sendall(b"first")
    client.close()
'"#;

#[cfg(target_os = "linux")]
#[test]
fn it_is_seen_to_listen_without_a_connection() {
    let mut server = ServerUnderTest::command(DIES_OF_SILENCE).start();
    let mut first = TcpStream::connect(server.addr()).expect("it listens");
    first.write_all(b"?").expect("it reads");
    let mut answer = String::new();
    first.read_to_string(&mut answer).expect("it answers");
    assert_eq!(answer, "first");
    assert_eq!(server.exited(), None, "{}", server.output());
}

#[test]
fn a_server_that_dies_of_the_probe_is_told_so() {
    let error = ServerUnderTest::command(DIES_OF_SILENCE)
        .ready_when_accepting()
        .try_start()
        .expect_err("it dies of the probe");
    assert!(error.is_death_by_probe());
    assert_eq!(error.attempts(), 1);
    let text = error.to_string();
    assert!(text.contains("after a connection had asked whether it was ready"), "{text}");
    assert!(text.contains("a client left without a word"), "{text}");
}

#[rstest]
#[case::before_it_listens("sleep 600 & : {port}")]
#[case::in_a_session_of_its_own("setsid sleep 600 & echo {port}")]
fn a_server_that_goes_into_the_background_is_told_so(#[case] command: &str) {
    let error = ServerUnderTest::command(format!("{command} pid $!"))
        .try_start()
        .expect_err("nothing is in the foreground");
    assert!(error.is_in_background(), "{error}");
    assert_eq!((error.attempts(), error.exit_status()), (1, None));
    // What left the group is not stopped by the error.
    if let Some((_, pid)) = error.output().trim_end().split_once(" pid ") {
        let kill = std::process::Command::new("kill").arg(pid).status();
        assert!(kill.expect("kill runs").success());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_goes_into_the_background_after_it_listens_is_told_apart() {
    let command = r#"exec python3 -S -c '
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", {port}))
if not os.fork():
    time.sleep(600)
print("ready", flush=True)
open(os.environ["GO"]).read()
'"#;
    let folder = tempfile::tempdir().expect("a temporary directory");
    let go = folder.path().join("go");
    assert!(std::process::Command::new("mkfifo").arg(&go).status().expect("it runs").success());
    let mut server = ServerUnderTest::command(command)
        .env("GO", go.display().to_string())
        .ready_when_output("ready")
        .start();
    assert!(!server.is_in_background(), "its process runs");
    std::fs::write(&go, "go").expect("it waits for it");
    server.exited_within(Duration::from_secs(20)).expect("it exits");
    assert!(server.is_in_background(), "its child listens");
}

#[test]
fn a_wait_is_told_of_while_it_lasts() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let go = folder.path().join("go");
    assert!(std::process::Command::new("mkfifo").arg(&go).status().expect("it runs").success());
    let told = Arc::new(Mutex::new(Vec::new()));
    let (list, path) = (told.clone(), go.clone());
    let server = ServerUnderTest::command(r#"read it < "$GO"; echo ready; exec sleep 600"#)
        .env("GO", go.display().to_string())
        .ready_when_output("ready")
        .while_waiting(move |waiting| {
            let mut told = list.lock().expect("no panic");
            told.push(waiting.to_string());
            if told.len() == 1 {
                std::fs::write(&path, "go\n").expect("it waits for it");
            }
        })
        .start();
    server.stop();
    let first = told.lock().expect("no panic")[0].clone();
    assert!(first.starts_with("waiting for a line of output with \"ready\" ("), "{first}");
    assert!(first.ends_with(" s of 20 s)"), "{first}");
}

#[test]
fn a_server_that_never_listens_is_an_error_in_time() {
    let error = ServerUnderTest::command("echo deaf on {port}; exec sleep 600")
        .ready_within(Duration::from_millis(300))
        .try_start()
        .expect_err("it never listens");
    assert!(error.is_timeout());
    assert_eq!(error.attempts(), 1);
    let text = error.to_string();
    assert!(text.contains("127.0.0.1:") && text.contains("deaf on "), "{text}");
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_server_without_a_port_has_nothing_to_probe() {
    let error =
        ServerUnderTest::command("exec sleep 600").try_start().expect_err("nothing to probe");
    assert!(error.to_string().contains("{port}"), "{error}");
}

#[test]
fn a_command_that_cannot_be_spawned_is_told_apart() {
    let error = ServerUnderTest::command(HTTP)
        .current_dir("/no/such/dir")
        .try_start()
        .expect_err("no such directory");
    assert!(error.is_spawn());
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
}

#[test]
#[should_panic(expected = "exited before it was ready")]
fn start_panics_with_the_error() {
    let _ = ServerUnderTest::command("exit 1 # {port}").attempts(1).start();
}

#[test]
#[should_panic(expected = "no port `{policy}`; its ports are: port=")]
fn an_unknown_port_name_panics_with_the_known_ones() {
    let server = ServerUnderTest::command(HTTP).start();
    let _ = server.port_named("policy");
}

#[test]
fn a_lost_race_for_the_port_is_run_again_on_new_ports() {
    let counter = tempfile::tempdir().expect("a temporary directory");
    let server =
        second_time_lucky("echo 'Address already in use' >&2; exit 1", counter.path()).start();
    TcpStream::connect(server.addr()).expect("the second one listens");
}

#[test]
fn a_server_that_exits_without_a_word_is_run_again_if_another_process_has_its_port() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (given, go) = (folder.path().join("given"), folder.path().join("go"));
    for fifo in [&given, &go] {
        let made = std::process::Command::new("mkfifo").arg(fifo).status().expect("it runs");
        assert!(made.success());
    }
    let server =
        second_time_lucky(r#"echo {port} > "$GIVEN"; read it < "$GO"; exit 1"#, folder.path())
            .env("GIVEN", given.display().to_string())
            .env("GO", go.display().to_string())
            // It must not be taken for ready while the thief listens.
            .ready_when_http("/");
    let thief = std::thread::scope(|scope| {
        let started = scope.spawn(|| server.start());
        let port: u16 = std::fs::read_to_string(&given)
            .expect("it names its port")
            .trim_end()
            .parse()
            .expect("a port");
        let thief = std::net::TcpListener::bind(("127.0.0.1", port)).expect("it is still free");
        std::fs::write(&go, "go\n").expect("it waits for it");
        let server = started.join().expect("the second one listens");
        assert_ne!(server.port(), port);
        thief
    });
    drop(thief);
}

#[rstest]
#[case::that_names_its_port("bind() to 127.0.0.1:{port} failed (98: Address already in use)")]
#[case::that_names_its_port_after_colons(
    "Error: listen EADDRINUSE: address already in use :::{port}"
)]
#[case::that_names_no_port("OSError: [Errno 98] Address already in use")]
#[case::with_the_time_of_day("12:30:59 bind: address in use")]
fn a_lost_race_is_noticed_in_the_output_of_a_server_that_lingers(#[case] complaint: &str) {
    let counter = tempfile::tempdir().expect("a temporary directory");
    let server =
        second_time_lucky(&format!("echo '{complaint}'; exec sleep 600"), counter.path()).start();
    TcpStream::connect(server.addr()).expect("the second one listens");
}

#[rstest]
#[case::of_another_port("Error: listen EADDRINUSE: address already in use 127.0.0.1:843")]
#[case::of_no_use("listening on 127.0.0.1:{port}")]
fn a_complaint_is_no_lost_race(#[case] complaint: &str) {
    let server = ServerUnderTest::command(format!("echo '{complaint}'; exec sleep 600 # {{port}}"))
        .attempts(1)
        .ready_when_output(":")
        .start();
    assert_eq!(
        server.output(),
        format!("{complaint}\n").replace("{port}", &server.port().to_string())
    );
}

#[test]
fn stop_leaves_no_process_behind_even_of_those_that_ignore_sigterm() {
    let server = stubborn().start();
    let processes = [server.pid(), child_of(&server)];
    assert!(processes.into_iter().all(lives));
    server.stop();
    assert_eq!(processes.map(lives), [false, false]);
}

#[test]
fn a_panicking_test_leaves_no_process_behind() {
    let mut processes = [0, 0];
    let test = AssertUnwindSafe(|| {
        let server = stubborn().start();
        processes = [server.pid(), child_of(&server)];
        panic!("the test fails");
    });
    catch_unwind(test).expect_err("it panics");
    assert_ne!(processes[0], 0);
    assert_eq!(processes.map(lives), [false, false]);
}

#[test]
fn a_failed_start_leaves_no_process_behind() {
    let error = stubborn()
        .ready_when_output("never")
        .ready_within(Duration::from_millis(500))
        .try_start()
        .expect_err("it never says so");
    let child = pid_in(error.output());
    assert!(!lives(child));
}

#[test]
fn a_server_that_heeds_sigterm_may_end_in_its_own_way() {
    let farewell = tempfile::tempdir().expect("a temporary directory");
    let path = farewell.path().join("farewell");
    let script =
        "trap 'echo bye > \"$FAREWELL\"; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let server = ServerUnderTest::command(script)
        .env("FAREWELL", path.display().to_string())
        .grace(Duration::from_secs(20))
        .ready_when_output("ready")
        .start();
    server.stop();
    assert_eq!(std::fs::read_to_string(path).expect("it said farewell"), "bye\n");
}

#[test]
fn its_port_refuses_after_stop() {
    let server = ServerUnderTest::command(HTTP).start();
    let addr = server.addr();
    let mut before = TcpStream::connect(addr).expect("it listens");
    before.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("it reads");
    before.read_to_end(&mut Vec::new()).expect("it answers");
    server.stop();
    let error = TcpStream::connect(addr).expect_err("nobody listens");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

fn second_time_lucky(first: &str, counter: &Path) -> ServerUnderTestBuilder {
    let script = format!("if [ ! -e \"$SEEN\" ]; then : > \"$SEEN\"; {first}; fi\n{HTTP}");
    ServerUnderTest::command(script).env("SEEN", counter.join("seen").display().to_string())
}

fn stubborn() -> ServerUnderTestBuilder {
    ServerUnderTest::command(STUBBORN).ready_when_output("child ").grace(Duration::from_millis(50))
}

fn child_of(server: &ServerUnderTest) -> u32 {
    pid_in(&server.output())
}

fn pid_in(output: &str) -> u32 {
    let line =
        output.lines().find_map(|line| line.strip_prefix("child ")).expect("it names its child");
    line.parse().expect("a pid")
}

/// Returns whether the process is alive. A zombie is not: it stays for a while if init is slow to
/// reap orphans.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}
