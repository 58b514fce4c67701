//! JSON: every report is valid by the schema that the command prints.

use std::sync::LazyLock;

use rstest::rstest;
use serde_json::Value;

use super::mixed;
use crate::Folder;

/// The schema that the command prints.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let (exit, schema) = Folder::new().stdout("schema");
    assert_eq!(exit, 0);
    serde_json::from_str(&schema).unwrap()
});

/// Reads the report of a call that ended so.
#[track_caller]
pub(super) fn read(text: &str, arguments: &str, exit: i32) -> Value {
    let report: Value = serde_json::from_str(text).unwrap();
    assert_valid(&report);
    assert_eq!(report["command"], arguments.split(' ').next().unwrap(), "{text}");
    assert_eq!(report["exit"], exit, "{text}");
    report
}

#[track_caller]
pub(in super::super) fn assert_valid(report: &Value) {
    let wrong: Vec<_> = jsonschema::validator_for(&SCHEMA)
        .unwrap()
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(wrong, [""; 0], "{report:#}");
    assert_eq!(report["schema"], "flash-policy/report@2");
}

#[rstest]
#[case::a_count_in_words("/summary/errors", "none")]
#[case::a_line_in_words("/findings/0/line", "the first")]
#[case::findings_in_words("/findings", "none")]
fn what_is_no_report_is_not_valid(#[case] pointer: &str, #[case] value: &str) {
    let mut report = Folder::with_policy("<x/>").json("check policy.xml");
    assert_valid(&report);
    *report.pointer_mut(pointer).unwrap() = value.into();
    assert!(!jsonschema::is_valid(&SCHEMA, &report));
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
