//! Signals that come while the server starts or is asked.

use std::fs;
use std::io::Read;
use std::process::Command;

use super::{Servers, ours};

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
