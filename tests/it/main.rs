//! The tests of the fixture: one binary, a module for each subject.

#![allow(
    clippy::unwrap_used,
    reason = "what a test sets up must work; clippy exempts test functions only"
)]

mod causes;
mod diagnosis;
mod drops;
mod examples;
mod failure_text;
mod faults;
mod foreign;
mod gone_peers;
mod journal;
#[cfg(target_os = "linux")]
mod lifetime;
mod load;
mod observed;
mod player_clock;
mod player_rules;
mod policies;
#[cfg(target_os = "linux")]
mod ports;
mod raw;
mod readme;
#[cfg(feature = "rstest")]
mod ready_fixtures;
mod scene;
#[cfg(all(feature = "process", target_os = "linux"))]
mod server_under_test;
mod worked_cases;
