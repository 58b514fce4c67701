//! `flash-policy test`.

use predicates::prelude::*;
use predicates::str::contains;
use rstest::rstest;

use crate::{Folder, GOOD};

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
    assert_eq!(
        report["summary"],
        serde_json::json!({"files": 1, "cases": 2, "passed": 2, "failed": 0})
    );
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
    // No rule names the requester, so none decided.
    assert_eq!(got["rule"], serde_json::Value::Null);
    assert_eq!(
        (&got["decided_at_ms"], &got["reported_at_ms"]),
        (&0.into(), &serde_json::json!([20000]))
    );
    let mut asked = got["asked"][0].clone();
    let diagnostics = asked.as_object_mut().unwrap().remove("diagnostics").unwrap();
    assert_eq!(
        asked,
        serde_json::json!({
            "endpoint": "game.example.com:843", "port": 843, "role": "master",
            "answer": "policy", "took_ms": 0, "budget_ms": 3000,
        })
    );
    assert_eq!(diagnostics[0]["id"], "FSP-L28");
    assert_eq!(diagnostics[0]["also"][0], "FSP-R01");
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
    assert_eq!(
        folder.stdout("test game.toml --list --partition 1/2").1,
        "game.toml: our own site may play\n"
    );
    assert_eq!(
        folder.stdout("test game.toml --list --partition 2/2").1,
        "game.toml: nobody else may\n"
    );
    folder
        .run("test game.toml --filter nobody")
        .assert()
        .code(0)
        .stdout(contains("1 passed, 0 failed"));
    folder
        .run("test game.toml --filter nothing")
        .assert()
        .code(5)
        .stderr(contains("no case is left"));
    folder
        .run("test game.toml --filter nothing --partition 1/2")
        .assert()
        .code(5)
        .stderr(contains("--filter"));
}

/// Fewer cases than machines is no fault of a machine.
#[test]
fn a_part_without_a_case_passes_and_says_so() {
    let folder = folder();
    let expected = "--partition 3/3 leaves no case to this run\n0 passed, 0 failed\n";
    assert_eq!(folder.stdout("test game.toml --partition 3/3"), (0, expected.to_owned()));
    assert_eq!(folder.stdout("test game.toml --partition 3/3 --list"), (0, String::new()));
    let report = folder.json("test game.toml --partition 3/3");
    assert_eq!(
        report["summary"],
        serde_json::json!({"files": 1, "cases": 0, "passed": 0, "failed": 0})
    );
    assert_eq!(
        folder.stdout("test game.toml --partition 3/3 --format tap").1,
        "TAP version 13\n1..0 # SKIP nothing to report\n"
    );
}

#[test]
fn a_list_is_for_people_and_for_programs() {
    let folder = folder().put("matrix.toml", format!("version = 1\n{MATRIX}"));
    let report = folder.json("test game.toml matrix.toml --list --filter may --filter matrix");
    let listed = serde_json::json!([
        {"file": "game.toml", "name": "our own site may play"},
        {"file": "game.toml", "name": "nobody else may"},
        {"file": "matrix.toml", "name": "matrix"},
    ]);
    assert_eq!(report["listed"], listed);
    assert_eq!(report["summary"]["cases"], 3);
    assert_eq!(report["cases"], serde_json::json!([]), "nothing has run");
}

#[rstest]
#[case::tap("--list --format tap", "only the formats human and json can show it")]
#[case::junit_in_a_file(
    "--list --format junit=out.xml",
    "only the formats human and json can show it"
)]
#[case::an_update("--list --update", "--update")]
#[case::coverage("--list --coverage", "--coverage")]
fn a_list_of_what_has_not_run_is_no_report(#[case] options: &str, #[case] said: &str) {
    let (exit, text) = folder().stderr(&format!("test game.toml {options}"));
    assert_eq!((exit, text.contains(said)), (2, true), "{text}");
}

/// Whatever is wrong with one file, the others have a result, and the report says that one is
/// missing.
#[test]
fn a_wrong_file_does_not_hide_the_others() {
    let folder = folder()
        .put("s/a.toml", "version = 1\ntitel = 'x'")
        .put("s/b.toml", SCENARIO.replace("policy.xml", "../policy.xml"));
    let output = folder
        .run("test game.toml s absent.toml --format human --format json=out.json")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let (said, told) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(
        said.ends_with("  ok   nobody else may\n\n4 passed, 0 failed, 2 files not run\n"),
        "{said}"
    );
    assert!(told.contains("s/a.toml:2:1") && told.contains("absent.toml"), "{told}");
    let report: serde_json::Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(
        report["summary"],
        serde_json::json!({"files": 2, "cases": 4, "passed": 4, "failed": 0})
    );
    let errors = serde_json::json!([
        {
            "kind": "invalid-scenario", "file": "s/a.toml", "line": 2, "column": 1,
            "message": "unknown key `titel`", "help": "did you mean `title`?",
            "source": {"line": 2, "column": 1, "text": "titel = \
                'x'", "start": 0, "end": 5, "is_whole": true},
        },
        {
            "kind": "unreadable-file", "file": "absent.toml",
            "message": "there is no such file", "help": "check the path",
        },
    ]);
    assert_eq!(report["errors"], errors);
    folder
        .run("test game.toml s --list")
        .assert()
        .code(3)
        .stdout(contains("s/b.toml: nobody else may"));
}

