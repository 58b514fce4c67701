//! `flash-policy run`, with servers that behave, and with those that do not.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};

use flash_policy_fixture::{Backend, Port};
use rstest::rstest;

use crate::raw::SWF;
use crate::{Folder, GOOD};

/// A policy server for `policy.xml` on the port that it is given; on the second one, an echo.
const SERVER: &str = r#"
import socketserver, sys, threading

class Policy(socketserver.BaseRequestHandler):
    def handle(self):
        asked = b""
        while not asked.endswith(b"\0"):
            more = self.request.recv(64)
            if not more:
                return
            asked += more
        if asked == b"<policy-file-request/>\0":
            self.request.sendall(open("policy.xml", "rb").read() + b"\0")

class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while (more := self.request.recv(64)):
            self.request.sendall(more)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

servers = [Server(("127.0.0.1", int(port)), kind) for port, kind in zip(sys.argv[1:], [Policy, Echo])]
print("serving", flush=True)
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
"#;

/// A folder with the server and its policy, and calls in it that leave no process behind.
struct Servers {
    folder: Folder,
}

/// How a call has ended.
#[derive(Debug)]
struct Ran {
    exit: i32,
    stdout: String,
    stderr: String,
}

impl Servers {
    fn new() -> Self {
        Self { folder: Folder::with_policy(GOOD).put("server.py", SERVER) }
    }

    /// Runs `CMD` with these options, and sees that nothing of it goes on afterwards.
    #[track_caller]
    fn run(&self, options: &str, command: &[&str]) -> Ran {
        let ran = self.started(options, command).wait_with_output().unwrap();
        assert_eq!(self.living(), "", "left behind by {command:?}");
        Ran {
            exit: ran.status.code().unwrap(),
            stdout: String::from_utf8(ran.stdout).unwrap(),
            stderr: String::from_utf8(ran.stderr).unwrap(),
        }
    }

    fn started(&self, options: &str, command: &[&str]) -> Child {
        let mut run = Command::new(assert_cmd::cargo::cargo_bin("flash-policy"));
        run.current_dir(self.folder.path(""))
            .arg("run")
            .args(options.split_whitespace())
            .arg("--")
            .args(command);
        run.env("OF_THIS_TEST", self.folder.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        run.spawn().unwrap()
    }

    /// What still runs of all that was started with this folder in its environment.
    fn living(&self) -> String {
        let mark = format!("OF_THIS_TEST={}\0", self.folder.path("").display());
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|process| process.path());
        let ours = processes.filter(|process| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(&mark)
        });
        ours.filter_map(|process| fs::read_to_string(process.join("cmdline")).ok()).collect()
    }
}

/// The options that ask whether our SWF may connect.
fn ours(more: &str) -> String {
    format!("--swf {SWF} --connect game.example.com:5000 {more}")
}

#[rstest]
#[case::a_command_and_its_arguments(&["python3", "-S", "server.py", "{port}"])]
#[case::a_line_for_the_shell(&["true && exec python3 -S server.py {port}"])]
#[case::with_quotes_in_an_argument(&["sh", "-c", "test \"$2\" = \"it's\" && exec python3 -S server.py $1", "sh", "{port}", "it's"])]
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
        "game.example.com:5000 is a backend of this command: no --port stands for it\n"
    ));
}

