//! The tests of the command, as its users call it: what it prints, and how it ends.

#![allow(
    clippy::unwrap_used,
    reason = "what a test sets up must work; clippy exempts test functions only"
)]

mod check;
mod check_fix;
mod check_folder;
mod check_pair;
mod diff;
mod endpoints;
mod eval;
mod exceptions;
mod explain;
mod folder;
mod formats;
mod hostile;
mod probe;
mod raw;
mod run;
mod serve;
mod settings;
mod test;
mod torture;
mod wrong_policy;

use folder::Folder;

/// The command under test.
const COMMAND: &str = env!("CARGO_BIN_EXE_flash-policy");

/// A policy that grants `www.example.com` its port, and leaves nothing to remark.
const GOOD: &str = r#"<?xml version="1.0"?>
<cross-domain-policy>
  <allow-access-from domain="*.example.com" to-ports="5000"/>
</cross-domain-policy>
"#;
