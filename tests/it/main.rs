//! The integration tests: one binary, a module for each subject.

mod policy_file;
#[cfg(all(feature = "process", target_os = "linux"))]
mod server_under_test;