#[rstest]
#[case::junit(
    "junit",
    "<error message=\"unknown key `titel`; help: did you mean `title`?\" type=\"invalid-scenario\">"
)]
#[case::tap(
    "tap",
    "not ok 3 - wrong.toml: invalid-scenario\n  ---\n  message: \"unknown key `titel`; help:"
)]
#[case::sarif("sarif", "\"ruleId\": \"invalid-scenario\"")]
#[case::github("github", "::error file=wrong.toml,line=2,col=1,title=invalid-scenario::")]
#[case::json("json", "\"errors\": [")]
fn a_wrong_file_is_in_every_format(#[case] format: &str, #[case] said: &str) {
    let folder = folder().put("wrong.toml", "version = 1\ntitel = 'x'");
    for paths in ["game.toml wrong.toml", "wrong.toml"] {
        folder.run(&format!("test {paths} --format {format}=out")).assert().code(3).stdout("");
        let report = folder.read("out");
        let said =
            if paths.starts_with("wrong") { said.replace("ok 3", "ok 1") } else { said.to_owned() };
        assert!(report.contains(&said), "{report}");
    }
}

/// The worst of it: that after which the least can be trusted.
#[rstest]
#[case::a_wrong_verdict_and_a_wrong_file("wrong-verdict.toml wrong.toml", 3)]
#[case::a_wrong_verdict_and_no_case("wrong-verdict.toml empty", 1)]
#[case::a_wrong_file_and_no_case("wrong.toml empty", 3)]
#[case::good_ones_and_no_case("game.toml empty", 5)]
#[case::a_snapshot_that_cannot_be_written("--update matrix.toml wrong.toml wrong-verdict.toml", 4)]
fn one_run_that_comes_to_several_ends_with_the_worst(#[case] arguments: &str, #[case] exit: i32) {
    let folder = folder()
        .put("wrong.toml", "version = 2")
        .put("wrong-verdict.toml", SCENARIO.replace("\"permitted\"", "\"unreachable\""))
        .put("matrix.toml", format!("version = 1\n{MATRIX}"))
        .put("matrix.txt", "");
    std::fs::create_dir(folder.path("empty")).unwrap();
    forbid_writing(&folder, "matrix.txt");
    folder.run(&format!("test {arguments}")).assert().code(exit);
}

const MATRIX: &str = "[matrix]\nswf = ['http://www.example.com/game.swf']\nconnect = \
    ['game.example.com:5000']\nsnapshot = 'matrix.txt'\n";

fn forbid_writing(folder: &Folder, name: &str) {
    let mut permissions = std::fs::metadata(folder.path(name)).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(folder.path(name), permissions).unwrap();
}

#[test]
fn a_snapshot_that_cannot_be_written_does_not_lose_the_results() {
    let old = "swf  old.example.com:5000\n";
    let folder = folder().put("game.toml", format!("{SCENARIO}{MATRIX}")).put("matrix.txt", old);
    forbid_writing(&folder, "matrix.txt");
    let (exit, said) = folder.stdout("test --update game.toml");
    assert_eq!(exit, 4);
    assert!(
        said.contains("\ncannot write matrix.txt: it is read-only; make it writable first\n"),
        "{said}"
    );
    assert!(said.ends_with("2 passed, 1 failed\n"), "{said}");
    let (exit, said) = folder.stdout("test --update game.toml --format junit");
    assert_eq!(
        (exit, said.matches("<error ").count(), said.matches("<failure").count()),
        (4, 1, 0),
        "{said}"
    );
    assert!(said.contains("tests=\"3\"") && said.contains("errors=\"1\""), "{said}");
    assert_eq!(folder.read("matrix.txt"), old);
}

