//! JSON: every report is valid by the schema that the command prints.

use rstest::rstest;
use serde_json::Value;

use super::{HOSTILE_NAME, mixed, of_hostile};
use crate::Folder;

#[track_caller]
pub(in super::super) fn assert_valid(report: &Value) {
    let (exit, schema) = Folder::new().stdout("schema");
    assert_eq!(exit, 0);
    let schema = serde_json::from_str(&schema).unwrap();
    let wrong: Vec<_> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(wrong, [""; 0], "{report:#}");
    assert_eq!(report["schema"], "flash-policy/report@2");
}

const SCENARIO: &str = r#"version = 1
[[policy]]
at = "game.example.com:843"
file = "policy.xml"
[[backend]]
at = "game.example.com:5000"
[[case]]
name = "ours"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
[[case]]
name = "theirs, wrongly"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
"#;

#[rstest]
#[case::check("check mixed.xml policy.xml")]
#[case::check_without_findings("check policy.xml")]
#[case::eval(
    "eval policy.xml --swf http://www.example.com/a.swf --swf sandbox:local-trusted --connect g.example.com:5000"
)]
#[case::eval_of_a_port_out_of_range(
    "eval policy.xml --swf http://www.example.com/a.swf --connect g.example.com:65536"
)]
#[case::run_of_cases("test cases.toml --coverage")]
#[case::list_of_cases("test cases.toml --list")]
#[case::run_with_a_wrong_file("test cases.toml absent.toml flash-policy.toml")]
#[case::probe(
    "probe 127.0.0.1 --swf http://www.example.com/a.swf --connect 1 --map 843=127.0.0.1:1"
)]
#[case::diff("diff policy.xml mixed.xml")]
#[case::diff_without_a_change("diff policy.xml policy.xml")]
fn reports_are_valid_by_their_schema(#[case] arguments: &str) {
    let folder = mixed().put("cases.toml", SCENARIO);
    let report = folder.json(arguments);
    assert_valid(&report);
    assert_eq!(report["command"], arguments.split(' ').next().unwrap());
}

#[rstest]
#[case::a_count_in_words("/summary/errors", "none")]
#[case::a_line_in_words("/findings/0/line", "the first")]
#[case::findings_in_words("/findings", "none")]
fn what_is_no_report_is_not_valid(#[case] pointer: &str, #[case] value: &str) {
    let mut report = Folder::with_policy("<x/>").json("check policy.xml");
    assert_valid(&report);
    *report.pointer_mut(pointer).unwrap() = value.into();
    let schema = serde_json::from_str(&Folder::new().stdout("schema").1).unwrap();
    assert!(!jsonschema::is_valid(&schema, &report));
}

#[test]
fn hostile_text_comes_back_as_it_was() {
    let report: Value = serde_json::from_str(&of_hostile("json")).unwrap();
    assert_valid(&report);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 1);
    assert!(findings.iter().all(|finding| finding["file"] == HOSTILE_NAME), "{report:#}");
}

#[test]
fn the_counts_are_those_of_what_is_listed() {
    let report = mixed().json("check mixed.xml policy.xml");
    let listed = |severity: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["severity"] == severity).count()
    };
    let summary =
        serde_json::json!({ "files": 2, "errors": 1, "warnings": 1, "infos": 1, "suppressed": 2 });
    assert_eq!(report["summary"], summary, "{report:#}");
    assert_eq!((listed("error"), listed("warning"), listed("info")), (1, 1, 1));
    assert_eq!(report["suppressed"].as_array().unwrap().len(), 2);
}