#[test]
fn a_wrong_verdict_ends_with_1_and_shows_what_the_server_said() {
    let ran = Servers::new()
        .run(&format!("--swf {SWF} --connect 6000"), &["python3", "-S", "server.py", "{port}"]);
    assert_eq!(ran.exit, 1);
    assert!(ran.stdout.contains("the connection is denied: port-not-listed\n"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "--- output of the server under test\nserving\n---\n");
}

#[test]
fn a_server_that_crashes_is_found_whatever_it_has_answered() {
    let crashing = SERVER.replace(
        "open(\"policy.xml\", \"rb\").read() + b\"\\0\")",
        "open(\"policy.xml\", \"rb\").read() + b\"\\0\"); import os; os._exit(3)",
    );
    assert_ne!(crashing, SERVER);
    let servers = Servers { folder: Servers::new().folder.put("crashing.py", crashing) };
    let ran = servers.run(&ours("--format tap"), &["python3", "-S", "crashing.py", "{port}"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("not ok 2 - game.example.com:843: the server under test\n"),
        "{}",
        ran.stdout
    );
    let told = "note: the server: it ended by itself (exit status: 3) before it was told to\n";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
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
fn a_port_of_its_own_that_is_taken_is_told_before_it_starts() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = Servers::new().run(&ours(&format!("--port {port}=843")), &["touch", "started"]);
    let told = format!(
        "error: something listens on 127.0.0.1:{port} already, which would be taken for the server\n"
    );
    assert_eq!((ran.exit, ran.stderr), (4, told));
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
    "was not ready within 300ms, waiting for [127.0.0.1:"
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

#[rstest]
#[case::forks("python3 -S server.py {port} & wait", "", "")]
#[case::ignores_sigterm(
    "trap '' TERM; python3 -S server.py {port}; sleep 600",
    "--grace 50ms",
    "note: the server: it did not end on SIGTERM, and was killed\n"
)]
#[case::leaves_its_group(
    "setsid python3 -S server.py {port} & exec sleep 600",
    "",
    "note: the server: 1 of its processes had left its process group, and were stopped\n"
)]
fn a_server_that_is_hard_to_end_leaves_nothing_behind(
    #[case] command: &str,
    #[case] more: &str,
    #[case] told: &str,
) {
    let ran = Servers::new().run(&ours(more), &[command]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, told), "{}", ran.stdout);
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

/// The server says which port it was given, and waits; the test takes the port, or leaves it, and lets it go on.
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

#[test]
fn a_signal_ends_the_server_too() {
    let servers = Servers::new();
    let up = servers.folder.path("up");
    assert!(Command::new("mkfifo").arg(&up).status().unwrap().success());
    let mut run = servers.started(&ours(""), &["echo up > up; exec sleep 600 {port}"]);
    assert_eq!(fs::read_to_string(&up).unwrap(), "up\n");

    assert!(
        Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success()
    );
    assert_eq!(run.wait().unwrap().code(), Some(4));
    assert_eq!(servers.living(), "");
    let mut said = String::new();
    run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.ends_with("help: a signal came before it was ready\n"), "{said}");
}

