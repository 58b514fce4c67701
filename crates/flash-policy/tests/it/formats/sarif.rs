//! SARIF 2.1.0: what its schema requires of the parts that we use, and what its text does.

use std::collections::HashSet;

use rstest::rstest;
use serde_json::{Value, json};

use super::mixed;
use crate::{Folder, GOOD};

/// Reads a whole log; returns its run.
#[track_caller]
pub(super) fn read(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    let wrong: Vec<_> = jsonschema::validator_for(&schema())
        .unwrap()
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(wrong, [""; 0], "{text}");
    let run = log["runs"][0].clone();
    let mut fingerprints = HashSet::new();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"], "{text}");
        assert!(
            fingerprints.insert(result["partialFingerprints"].to_string()),
            "twice the same: {result}"
        );
    }
    run
}

fn check(folder: &Folder, arguments: &str) -> Value {
    read(&folder.stdout(&format!("{arguments} --format sarif")).1)
}

/// The parts of the specification's schema that concern us; it, too, forbids properties that it
/// does not name.
fn schema() -> Value {
    let message = object(&["text"], json!({ "text": { "type": "string", "minLength": 1 } }));
    let level = json!({ "enum": ["none", "note", "warning", "error"] });
    let rule = object(
        &["id", "shortDescription", "fullDescription", "help", "helpUri"],
        json!({
            "id": { "type": "string" },
            "name": { "type": "string", "pattern": "^([A-Z][A-Za-z0-9]*|[0-9]+[A-Za-z0-9]*)$" },
            "shortDescription": message, "fullDescription": message, "help": message,
            "helpUri": { "type": "string", "pattern": "^https://[^ ]+$" },
            "defaultConfiguration": object(&[], json!({ "level": level })),
            "properties": { "type": "object", "properties": {
                "tags": { "uniqueItems": true },
                "security-severity": { "type": "string", "pattern": "^(10|[0-9])\\.[0-9]$" },
            } },
        }),
    );
    let driver = object(
        &["name"],
        json!({
            "name": { "type": "string" },
            "semanticVersion": { "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+" },
            "rules": { "type": "array", "uniqueItems": true, "items": rule },
        }),
    );
    let run = object(
        &["tool", "results"],
        json!({
            "tool": object(&["driver"], json!({ "driver": driver })),
            "columnKind": { "const": "unicodeCodePoints" },
            "results": { "type": "array", "items": result_schema(&message, &level) },
        }),
    );
    let runs = json!({ "type": "array", "minItems": 1, "maxItems": 1, "items": run });
    let names =
        json!({ "$schema": { "type": "string" }, "version": { "const": "2.1.0" }, "runs": runs });
    object(&["version", "runs"], names)
}

fn result_schema(message: &Value, level: &Value) -> Value {
    let place = json!({ "type": "integer", "minimum": 1 });
    let uri = json!({ "type": "string", "pattern": "^([A-Za-z0-9._~/-]|%[0-9A-F]{2}|file:///)+$" });
    let location = object(
        &["artifactLocation"],
        json!({
            "artifactLocation": object(&["uri"], json!({ "uri": uri, "description": message })),
            "region": object(&["startLine"], json!({ "startLine": place, "startColumn": place })),
        }),
    );
    let suppression = object(
        &["kind"],
        json!({
            "kind": { "enum": ["inSource", "external"] },
            "status": { "const": "accepted" },
            "justification": { "type": "string", "minLength": 1 },
        }),
    );
    object(
        &["message", "suppressions"],
        json!({
            "ruleId": { "type": "string" },
            "ruleIndex": { "type": "integer", "minimum": 0 },
            "level": level,
            "kind": { "const": "fail" },
            "message": message,
            "locations": {
                "minItems": 1,
                "maxItems": 1,
                "items": object(&[], json!({ "physicalLocation": location })),
            },
            "partialFingerprints": {
                "type": "object",
                "additionalProperties": { "type": "string" },
            },
            "suppressions": { "type": "array", "uniqueItems": true, "items": suppression },
        }),
    )
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

#[test]
fn each_finding_is_a_result_and_what_passed_is_none() {
    let run = check(&mixed(), "check mixed.xml policy.xml");
    let results = run["results"].as_array().unwrap().iter();
    let mut results: Vec<_> =
        results.map(|result| format!("{} {}", result["ruleId"], result["level"])).collect();
    results.sort_unstable();
    let expected = [
        r#""FSP-D05" "error""#,
        r#""FSP-D09" "note""#,
        r#""FSP-D13" "warning""#,
        r#""FSP-L18" "warning""#,
        r#""FSP-L21" "warning""#,
    ];
    assert_eq!(results, expected);
    assert_eq!(run["tool"]["driver"]["semanticVersion"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_result_has_its_place_and_its_rule() {
    let run = check(&mixed(), "check mixed.xml");
    let result = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|result| result["ruleId"] == "FSP-D05")
        .unwrap();
    let place = json!({
        "artifactLocation": { "uri": "mixed.xml" },
        "region": { "startLine": 4, "startColumn": 22 },
    });
    assert_eq!(result["locations"][0]["physicalLocation"], place);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "FSP-D05").unwrap();
    assert_eq!(rule["name"], "DomainWithScheme");
    let help = rule["help"]["text"].as_str().unwrap();
    assert!(help.starts_with("You see: ") && help.contains("Write the bare host."), "{help}");
}

#[test]
fn a_good_document_is_a_run_without_results() {
    let run = check(&Folder::with_policy(GOOD), "check policy.xml");
    assert_eq!((&run["results"], &run["tool"]["driver"]["rules"]), (&json!([]), &json!([])));
}

#[test]
fn a_suppressed_finding_says_where_and_why() {
    let run = check(&mixed(), "check mixed.xml");
    let suppressions = |id: &str| {
        let results = run["results"].as_array().unwrap();
        results.iter().find(|result| result["ruleId"] == id).unwrap()["suppressions"].clone()
    };
    let accepted = |kind: &str, why: &str| {
        let suppression = json!({ "kind": kind, "status": "accepted", "justification": why });
        json!([suppression])
    };
    assert_eq!(suppressions("FSP-L21"), accepted("inSource", "public arcade"));
    assert_eq!(suppressions("FSP-L18"), accepted("external", "arcade # 1"));
    assert_eq!(suppressions("FSP-D05"), json!([]));
}

#[rstest]
#[case::everybody_everywhere("<allow-access-from domain='*' to-ports='*'/>", "", "FSP-D14")]
#[case::a_public_suffix("<allow-access-from domain='*.co.uk' to-ports='5000'/>", "", "FSP-L19")]
#[case::everybody("<allow-access-from domain='*' to-ports='5000'/>", "", "FSP-L21")]
#[case::any_headers(
    "<allow-http-request-headers-from domain='*' headers='*'/>",
    "--kind url",
    "FSP-L23"
)]
fn what_is_over_broad_is_tagged_as_cwe_942(
    #[case] element: &str,
    #[case] options: &str,
    #[case] id: &str,
) {
    let folder =
        Folder::with_policy(format!("<cross-domain-policy>{element}</cross-domain-policy>"));
    let run = check(&folder, &format!("check policy.xml {options}"));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let tagged: Vec<_> =
        rules.iter().filter(|rule| rule["properties"]["tags"] != json!([])).collect();
    assert_eq!(tagged.iter().map(|rule| &rule["id"]).collect::<Vec<_>>(), [id]);
    assert_eq!(tagged[0]["properties"]["tags"], json!(["security", "external/cwe/cwe-942"]));
}

