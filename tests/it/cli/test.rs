//! `flash-policy test`.

use predicates::prelude::*;
use predicates::str::contains;

use super::{Folder, GOOD};

const SCENARIO: &str = r#"version = 1

[[policy]]
at = "game.example.com:843"
file = "policy.xml"

[[backend]]
at = "game.example.com:5000"

[[case]]
name = "our own site may play"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
expect = "permitted"

[[case]]
name = "nobody else may"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "denied"
cause = "domain-not-listed"
event = "securityError#2048"
requests = { "game.example.com:843" = 1 }
"#;

fn folder() -> Folder {
    Folder::with_policy(GOOD).put("game.toml", SCENARIO)
}

#[test]
fn cases_that_are_as_expected_end_with_0() {
    let expected = "\
game.toml
  ok   our own site may play
  ok   nobody else may

2 passed, 0 failed
";
    assert_eq!(folder().stdout("test game.toml"), (0, expected.to_owned()));
}

#[test]
fn the_report_has_what_was_expected_and_what_came() {
    let report = folder().json("test game.toml");
    assert_eq!(report["summary"], serde_json::json!({"files": 1, "cases": 2, "passed": 2, "failed": 0}));
    let case = &report["cases"][1];
    assert_eq!((&case["name"], &case["passed"]), (&"nobody else may".into(), &true.into()));
    let expected = serde_json::json!({
        "expect": "denied", "cause": "domain-not-listed", "event": "securityError#2048",
        "requests": {"game.example.com:843": 1},
    });
    assert_eq!(case["expected"], expected);
    let got = &case["got"];
    assert_eq!(
        (&got["swf"], &got["connect"]),
        (&"http://evil.example/game.swf".into(), &"game.example.com:5000".into())
    );
    assert_eq!((&got["outcome"], &got["cause"]), (&"denied".into(), &"domain-not-listed".into()));
    assert_eq!(got["events"], serde_json::json!(["securityError#2048"]));
    assert_eq!(got["rule"], serde_json::json!({"endpoint": "game.example.com:843", "line": 3, "column": 3}));
    assert_eq!((&got["decided_at_ms"], &got["reported_at_ms"]), (&0.into(), &serde_json::json!([20000])));
    assert_eq!(
        got["asked"][0],
        serde_json::json!({"endpoint": "game.example.com:843", "answer": "policy", "diagnostics": []})
    );
    assert_eq!(got["connections"][0]["sent"], 23);
}

#[test]
fn cases_are_listed_filtered_and_partitioned() {
    let folder = folder();
    assert_eq!(
        folder.stdout("test game.toml --list").1,
        "game.toml: our own site may play\ngame.toml: nobody else may\n"
    );
    assert_eq!(folder.stdout("test . --list --filter nobody").1, "./game.toml: nobody else may\n");
    assert_eq!(folder.stdout("test game.toml --list --partition 1/2").1, "game.toml: our own site may play\n");
    assert_eq!(folder.stdout("test game.toml --list --partition 2/2").1, "game.toml: nobody else may\n");
    folder.run("test game.toml --filter nobody").assert().code(0).stdout(contains("1 passed, 0 failed"));
    folder.run("test game.toml --filter nothing").assert().code(5).stderr(contains("no case is left"));
    folder.run("test game.toml --partition 3/3").assert().code(5);
}

#[test]
fn coverage_names_the_rules_that_no_case_needs() {
    let policy =
        GOOD.replace("</cross", "  <allow-access-from domain=\"partner.example\" to-ports=\"5000\"/>\n</cross");
    let folder = Folder::with_policy(policy).put("game.toml", SCENARIO);
    let expected = "\
2 passed, 0 failed

1 of 2 policy rules exercised
  policy.xml:4:3: no case needs <allow-access-from domain=\"partner.example\" to-ports=\"5000\"/>
";
    folder.run("test game.toml --coverage").assert().code(0).stdout(predicate::str::ends_with(expected));
    let report = folder.json("test game.toml --coverage");
    assert_eq!(report["coverage"][1]["line"], 4);
    assert_eq!((&report["coverage"][0]["granted"], &report["coverage"][1]["granted"]), (&1.into(), &0.into()));
    assert_eq!(report["coverage"][1]["exercised"], false);
}

#[test]
fn a_matrix_is_pinned_by_its_snapshot_and_accepted_by_update() {
    let matrix = "\n[matrix]\nswf = ['http://www.example.com/game.swf']\nconnect = ['game.example.com:5000']\nsnapshot = 'matrix.txt'\n";
    let folder = Folder::with_policy(GOOD).put("game.toml", format!("{SCENARIO}{matrix}"));
    folder.run("test game.toml").assert().code(1).stdout(contains("flash-policy test --update game.toml"));
    folder.run("test game.toml --update").assert().code(0);
    assert!(folder.read("matrix.txt").contains("permitted"));
    folder.run("test game.toml").assert().code(0).stdout(contains("  ok   matrix\n\n3 passed, 0 failed"));
    let folder = folder.put("policy.xml", GOOD.replace("5000", "6000"));
    let changed = contains("http://www.example.com/game.swf to game.example.com:5000: permitted → port-not-listed");
    folder.run("test game.toml --filter matrix").assert().code(1).stdout(changed);
}

#[test]
fn there_is_no_progress_in_a_log() {
    folder().run("test game.toml").assert().stderr("");
}

#[test]
fn what_ships_passes() {
    let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios");
    Folder::new().run(&format!("test {scenarios}")).assert().code(0).stdout(contains(" passed, 0 failed"));
}
