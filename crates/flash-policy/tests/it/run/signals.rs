//! Signals that come while the server starts or is asked.

use std::fs;
use std::io::Read;
use std::process::Command;

use super::{Servers, ours};
use crate::formats::Reports;

#[test]
fn a_signal_ends_the_server_too() {
    let servers = Servers::new();
    let up = servers.folder.path("up");
    assert!(Command::new("mkfifo").arg(&up).status().unwrap().success());
    let command = "echo a word; echo up > up; exec sleep 600 {port}";
    let mut run = servers.started(&ours(&Reports::targets()), &[command]);
    assert_eq!(fs::read_to_string(&up).unwrap(), "up\n");

    assert!(
        Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success()
    );
    assert_eq!(run.wait().unwrap().code(), Some(4));
    assert_eq!(servers.living(), "");
    let mut said = String::new();
    run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.ends_with("help: a signal came before it was ready\n"), "{said}");
    let report = Reports::written(&servers.folder, "run", 4).read_all();
    assert_eq!(report["errors"][0]["kind"], "interrupted", "{report:#}");
    assert_eq!(report["errors"][0]["output"], "a word\n", "{report:#}");
}

/// A server that answers one policy request, says that a second connection came, and is stuck then.
const ANSWERS_ONCE: &str = r#"
import signal, socket, sys

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("serving", flush=True)
first, _ = server.accept()
asked = b""
while not asked.endswith(b"\0"):
    asked += first.recv(64)
first.sendall(open("policy.xml", "rb").read() + b"\0")
second, _ = server.accept()
with open("up", "w") as up:
    up.write("up\n")
signal.pause()
"#;

/// The probe is answered. The conformance checks, which come after it, are not.
#[test]
fn after_a_signal_every_format_has_what_was_known() {
    let servers = Servers { folder: Servers::new().folder.put("once.py", ANSWERS_ONCE) };
    let up = servers.folder.path("up");
    assert!(Command::new("mkfifo").arg(&up).status().unwrap().success());
    let options = ours(&format!("--torture {}", Reports::targets()));
    // A connection to see whether it listens would be the first one.
    let options = format!("{options} --ready output=serving");
    let mut run = servers.started(&options, &["python3", "-S", "once.py", "{port}"]);
    assert_eq!(fs::read_to_string(&up).unwrap(), "up\n");

    assert!(
        Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success()
    );
    assert_eq!(run.wait().unwrap().code(), Some(4));
    assert_eq!(servers.living(), "");
    let report = Reports::written(&servers.folder, "run", 4).read_all();
    assert_eq!(report["cases"][0]["got"]["cause"], "connected", "{report:#}");
    assert_eq!(report["server"]["output"], "serving\n", "{report:#}");
    assert_eq!(report["errors"][0]["kind"], "interrupted", "{report:#}");
    let judged = report["checks"].as_array().map_or(0, Vec::len);
    assert_eq!(judged, 0, "an answer that a signal cut short says nothing: {report:#}");
}

#[test]
fn after_a_signal_the_server_is_not_started_again() {
    let servers = Servers::new();
    let up = servers.folder.path("up");
    assert!(Command::new("mkfifo").arg(&up).status().unwrap().success());
    let command = "echo started >> starts; test -e once || { : > once; echo up > up; }; exec sleep \
        600 {port}";
    let mut run = servers.started(&ours(""), &[command]);
    assert_eq!(fs::read_to_string(&up).unwrap(), "up\n");

    assert!(
        Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success()
    );
    assert_eq!(run.wait().unwrap().code(), Some(4));
    assert_eq!(fs::read_to_string(servers.folder.path("starts")).unwrap(), "started\n");
}

/// The connection goes to a server that is not the one that was started, and stays silent: nothing
/// that the signal ends lets the probe come to its end.
#[test]
fn a_signal_that_comes_while_the_probe_hangs_leaves_every_format() {
    let servers = Servers::new();
    let (given, go) = (servers.folder.path("given"), servers.folder.path("go"));
    for fifo in [&given, &go] {
        assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    }
    let options = format!(
        "--swf {} --connect game.example.com:5000 --port game=5000 --ready output=ready {}",
        crate::raw::SWF,
        Reports::targets()
    );
    let command = "echo {game} > given; read it < go; echo ready; exec sleep 600";
    let mut run = servers.started(&options, &[command]);
    let port: u16 = fs::read_to_string(&given).unwrap().trim_end().parse().unwrap();
    let silent = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    fs::write(&go, "go\n").unwrap();
    let held = silent.accept().unwrap();

    let kill = Command::new("kill").args(["-TERM", &run.id().to_string()]).status();
    assert!(kill.unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(4));
    assert_eq!(servers.living(), "");
    let report = Reports::written(&servers.folder, "run", 4).read_all();
    assert_eq!(report["errors"][0]["kind"], "interrupted", "{report:#}");
    drop(held);
}
