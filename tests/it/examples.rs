//! The examples, run as a newcomer runs them.

use std::path::PathBuf;

use assert_cmd::Command;
use predicates::str::contains;
use rstest::rstest;

#[rstest]
#[case::own_site("own_site", &["the connection is permitted: connected", "the connection is \
    denied: domain-not-listed", "The backend answered: hello"])]
#[case::backend_down("backend_down", &["unreachable: backend-refused", "unreachable: \
    backend-timed-out", "start the backend", "Up again"])]
#[case::own_server("own_server", &["the connection is permitted: connected", "granted  by \
    game.example.com:843, line 1, column 22"])]
#[case::blocking("blocking", &["decided  at 3 s", "FSP-T04", "granted  by game.example.com:5000"])]
#[case::xml_socket_chat("xml_socket_chat", &["> <hello name=\"ada\"/>\\0", "< <joined \
    name=\"ada\"/>\\0"])]
fn an_example_runs_and_says_what_it_shows(#[case] name: &str, #[case] shown: &[&str]) {
    let run = example(name).assert().success().stderr("");
    shown.iter().fold(run, |run, text| run.stdout(contains(*text)));
}

/// Returns the command that runs an example. `cargo test` builds the examples next to the tests.
fn example(name: &str) -> Command {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let example: PathBuf = deps.parent().unwrap().join("examples").join(name);
    assert!(example.exists(), "build it first: cargo build --all-features --example {name}");
    Command::new(example)
}
