//! What the README shows of the command, run as it stands there.

use crate::Folder;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_readme_shows_what_the_command_prints() {
    let documents: Vec<_> = blocks("xml").collect();
    let scenario = blocks("toml").find(|block| block.starts_with("version = 1")).unwrap();
    let server = include_str!("../../../examples/node/policy-server.js");
    let folder =
        Folder::with_policy(documents[0]).put("new.xml", documents[1]).put("game.toml", scenario);
    let folder = folder.put("policy-server.js", server);
    let mut calls = 0;
    for console in blocks("console") {
        for (call, expected) in
            console.split("$ flash-policy ").skip(1).map(|part| part.split_once('\n').unwrap())
        {
            assert_eq!(folder.stdout(call).1, expected, "{call}");
            calls += 1;
        }
    }
    assert_eq!(calls, README.matches("$ flash-policy ").count());
}

#[test]
fn the_harness_in_the_readme_is_the_one_of_this_suite() {
    let shown = README.split("```rust harness\n").nth(1).and_then(|rest| rest.split("```").next());
    let ours = include_str!("../policies.rs").replace("../fixtures/scenarios", "tests/policies");
    assert!(ours.ends_with(shown.unwrap()));
}

fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let fence = format!("```{language}\n");
    let starts: Vec<_> = README.match_indices(&fence).map(|(at, fence)| at + fence.len()).collect();
    starts.into_iter().filter_map(|start| README[start..].split("```").next())
}
