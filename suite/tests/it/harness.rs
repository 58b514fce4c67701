//! The harness: the test binary of `tests/policies.rs`, driven as cargo-nextest drives it.

use std::path::PathBuf;
use std::process::{Command, Output};

use flash_policy_scenario::{self as scenario, Scenario};

/// `cargo test` builds it beside this one.
fn policies() -> Command {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let built =
        std::fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
            path.file_name().unwrap().to_string_lossy().starts_with("policies-")
                && path.extension().is_none()
        });
    let newest: PathBuf = built
        .max_by_key(|path| path.metadata().and_then(|metadata| metadata.modified()).unwrap())
        .expect("build it first: cargo test --all-features --test policies --no-run");
    Command::new(newest)
}

#[track_caller]
fn run(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = policies().args(arguments).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success(), "{arguments:?}:\n{stdout}\n{stderr}");
    stdout
}

/// The names of all tests, as the files have them.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for path in scenario::find("../fixtures/scenarios").unwrap() {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario = Scenario::read(&path).unwrap();
        names.extend(scenario.cases().iter().map(|case| format!("{file}::{}", case.name())));
        if scenario.has_matrix() {
            names.push(format!("{file}::matrix"));
        }
    }
    names.sort();
    names
}

#[test]
fn the_harness_lists_each_case_and_each_matrix_once() {
    let listed = run(&["--list", "--format", "terse"]);
    let mut listed: Vec<&str> =
        listed.lines().map(|line| line.strip_suffix(": test").unwrap()).collect();
    listed.sort_unstable();
    assert_eq!(listed, names());
}

/// As nextest runs it: a process for each test. A case of a session alone replays those before it.
#[test]
fn each_test_of_the_harness_runs_alone() {
    for name in names() {
        let told = run(&["--exact", &name, "--nocapture"]);
        assert!(told.contains("1 passed; 0 failed"), "{name}:\n{told}");
    }
}

#[test]
fn the_harness_filters_by_a_part_of_the_name() {
    let wanted = names().iter().filter(|name| name.contains("backend")).count();
    let told = run(&["backend"]);
    assert!(told.contains(&format!("{wanted} passed; 0 failed")), "{told}");
}

/// A machine without descriptors says nothing about a policy.
#[cfg(target_os = "linux")]
#[test]
fn what_the_machine_cannot_run_is_not_told_as_a_wrong_verdict() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 5 && exec \"$0\" \"$@\""]).arg(policies().get_program());
    let Output { status, stdout, .. } =
        limited.args(["--test-threads=1", "own-site"]).output().unwrap();
    let told = String::from_utf8(stdout).unwrap();
    assert!(!status.success(), "{told}");
    assert!(told.contains("the case could not be run: "), "{told}");
    assert!(!told.contains("expected permitted"), "{told}");
}