#[rstest]
#[case::below("a/b.xml", "a/b.xml")]
#[case::from_here("./a/b.xml", "a/b.xml")]
#[case::blanks_and_signs("a:b/c%20,#?[x].xml", "a%3Ab/c%2520%2C%23%3F%5Bx%5D.xml")]
#[case::beyond_ascii("é💥.xml", "%C3%A9%F0%9F%92%A5.xml")]
#[case::a_backslash("a\\b.xml", "a%5Cb.xml")]
fn a_path_becomes_a_uri(#[case] path: &str, #[case] uri: &str) {
    let folder = Folder::new().put(path, "<x/>");
    let run = check(&folder, &format!("check {path}"));
    assert_eq!(
        run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"],
        json!({ "uri": uri })
    );
}

#[test]
fn an_absolute_path_becomes_a_file_uri() {
    let folder = Folder::with_policy("<x/>");
    let path = folder.path("policy.xml");
    let run = check(&folder, &format!("check {}", path.display()));
    let uri = format!("file://{}", path.display());
    assert_eq!(
        run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        uri
    );
}

#[test]
fn standard_input_is_called_so() {
    let output = Folder::new().run("check - --format sarif").write_stdin("<x/>").output().unwrap();
    let run = read(std::str::from_utf8(&output.stdout).unwrap());
    let place = json!({ "uri": "%3Cstdin%3E", "description": { "text": "standard input" } });
    assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"], place);
}

#[test]
fn fingerprints_stay_when_lines_move_and_tell_the_same_apart() {
    let twice = |before: &str| {
        let rule = "<allow-access-from domain='www.b.example'/>\n<allow-access-from \
            domain='www.b.example' to-ports='1'/>\n";
        let folder = Folder::with_policy(format!(
            "<cross-domain-policy>\n{before}{rule}{rule}</cross-domain-policy>"
        ));
        let run = check(&folder, "check policy.xml");
        let results = run["results"].as_array().unwrap().clone();
        // A duplicate names the line of the other rule.
        let of_rule = results
            .into_iter()
            .filter(|one| one["ruleId"] == "FSP-D01" || one["ruleId"] == "FSP-L17");
        of_rule
            .map(|result| result["partialFingerprints"]["flashPolicy/v2"].clone())
            .collect::<Vec<_>>()
    };
    let fingerprints = twice("");
    assert_eq!(fingerprints.len(), 3);
    assert_eq!(fingerprints.iter().collect::<HashSet<_>>().len(), 3);
    assert_eq!(fingerprints, twice("\n<!-- moved -->\n\n"));
}

#[test]
fn a_wrong_verdict_has_its_cause_for_a_rule() {
    let scenario = r#"version = 1
[[policy]]
at = "game.example.com:843"
file = "policy.xml"
[[case]]
name = "theirs"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
[[case]]
name = "theirs, too"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
"#;
    let run = check(&Folder::with_policy(GOOD).put("cases.toml", scenario), "test cases.toml");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert!(results.iter().all(|result| result["ruleId"] == "domain-not-listed"), "{run:#}");
    assert!(
        results[1]["message"]["text"].as_str().unwrap().starts_with("theirs, too: "),
        "{run:#}"
    );
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["name"], "DomainNotListed");
    let help = rules[0]["help"]["text"].as_str().unwrap();
    assert!(help.contains("names the requester"), "{help}");
}
