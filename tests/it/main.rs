//! The integration tests: one binary, a module for each subject.

#![allow(clippy::unwrap_used, reason = "what a test sets up must work; clippy exempts test functions only")]

#[cfg(feature = "analysis")]
mod analysis;
mod causes;
#[cfg(feature = "cli")]
mod cli;
mod drops;
mod examples;
mod failure_text;
mod faults;
#[cfg(feature = "analysis")]
mod fixes;
mod foreign;
mod gone_peers;
#[cfg(feature = "harness")]
mod harness;
mod journal;
#[cfg(target_os = "linux")]
mod lifetime;
#[cfg(feature = "analysis")]
mod lint;
mod load;
mod player_clock;
mod player_rules;
mod policy_file;
#[cfg(target_os = "linux")]
mod ports;
mod raw;
mod readme;
#[cfg(feature = "rstest")]
mod ready_fixtures;
#[cfg(all(feature = "process", target_os = "linux"))]
mod real_servers;
mod rule_docs;
mod rule_index;
#[cfg(feature = "scenario")]
mod scenario;
#[cfg(all(feature = "process", target_os = "linux"))]
mod server_under_test;
mod support;
#[cfg(feature = "torture")]
mod torture;
mod worked_cases;
