//! What a person reads on a terminal, instead of JSON.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use super::{Folder, GOOD, ask};

/// Runs a command on a terminal that shows no input, and copies both ways.
const ON_A_TERMINAL: &str = r#"
import os, pty, sys, termios, threading
pid, fd = pty.fork()
if pid == 0:
    modes = termios.tcgetattr(0)
    modes[3] &= ~termios.ECHO
    modes[1] &= ~termios.ONLCR
    termios.tcsetattr(0, termios.TCSANOW, modes)
    os.execv(sys.argv[1], sys.argv[1:])
def copy():
    while data := os.read(0, 65536):
        os.write(fd, data)
    os.write(fd, b"\x04")
threading.Thread(target=copy, daemon=True).start()
try:
    while data := os.read(fd, 65536):
        os.write(1, data)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

#[test]
fn a_terminal_gets_text() {
    let folder = Folder::with_policy(GOOD);
    let mut child = Command::new("python3")
        .args(["-c", ON_A_TERMINAL, crate::COMMAND, "serve", "policy.xml"])
        .current_dir(folder.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        line
    };
    let first = next();
    let policy = first.strip_prefix("policy   listens on ").expect(&first);
    assert!(next().starts_with("backend  listens on 127.0.0.1:"));
    assert!(next().ends_with("Ctrl-D stops\n"));
    ask(policy.trim_end().parse().unwrap());
    let connection = next();
    assert!(connection.starts_with("policy   127.0.0.1:"), "{connection}");
    assert!(connection.ends_with(" server-closed\n"), "{connection}");
    assert_eq!(next(), "         > <policy-file-request/>\\0 (23 bytes)\n");
    let sent = next();
    assert!(sent.starts_with("         < <?xml version=\"1.0\"?>\\n"), "{sent}");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"backend\": \"down\"}\n{\"backend\": \"dwon\"}\n").unwrap();
    assert_eq!(next(), "ok       {\"backend\":\"down\"}\n");
    assert!(next().starts_with("error    `backend`: unknown value `dwon`"));
    drop(stdin);
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
}
