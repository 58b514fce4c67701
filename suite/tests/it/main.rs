//! The tests that reach across the crates: one binary, a module for each subject.

#![allow(
    clippy::unwrap_used,
    reason = "what a test sets up must work; clippy exempts test functions only"
)]

#[allow(dead_code, reason = "the command's own tests use the rest")]
#[path = "../../../crates/flash-policy/tests/it/folder.rs"]
mod folder;
mod harness;
mod pages;
#[allow(dead_code, reason = "the command's own tests use the rest")]
#[path = "../../../crates/flash-policy/tests/it/raw.rs"]
mod raw;
mod readme;
#[cfg(target_os = "linux")]
mod real_servers;
mod rule_citations;
mod rule_uses;
mod serve_page;
#[allow(dead_code, reason = "the command's own tests use the rest")]
#[path = "../../../crates/flash-policy/tests/it/serve/serving.rs"]
mod serving;
mod shipped_scenarios;

use folder::Folder;

/// The command under test.
const COMMAND: &str = env!("CARGO_BIN_EXE_flash-policy-of-the-suite");

/// A policy that grants `www.example.com` its port, and leaves nothing to remark.
const GOOD: &str = r#"<?xml version="1.0"?>
<cross-domain-policy>
  <allow-access-from domain="*.example.com" to-ports="5000"/>
</cross-domain-policy>
"#;
