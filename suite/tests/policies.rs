//! The shipped scenarios, each case a test of its own: what a user's `tests/policies.rs` looks
//! like.

fn main() -> std::process::ExitCode {
    flash_policy_scenario::harness::run("../fixtures/scenarios")
}
