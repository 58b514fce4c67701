//! The tests of scenario files: one binary, a module for each subject.

#![allow(
    clippy::unwrap_used,
    reason = "what a test sets up must work; clippy exempts test functions only"
)]

mod coverage;
mod errors;
mod files;
mod hostile;
mod matrix;
mod notes;
mod running;
mod session;

use flash_policy_scenario::{CaseReport, Runner, Scenario};

/// A policy at 843 that lets example.com's hosts into port 5000, and a backend there. Six lines.
const STAGE: &str = r#"version = 1
[[policy]]
at = "game.example.com:843"
xml = '<cross-domain-policy><allow-access-from domain="*.example.com" to-ports="5000"/></cross-domain-policy>'
[[backend]]
at = "game.example.com:5000"
"#;

/// A case that passes, but for its verdict. Four lines.
const CASE: &str = r#"[[case]]
name = "our own site"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
"#;

/// The scenario of this text.
#[track_caller]
fn scenario(text: &str) -> Scenario {
    Scenario::parse(text, "s.toml").unwrap_or_else(|error| panic!("{error}"))
}

/// Runs the only case of this scenario.
#[track_caller]
fn run(text: &str, check: impl FnOnce(&CaseReport)) {
    check(Runner::new(&scenario(text)).run(0));
}