#[test]
fn a_matrix_that_differs_names_its_cells_in_one_line() {
    let table = "swf                              \
        game.example.com:5000\nhttp://www.example.com/game.swf  permitted\n";
    let folder =
        folder().put("matrix.toml", format!("version = 1\n{MATRIX}")).put("matrix.txt", table);
    let said = "1 cell differs from matrix.txt: http://www.example.com/game.swf to \
        game.example.com:5000: permitted → no-policy";
    let report = folder.json("test matrix.toml");
    let cell = "http://www.example.com/game.swf to game.example.com:5000: permitted → no-policy";
    assert_eq!(
        report["cases"][0]["mismatches"],
        serde_json::json!([{
            "what": "http://www.example.com/game.swf to game.example.com:5000",
            "expected": "permitted",
            "got": "no-policy",
        }])
    );
    let (_, sarif) = folder.stdout("test matrix.toml --format sarif");
    let log: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["message"]["text"], format!("matrix: {said}"));
    let help = &log["runs"][0]["tool"]["driver"]["rules"][0]["help"]["text"];
    assert!(help.as_str().unwrap().contains("flash-policy test --update"), "{help}");
    let (_, github) = folder.stdout("test matrix.toml --format github");
    assert!(github.contains(cell), "{github}");
    let (_, junit) = folder.stdout("test matrix.toml --format junit");
    assert_eq!(
        (junit.matches("<failure ").count(), junit.matches("<error ").count()),
        (1, 0),
        "{junit}"
    );
}

/// The player ignores such a location without a word: that is what people do wrong and want to see.
#[rstest]
#[case::of_http("http://game.example.com:843")]
#[case::without_a_scheme("game.example.com:843")]
#[case::without_a_port("xmlsocket://game.example.com")]
fn a_location_of_load_policy_file_that_is_none_is_noted(#[case] location: &str) {
    let load = format!("load-policy-files = ['{location}']\nexpect = \"denied\"");
    let folder = folder().put("game.toml", SCENARIO.replace("expect = \"denied\"", &load));
    let report = folder.json("test game.toml");
    assert_eq!(report["summary"]["passed"], 2);
    assert_eq!(report["cases"][0]["got"]["diagnostics"], serde_json::json!([]));
    assert_eq!(report["cases"][1]["got"]["diagnostics"], serde_json::json!(["FSP-L28", "FSP-S11"]));
    let folder = folder.put(
        "game.toml",
        SCENARIO.replace("expect = \"denied\"", &load).replace("domain-not-listed", "low-port"),
    );
    folder.run("test game.toml").assert().code(1).stdout(contains("  note     error FSP-S11: "));
}

#[test]
fn coverage_names_the_rules_that_no_case_needs() {
    let policy = GOOD.replace(
        "</cross",
        "  <allow-access-from domain=\"partner.example\" to-ports=\"5000\"/>\n</cross",
    );
    let folder = Folder::with_policy(policy).put("game.toml", SCENARIO);
    let expected = "\
2 passed, 0 failed

1 of 2 policy rules exercised
  policy.xml:4:3: no case needs <allow-access-from domain=\"partner.example\" to-ports=\"5000\"/>
";
    folder
        .run("test game.toml --coverage")
        .assert()
        .code(0)
        .stdout(predicate::str::ends_with(expected));
    let report = folder.json("test game.toml --coverage");
    assert_eq!(report["coverage"][1]["line"], 4);
    assert_eq!(
        (&report["coverage"][0]["granted"], &report["coverage"][1]["granted"]),
        (&1.into(), &0.into())
    );
    assert_eq!(report["coverage"][1]["exercised"], false);
}

#[rstest]
#[case::a_policy("policy.xml")]
#[case::the_scenario_itself("game.toml")]
#[case::any_other_file("notes.txt")]
fn an_update_never_overwrites_a_file_that_is_not_a_snapshot(#[case] snapshot: &str) {
    let matrix = format!(
        "[matrix]\nswf = ['http://www.example.com/game.swf']\n\
         connect = ['game.example.com:5000']\nsnapshot = '{snapshot}'\n"
    );
    let folder = folder().put("game.toml", format!("{SCENARIO}{matrix}")).put("notes.txt", "swf");
    let before = folder.read(snapshot);
    let (exit, said) = folder.stderr("test --update game.toml");
    let expected = "which is not a snapshot of a matrix; name another file in `snapshot` of \
        game.toml\n";
    assert!(said.starts_with("error: --update would overwrite ") && said.ends_with(expected));
    assert_eq!((exit, folder.read(snapshot)), (2, before));
}

