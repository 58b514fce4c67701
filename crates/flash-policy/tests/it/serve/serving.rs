//! A running `flash-policy serve`.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::raw::echoes;
use crate::{COMMAND, Folder, GOOD};

pub(crate) const REQUEST: &[u8] = b"<policy-file-request/>\0";

/// No line takes nearly so long: a test that hangs says where.
pub(crate) const NEVER: Duration = Duration::from_secs(60);

/// A running `flash-policy serve`, ended on drop.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) lines: Receiver<String>,
    pub(crate) policy: SocketAddr,
    pub(crate) backend: SocketAddr,
    pub(crate) _folder: Folder,
}

impl Serving {
    /// Serves [`GOOD`], with these arguments, which have no blanks in them.
    pub(crate) fn good(arguments: &str) -> Self {
        Self::in_folder(Folder::with_policy(GOOD), arguments)
    }

    /// Serves the `policy.xml` of a folder.
    pub(crate) fn in_folder(folder: Folder, arguments: &str) -> Self {
        let mut child = command(&folder, arguments).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let lines = lines_of(child.stdout.take().unwrap());
        let first: Value = serde_json::from_str(&lines.recv_timeout(NEVER).unwrap()).unwrap();
        let at = |name: &str| first["endpoints"][name].as_str().unwrap().parse().unwrap();
        let (policy, backend): (SocketAddr, SocketAddr) = (at("policy"), at("backend"));
        assert_eq!(
            first,
            json!({"endpoints": {"policy": policy.to_string(), "backend": backend.to_string()}})
        );
        Self { child, stdin, lines, policy, backend, _folder: folder }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn next(&self) -> Value {
        serde_json::from_str(&self.next_line()).unwrap()
    }

    pub(crate) fn next_line(&self) -> String {
        self.lines.recv_timeout(NEVER).unwrap()
    }

    /// Sends a line; the connections that were over before, and the answer.
    pub(crate) fn tell(&mut self, line: &str) -> (Vec<Value>, Value) {
        self.write(format!("{line}\n").as_bytes());
        let mut over = Vec::new();
        loop {
            let next = self.next();
            if next.get("endpoint").is_none() {
                return (over, next);
            }
            over.push(next);
        }
    }

    /// Sends a command that is obeyed; the connections that were over before.
    pub(crate) fn obeys(&mut self, command: Value) -> Vec<Value> {
        let (over, answer) = self.tell(&command.to_string());
        assert_eq!(answer, json!({"ok": command}));
        over
    }

    /// The connections that are over and were not told of yet.
    pub(crate) fn over(&mut self) -> Vec<Value> {
        self.obeys(json!({"sync": null}))
    }

    /// What the policy server answers now.
    pub(crate) fn policy(&self) -> Vec<u8> {
        ask(self.policy)
    }

    pub(crate) fn signal(&self, signal: &str) {
        signal_to(self.child.id(), signal);
    }

    /// What it still prints until it has ended, how it ends, and what it said on stderr.
    pub(crate) fn ended(mut self) -> (Vec<Value>, ExitStatus, String) {
        let rest: Vec<Value> =
            self.lines.iter().map(|line| serde_json::from_str(&line).unwrap()).collect();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (rest, self.child.wait().unwrap(), said)
    }
}

/// A running `flash-policy serve` whose lines nobody reads by itself.
pub(crate) struct Unread {
    pub(crate) child: Child,
    pub(crate) stdin: ChildStdin,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
    pub(crate) backend: SocketAddr,
    _folder: Folder,
}

impl Unread {
    pub(crate) fn start(arguments: &str) -> Self {
        let folder = Folder::with_policy(GOOD);
        let mut child = command(&folder, arguments).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let backend = first["endpoints"]["backend"].as_str().unwrap().parse().unwrap();
        Self { child, stdin, lines, backend, _folder: folder }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn command(folder: &Folder, arguments: &str) -> Command {
    let mut command = Command::new(COMMAND);
    command
        .current_dir(folder.path(""))
        .args(["serve", "policy.xml"])
        .args(arguments.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

pub(crate) fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (line, lines) = channel();
    thread::spawn(move || {
        for read in BufReader::new(stream).lines() {
            if line.send(read.unwrap()).is_err() {
                return;
            }
        }
    });
    lines
}

pub(crate) fn signal_to(process: u32, signal: &str) {
    assert!(
        Command::new("kill")
            .args([format!("-{signal}"), process.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

/// What the policy server answers while it serves `document` without a fault.
pub(crate) fn answer(document: &str) -> Vec<u8> {
    [document.as_bytes(), b"\0"].concat()
}

/// Closes for the peer at once. A dropped socket stays open as long as a child that another test
/// forks just now has not run `exec` yet.
pub(crate) fn close(stream: TcpStream) {
    stream.shutdown(Shutdown::Both).unwrap();
}

/// What the policy server at this address answers.
pub(crate) fn ask(policy: SocketAddr) -> Vec<u8> {
    let (mut stream, _) = connect(policy);
    stream.write_all(REQUEST).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    // The peer may have closed altogether.
    let _ = stream.shutdown(Shutdown::Both);
    answer
}

/// Whether a new connection has its bytes written back; it is closed then.
pub(crate) fn play(backend: SocketAddr, bytes: &[u8]) -> bool {
    let (mut stream, _) = connect(backend);
    let is_played = echoes(&mut stream, bytes);
    close(stream);
    is_played
}

/// Connects, and the port that it connects from.
pub(crate) fn connect(addr: SocketAddr) -> (TcpStream, String) {
    let stream = TcpStream::connect(addr).unwrap();
    let peer = stream.local_addr().unwrap().to_string();
    (stream, peer)
}
