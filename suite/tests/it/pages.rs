//! What docs/check.md, docs/probe.md and docs/run.md show, run as it stands there. An output that
//! is cut short in the page begins so.

use flash_policy_fixture::{Backend, PolicyServer};

use crate::{Folder, GOOD};

const OPEN: &str = "<cross-domain-policy>\n  <allow-access-from domain=\"*\" \
    to-ports=\"*\"/>\n</cross-domain-policy>\n";

#[test]
fn the_page_on_probe_shows_what_the_command_prints() {
    let (policy, backend) = (PolicyServer::start(GOOD), Backend::echo().start());
    let page = include_str!("../../../docs/probe.md");
    for (call, shown) in calls(page, 2) {
        let (policy, backend) = (policy.addr().to_string(), backend.addr().to_string());
        let real = call.replace("127.0.0.1:10843", &policy).replace("127.0.0.1:15000", &backend);
        let (_, said) = Folder::new().stdout(&real);
        let said = said.replace(&policy, "127.0.0.1:10843").replace(&backend, "127.0.0.1:15000");
        assert!(timeless(&said).starts_with(&timeless(shown)), "{call}\n{said}");
    }
}

#[test]
fn the_page_on_run_shows_what_the_command_prints() {
    let readme = include_str!("../../../README.md");
    let scenario =
        readme.split("```toml\n").find(|block| block.starts_with("version = 1")).unwrap();
    let folder = Folder::with_policy(GOOD)
        .put("policy-server.js", include_str!("../../../examples/node/policy-server.js"))
        .put("game.toml", scenario.split("```").next().unwrap());
    for (call, shown) in calls(include_str!("../../../docs/run.md"), 3) {
        let output = folder.run(call).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(timeless(&said).starts_with(&timeless(shown)), "{call}\n{said}");
    }
}

#[test]
fn the_documented_settings_and_suppressions_are_accepted() {
    let documentation = include_str!("../../../docs/check.md");
    let block = |language: &str| {
        documentation
            .split(&format!("```{language}\n"))
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap()
    };
    let folder = Folder::with_policy(block("xml")).put("flash-policy.toml", block("toml"));
    let folder = folder.put("legacy/old.xml", OPEN).put("deploy/inband.xml", GOOD);
    let report = folder.json("check policy.xml legacy");
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["summary"]["suppressed"], 2);
}

/// Every call of the page's consoles, and what is shown below it.
fn calls(page: &'static str, count: usize) -> Vec<(&'static str, &'static str)> {
    let consoles = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let calls: Vec<_> = consoles
        .flat_map(|console| console.split("$ flash-policy ").skip(1))
        .map(|call| call.split_once('\n').unwrap())
        .collect();
    assert_eq!(calls.len(), count);
    calls
}

/// Without what depends on the machine: how long something took.
fn timeless(text: &str) -> String {
    let words = |line: &str| {
        let is_time = |word: &str| word.trim_end_matches([',', ':']).parse::<f64>().is_ok();
        let words: Vec<_> = line.split(' ').collect();
        let timed = |at: usize| {
            is_time(words[at])
                && words
                    .get(at + 1)
                    .is_some_and(|unit| unit.starts_with('s') || unit.starts_with("ms"))
        };
        (0..words.len())
            .map(|at| if timed(at) { "N" } else { words[at] })
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines().map(|line| words(line) + "\n").collect()
}
