//! The code of the README, unchanged.

mod backend_down;
mod own_server;
mod own_site;
mod silent_master;

const README: &str = include_str!("../../README.md");

#[test]
fn the_policy_in_the_readme_is_the_one_of_these_tests() {
    assert!(README.contains(concat!("```xml\n", include_str!("policy.xml"), "```\n")));
}

#[test]
fn every_block_of_code_in_the_readme_is_one_of_these_tests() {
    let tests = [
        include_str!("readme/own_site.rs"),
        include_str!("readme/backend_down.rs"),
        include_str!("readme/silent_master.rs"),
        include_str!("readme/own_server.rs"),
    ];
    let blocks = README.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    for (number, (block, test)) in blocks.zip(tests).enumerate() {
        assert_eq!(block, test, "block {}", number + 1);
    }
    assert_eq!(README.matches("```rust\n").count(), tests.len());
}
