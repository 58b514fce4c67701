//! What a terminal shows while the server starts.

use std::process::Command;

use super::Servers;

/// Runs a command on a terminal, and prints all that the terminal gets.
const ON_A_TERMINAL: &str = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";

/// A server that needs some seconds to become ready.
const SLOW: [&str; 8] = [
    "run",
    "--torture",
    "--check",
    "request",
    "--ready",
    "output=ready",
    "--",
    "sleep 3; echo ready; exec sleep 600 {port}",
];

#[test]
fn the_wait_for_the_server_is_shown_on_a_terminal() {
    let output = Command::new("python3")
        .args(["-c", ON_A_TERMINAL])
        .arg(crate::COMMAND)
        .args(SLOW)
        .current_dir(Servers::new().folder.path(""))
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    let (_, waiting) = shown.split_once("\rwaiting for a line of output with ").expect(&shown);
    assert!(waiting.starts_with("\"ready\" ("), "{shown:?}");
    assert!(waiting.contains(" s of 20 s)\u{1b}[K\r"), "{shown:?}");
}

#[test]
fn it_is_not_shown_in_a_pipe() {
    let output = Command::new(crate::COMMAND).args(SLOW).output().unwrap();
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(!shown.contains('\r') && !shown.contains(" s of "), "{shown:?}");
}
