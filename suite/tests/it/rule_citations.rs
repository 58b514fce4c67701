//! Every rule of the rulebook's socket groups, and every worked case, has a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const GROUPS: [(char, u8); 10] = [
    ('W', 14),
    ('L', 18),
    ('M', 6),
    ('P', 9),
    ('D', 12),
    ('R', 6),
    ('X', 11),
    ('T', 6),
    ('E', 9),
    ('C', 4),
];

#[test]
fn every_rule_has_a_test() {
    let found = found();
    let rules = GROUPS
        .iter()
        .flat_map(|(group, last)| (1..=*last).map(move |number| format!("{group}{number}")));
    let missing: Vec<_> = rules.filter(|rule| !found.contains(rule)).collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
}

#[test]
fn every_worked_case_has_a_row() {
    let source = fs::read_to_string(root_tests().join("worked_cases.rs")).unwrap();
    let missing: Vec<_> = (1..80)
        .step_by(2)
        .filter(|number| !source.contains(&format!("#[case::w{number}_")))
        .collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}

/// The ids in comments that stand directly above a test or case, and those that begin the names of
/// tests and cases.
fn found() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for source in tests().iter().flat_map(|tests| sources(tests)) {
        let mut above = Vec::new();
        for line in source.lines().map(str::trim_start) {
            if let Some(comment) = line.strip_prefix("//") {
                above.extend(comment.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
                continue;
            }
            let heads = ["#[case", "#[test", "#[rstest", "#[tokio::test", "fn ", "async fn "];
            if heads.iter().any(|head| line.starts_with(head)) {
                found.extend(above.drain(..).chain(id_of_the_name(line)));
            }
            above.clear();
        }
    }
    found
}

fn id_of_the_name(line: &str) -> Option<String> {
    let name = ["#[case::", "fn ", "async fn "].iter().find_map(|head| line.strip_prefix(head))?;
    name.split_once('_').map(|(id, _)| id.to_uppercase())
}

fn sources(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => sources(&path),
        false if path.ends_with("worked_cases.rs") => Vec::new(),
        false => vec![fs::read_to_string(path).unwrap()],
    };
    entries.flat_map(read).collect()
}

/// The tests of the packages that hold the player's rules.
fn tests() -> [PathBuf; 2] {
    [root_tests(), workspace().join("crates/flash-policy-core/tests/it")]
}

fn root_tests() -> PathBuf {
    workspace().join("tests/it")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
