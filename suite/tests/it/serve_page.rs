//! `docs/serve.md`: its session, replayed as it stands there.

use std::collections::BTreeSet;

use crate::GOOD;
use crate::serving::{Serving, ask};

const PAGE: &str = include_str!("../../../docs/serve.md");

#[test]
fn the_session_of_the_page_is_what_happens() {
    let mut serving = Serving::good("");
    let blocks: Vec<&str> =
        PAGE.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    let mut shown = blocks[0].lines().skip_while(|line| !line.starts_with('>')).collect::<Vec<_>>();
    assert!(blocks[0].starts_with("$ flash-policy serve policy.xml\n{\"endpoints\":{\"policy\":"));
    replay(&mut serving, &shown);
    assert_eq!(ask(serving.policy), b"<cross-domain-policy/>");
    shown = blocks[1].lines().collect();
    replay(&mut serving, &shown);
}

/// Each line that is written is followed by those that come.
fn replay(serving: &mut Serving, shown: &[&str]) {
    for line in shown {
        match line.strip_prefix("> ") {
            Some(command) => serving.write(format!("{command}\n").as_bytes()),
            None => assert_eq!(without_ports(&serving.next_line()), *line),
        }
    }
}

fn without_ports(line: &str) -> String {
    let (before, after) = line.split_once("127.0.0.1:").unwrap_or((line, ""));
    match after.trim_start_matches(|c: char| c.is_ascii_digit()) {
        "" => before.to_owned(),
        rest => format!("{before}127.0.0.1:PORT{rest}"),
    }
}

/// The page names every key and every value of a command.
#[test]
fn the_page_has_all_that_a_command_can_say() {
    let (_, schema) = crate::Folder::with_policy(GOOD).stdout("schema serve");
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let keys = schema["$defs"]["Command"]["properties"].as_object().unwrap().keys().cloned();
    let backend = schema["$defs"]["Command"]["properties"]["backend"]["enum"].as_array().unwrap();
    let policy = schema["$defs"]["PolicyState"]["oneOf"].as_array().unwrap();
    let states = backend.iter().chain(policy.iter().map(|state| &state["const"]));
    let states = states.map(|state| state.as_str().unwrap().to_owned());
    let ends =
        schema["$defs"]["Connection"]["properties"]["ended"]["enum"].as_array().unwrap().iter();
    let names: BTreeSet<String> =
        keys.chain(states).chain(ends.map(|end| end.as_str().unwrap().to_owned())).collect();
    let missing: Vec<_> =
        names.iter().filter(|name| !PAGE.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty() && names.len() == 14, "{missing:?} of {names:?}");
}
