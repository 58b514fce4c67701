//! The integration tests: one binary, a module for each subject.

#![allow(clippy::unwrap_used, reason = "a test that fails may say where by its line alone")]

mod drops;
mod failure_text;
mod gone_peers;
mod policy_file;
mod readme;
#[cfg(all(feature = "process", target_os = "linux"))]
mod real_servers;
#[cfg(all(feature = "process", target_os = "linux"))]
mod server_under_test;
