//! The conformance checks, run against good servers and against servers that are bad on purpose.
//!
//! A run waits far longer than it computes. So this binary has a harness of its own, which runs
//! more tests at the same time than the machine has cores. It takes the options of any test binary.

#![allow(
    clippy::unwrap_used,
    reason = "what a test sets up must work; clippy exempts test functions only"
)]

mod bad_servers;
mod open_files;
mod runs;
mod servers;

use std::process::ExitCode;
use std::{panic, thread};

use libtest_mimic::Arguments;

/// The number of tests that run at the same time, where enough files may be open.
const TESTS_AT_ONCE: usize = 12;

/// The number of files that one test has open: both ends of 200 connections, and some to spare.
const FILES_OF_A_TEST: usize = 500;

/// The name of a thread that a test expects to panic.
const EXPECTED_TO_PANIC: &str = "expected to panic";

/// A policy that permits everybody.
const OPEN: &str =
    "<cross-domain-policy><allow-access-from domain=\"*\" to-ports=\"*\"/></cross-domain-policy>";

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or_else(|| Some(tests_at_once()));
    print_only_unexpected_panics();
    let tests = [runs::tests(), bad_servers::tests()].into_iter().flatten().collect();
    libtest_mimic::run(&arguments, tests).exit_code()
}

fn tests_at_once() -> usize {
    let open_files = open_files::raise_limit(TESTS_AT_ONCE * FILES_OF_A_TEST);
    (open_files / FILES_OF_A_TEST).clamp(1, TESTS_AT_ONCE)
}

fn print_only_unexpected_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(EXPECTED_TO_PANIC) {
            print(panic);
        }
    }));
}

/// Returns [`OPEN`] with its NUL.
fn open_answer() -> Vec<u8> {
    [OPEN.as_bytes(), b"\0"].concat()
}