#[test]
fn what_its_caller_has_started_before_goes_on() {
    let servers = Servers::new();
    let flash_policy = assert_cmd::cargo::cargo_bin("flash-policy").display().to_string();
    let script = format!(
        "sleep 600 & echo $! > other; exec {flash_policy} run {} -- python3 -S server.py {{port}}",
        ours("")
    );
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(script)
        .current_dir(servers.folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    assert!(shell.status().unwrap().success());
    let other = servers.folder.read("other");
    assert!(
        Command::new("kill").arg(other.trim()).status().unwrap().success(),
        "it had been ended"
    );
}

#[test]
fn after_a_signal_the_server_is_not_started_again() {
    let servers = Servers::new();
    let up = servers.folder.path("up");
    assert!(Command::new("mkfifo").arg(&up).status().unwrap().success());
    let command = "echo started >> starts; test -e once || { : > once; echo up > up; }; exec sleep 600 {port}";
    let mut run = servers.started(&ours(""), &[command]);
    assert_eq!(fs::read_to_string(&up).unwrap(), "up\n");

    assert!(
        Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success()
    );
    assert_eq!(run.wait().unwrap().code(), Some(4));
    assert_eq!(fs::read_to_string(servers.folder.path("starts")).unwrap(), "started\n");
}

const SCENARIO: &str = r#"version = 1

[[policy]]
at = "game.example.com:843"
file = "policy.xml"

[[backend]]
at = "game.example.com:5000"

[[case]]
name = "our site may play"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
granted-by = "game.example.com:843"
requests = { "game.example.com:843" = 1 }

[[case]]
name = "nobody else may"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "denied"
cause = "domain-not-listed"

[[case]]
name = "another host has no policy"
swf = "http://www.example.com/game.swf"
connect = "other.example.com:5000"
expect = "denied"
cause = "no-policy"

[[case]]
name = "a silent policy server"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
with.policy = { "game.example.com:843" = "silent" }
expect = "denied"
"#;

#[test]
fn scenarios_are_run_with_the_server_in_the_place_of_what_they_declare() {
    let servers = Servers { folder: Servers::new().folder.put("cases.toml", SCENARIO) };
    let ran = servers.run(
        "--port policy=843 --scenario cases.toml",
        &["python3", "-S", "server.py", "{policy}"],
    );
    let expected = "\
cases.toml
  ok   our site may play
  ok   nobody else may
  ok   another host has no policy
  skip a silent policy server: it changes what stands at game.example.com:843, where a real server is

3 passed, 0 failed, 1 skipped
";
    assert_eq!((ran.exit, ran.stdout.as_str(), ran.stderr.as_str()), (0, expected, ""));
}

#[test]
fn a_scenario_whose_every_case_is_skipped_tests_nothing() {
    let (before, _) = SCENARIO.split_once("[[case]]").unwrap();
    let (_, last) = SCENARIO.rsplit_once("[[case]]").unwrap();
    let servers = Servers {
        folder: Servers::new().folder.put("cases.toml", format!("{before}[[case]]{last}")),
    };
    let ran = servers.run("--scenario cases.toml", &["python3", "-S", "server.py", "{port}"]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert!(ran.stdout.ends_with("0 passed, 0 failed, 1 skipped\n"), "{}", ran.stdout);
}

#[test]
fn a_scenario_tells_that_the_server_serves_another_policy() {
    let servers = Servers { folder: Servers::new().folder.put("cases.toml", SCENARIO) };
    let command = "cp policy.xml own.xml && sed -i s/5000/6000/ own.xml && sed s/policy.xml/own.xml/ server.py > own.py && \
        exec python3 -S own.py {port}";
    let ran = servers.run("--scenario cases.toml --format json", &[command]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["cases"][0]["got"]["cause"], "port-not-listed", "{report:#}");
    assert_eq!(
        report["cases"][3]["skipped"],
        "it changes what stands at game.example.com:843, where a real server is"
    );
    let summary = &report["summary"];
    assert_eq!(
        (&summary["cases"], &summary["passed"], &summary["skipped"]),
        (&4.into(), &2.into(), &1.into())
    );
    super::formats::assert_valid(&report);
}

#[rstest]
#[case::nothing_to_ask(
    "",
    "error: nothing would be asked of the server; add --swf URL and --connect HOST:PORT"
)]
#[case::a_port_that_it_is_not_told(
    "--torture --port policy=843",
    "error: the server is not told the port `policy`: write {policy} where CMD or --env takes it"
)]
#[case::no_name(
    "--torture --port POLICY=843",
    "`POLICY` is no name of a port; expected lower-case letters"
)]
#[case::a_port_that_is_none(
    "--torture --port 0=843",
    "`0` is no port; expected 1 to 65535, or a name"
)]
#[case::a_port_out_of_range(
    "--torture --port 99999=843",
    "`99999` is no port; expected 1 to 65535, or a name"
)]
#[case::two_in_one_place(
    "--torture --port port --env A={a} --env B={b} --port a=843 --port b=843",
    "error: the ports `a` and `b` stand for the same logical port"
)]
#[case::a_brace_that_is_no_port(
    "--torture --port port --env AWK={print}",
    "error: there is no --port for {print}; add --port print, or write {{print}} where no port is meant"
)]
#[case::the_name_of_the_folder(
    "--torture --port dir=843",
    "{dir} is the server's folder; give the port another name"
)]
#[case::no_logical_port(
    "--torture --port policy=master",
    "`master` is no logical port; expected PORT or HOST:PORT"
)]
#[case::no_readiness(
    "--torture --ready soon",
    "expected listening, output=TEXT, http=/PATH or delay=DURATION"
)]
#[case::half_a_question("--swf http://www.example.com/game.swf", "--connect <[HOST:]PORT>")]
fn what_is_called_wrongly_is_told_before_anything_is_started(
    #[case] options: &str,
    #[case] told: &str,
) {
    let servers = Servers::new();
    let ran = servers.run(options, &["touch", "started", "{port}"]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!servers.folder.path("started").exists());
}
