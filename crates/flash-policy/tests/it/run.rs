//! `flash-policy run`, with servers that behave, and with those that do not.

mod picked_ports;
mod restarts;
mod scenarios;
mod signals;
mod starting;
mod stopping;
mod terminal;
mod usage;

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::raw::SWF;
use crate::{Folder, GOOD};

/// A policy server for `policy.xml` on the port that it is given; on the second one, an echo.
pub(crate) const SERVER: &str = r#"
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
pub(crate) struct Servers {
    pub(crate) folder: Folder,
}

/// How a call has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Servers {
    pub(crate) fn new() -> Self {
        Self { folder: Folder::with_policy(GOOD).put("server.py", SERVER) }
    }

    /// Runs `CMD` with these options, and sees that nothing of it goes on afterwards.
    #[track_caller]
    pub(crate) fn run(&self, options: &str, command: &[&str]) -> Ran {
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
