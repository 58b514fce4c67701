//! How the server is stopped, and that nothing of it is left behind.

use std::process::{Command, Stdio};

use rstest::rstest;

use super::{SERVER, Servers, ours};
use crate::raw::SWF;

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