#[test]
fn a_matrix_is_pinned_by_its_snapshot_and_accepted_by_update() {
    let matrix = "\n[matrix]\nswf = ['http://www.example.com/game.swf']\nconnect = \
        ['game.example.com:5000']\nsnapshot = 'matrix.txt'\n";
    let folder = Folder::with_policy(GOOD).put("game.toml", format!("{SCENARIO}{matrix}"));
    folder
        .run("test game.toml")
        .assert()
        .code(1)
        .stdout(contains("flash-policy test --update game.toml"));
    folder.run("test game.toml --update").assert().code(0);
    assert!(folder.read("matrix.txt").contains("permitted"));
    folder
        .run("test game.toml")
        .assert()
        .code(0)
        .stdout(contains("  ok   matrix\n\n3 passed, 0 failed"));
    let folder = folder.put("policy.xml", GOOD.replace("5000", "6000"));
    let changed = contains(
        "http://www.example.com/game.swf to game.example.com:5000: permitted → port-not-listed",
    );
    folder.run("test game.toml --filter matrix").assert().code(1).stdout(changed);
}

#[test]
fn there_is_no_progress_in_a_log() {
    folder().run("test game.toml").assert().stderr("");
}

#[test]
fn what_ships_passes() {
    let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios");
    Folder::new()
        .run(&format!("test {scenarios}"))
        .assert()
        .code(0)
        .stdout(contains(" passed, 0 failed"));
}

/// A stage whose policy admits `example.com`, and a stranger's case that passes for other reasons.
const FOR_OTHER_REASONS: &str = r#"version = 1
[[policy]]
at = "game.example.com:843"
file = "policy.xml"
[[backend]]
at = "game.example.com:5000"
[[case]]
name = "strangers stay out"
swf = "http://evil.example/game.swf"
connect = "game.exmaple.com:5000"
expect = "denied"
"#;

#[test]
fn a_misspelt_target_is_a_warning_that_names_the_near_one() {
    let folder = Folder::with_policy(GOOD).put("game.toml", FOR_OTHER_REASONS);
    let expected = "\
game.toml
  ok   strangers stay out
       warning: no entry names the host of `game.exmaple.com:5000`; help: did you mean \
`game.example.com:5000`? if the host is meant to be unknown, write `unknown-host = true` in the case
       note: nobody would get in: no location answers with a whole policy

1 passed, 0 failed
";
    assert_eq!(folder.stdout("test game.toml"), (0, expected.to_owned()));
    let notes = &folder.json("test game.toml")["cases"][0]["notes"];
    assert_eq!(notes[0]["kind"], "unknown-host");
    assert_eq!((&notes[0]["severity"], &notes[0]["line"]), (&"warning".into(), &10.into()));
    assert_eq!(
        (&notes[1]["kind"], &notes[1]["severity"]),
        (&"nobody-gets-in".into(), &"info".into())
    );
    let meant = FOR_OTHER_REASONS.to_owned() + "unknown-host = true\n";
    let said = folder.put("game.toml", meant).stdout("test game.toml").1;
    assert!(!said.contains("warning") && said.contains("note: nobody would get in"), "{said}");
}

#[rstest]
#[case::junit(
    "junit",
    "warning: no entry names the host of `game.exmaple.com:5000`",
    "note: nobody"
)]
#[case::github(
    "github",
    "::warning file=game.toml,line=10,col=11,title=strangers stay out::no",
    "::notice "
)]
#[case::sarif("sarif", "\"ruleId\": \"unknown-host\"", "\"ruleId\": \"nobody-gets-in\"")]
#[case::tap(
    "tap",
    "ok 1 - game.toml: strangers stay out\n  ---\n",
    "    note: nobody would get in"
)]
fn every_format_has_the_notes(#[case] format: &str, #[case] one: &str, #[case] other: &str) {
    let folder = Folder::with_policy(GOOD).put("game.toml", FOR_OTHER_REASONS);
    let (exit, said) = folder.stdout(&format!("test game.toml --format {format}"));
    assert!(exit == 0 && said.contains(one) && said.contains(other), "{said}");
}

#[test]
fn skipped_files_of_a_folder_are_told() {
    let folder = folder().put("empty.toml", "").put("deep/tool.toml", "line-length = 1\n");
    let (exit, said) = folder.stdout("test .");
    assert_eq!(exit, 0);
    let skipped = "2 files skipped, which are no scenarios: ./deep/tool.toml, ./empty.toml\n";
    assert!(said.ends_with(skipped), "{said}");
    let report = folder.json("test .");
    assert_eq!(report["skipped_files"], serde_json::json!(["./deep/tool.toml", "./empty.toml"]));
    let tap = folder.stdout("test . --format tap").1;
    assert!(tap.contains("ok 4 - ./empty.toml: skipped: not a scenario # SKIP"), "{tap}");
    let junit = folder.stdout("test . --format junit").1;
    assert_eq!(junit.matches("<skipped ").count(), 2, "{junit}");
}
