//! Exceptions for diagnostics of answers: `--allow`, `--baseline`, settings and comments.

use flash_policy_core::wire::Fault;
use flash_policy_fixture::PolicyServer;
use rstest::rstest;

use crate::Folder;

/// A policy with a rule that never matches (FSP-D05), which players read all the same.
const DEAD_RULE: &str = "<cross-domain-policy>\n<allow-access-from domain=\"*.example.com\" \
    to-ports=\"5000\"/>\n<allow-access-from domain=\"http://b.example\" to-ports=\"5000\"/>\n\
    </cross-domain-policy>\n";

/// The calls that examine this policy, each with its name for `explain` and for reports.
const CALLS: [&str; 2] = [
    "eval policy.xml --swf http://www.example.com/a.swf --connect h:5000",
    "probe h --swf http://www.example.com/a.swf --connect 5000 --map 843={server} \
     --map 5000={server}",
];

struct Stage {
    folder: Folder,
    server: PolicyServer,
}

impl Stage {
    fn of(policy: &str) -> Self {
        let server = PolicyServer::builder().document(policy).fault(Fault::KeepOpen).start();
        Self { folder: Folder::with_policy(policy), server }
    }

    fn output(&self, call: &str) -> (i32, String, String) {
        self.folder.output(&call.replace("{server}", &self.server.addr().to_string()))
    }

    fn json(&self, call: &str) -> serde_json::Value {
        serde_json::from_str(&self.output(&format!("{call} --format json")).1).unwrap()
    }
}

#[rstest]
#[case::none("", 1)]
#[case::by_id("--allow FSP-D05", 0)]
#[case::by_short_id("--allow d05", 0)]
#[case::of_another("--allow D06", 1)]
#[case::several("--allow D06 --allow D05", 0)]
fn a_rule_may_be_allowed(#[case] options: &str, #[case] exit: i32) {
    let stage = Stage::of(DEAD_RULE);
    for call in CALLS {
        let (ended, said, _) = stage.output(&format!("{call} --fail-on error {options}"));
        assert_eq!(ended, exit, "{call}: {said}");
    }
}

#[rstest]
#[case::a_misspelt_id("FSP-D0S", "did you mean FSP-D0")]
#[case::a_short_one("D5", "did you mean FSP-D0")]
#[case::a_name("domain-with-schema", "did you mean FSP-D05?")]
#[case::nothing_like_it("everything", "flash-policy explain lists them")]
fn an_unknown_id_is_wrong_usage(#[case] id: &str, #[case] says: &str) {
    let stage = Stage::of(DEAD_RULE);
    for call in CALLS.into_iter().chain(["run --torture --connect 1 --swf http://a/ -- x {port}"]) {
        let call = match call.split_once(" -- ") {
            Some((options, command)) => format!("{options} --allow {id} -- {command}"),
            None => format!("{call} --allow {id}"),
        };
        let (exit, _, error) = stage.output(&call);
        assert_eq!(exit, 2, "{call}: {error}");
        assert!(error.contains(&format!("there is no rule `{id}`")), "{error}");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn eval_fails_on_diagnostics_only_if_it_is_told_to() {
    let stage = Stage::of(DEAD_RULE);
    let report = stage.json(CALLS[0]);
    assert_eq!((&report["exit"], &report["answer_findings"]), (&0.into(), &().into()));
    let report = stage.json(&format!("{} --fail-on error", CALLS[0]));
    let finding = &report["answer_findings"][0];
    assert_eq!((&finding["id"], &finding["fails"]), (&"FSP-D05".into(), &true.into()));
    assert_eq!(report["exit"], 1);
    let (_, said, _) = stage.output(&format!("{} --fail-on error", CALLS[0]));
    assert!(said.contains("\nfails h:843: FSP-D05; --allow ID accepts one\n"), "{said}");
}

#[test]
fn a_baseline_hides_old_diagnostics_of_answers_and_counts_them() {
    let stage = Stage::of(DEAD_RULE);
    for call in CALLS {
        let call = format!("{call} --fail-on error");
        assert_eq!(stage.output(&format!("{call} --format json=old.json")).0, 1, "{call}");
        let (exit, said, _) = stage.output(&format!("{call} --baseline old.json"));
        assert_eq!(exit, 0, "{said}");
        assert!(said.ends_with("1 finding suppressed by the baseline\n"), "{said}");
        let report = stage.json(&format!("{call} --baseline old.json"));
        let suppressed = &report["answer_findings"][0]["suppressed"];
        assert_eq!(suppressed["by"], "baseline", "{report}");
        assert_eq!(suppressed["reason"], "it is in the baseline old.json");
        // What a baseline suppressed stays in a report that is the next one.
        stage.output(&format!("{call} --baseline old.json --format json=next.json"));
        assert_eq!(stage.output(&format!("{call} --baseline next.json")).0, 0);
        // Another policy has new ones.
        let worse = Stage::of(&DEAD_RULE.replace("http://b.example", "http://c.example"));
        let old = std::fs::read(stage.folder.path("old.json")).unwrap();
        let worse = Stage { folder: worse.folder.put("old.json", old), ..worse };
        assert_eq!(worse.output(&format!("{call} --baseline old.json")).0, 1);
    }
}

#[test]
fn a_baseline_of_check_is_one_for_the_same_document_when_it_is_served() {
    let stage = Stage::of(DEAD_RULE);
    stage.output("check policy.xml --format json=old.json");
    for call in CALLS {
        let (exit, said, _) = stage.output(&format!("{call} --fail-on error --baseline old.json"));
        assert_eq!(exit, 0, "{said}");
    }
}

#[test]
fn a_baseline_of_torture_hides_old_verdicts() {
    let stage = Stage::of(DEAD_RULE);
    let call = "probe h --torture --check closes,request --map 843={server} --fail-on warning";
    assert_eq!(stage.output(&format!("{call} --format json=old.json")).0, 1);
    assert_eq!(stage.json(&format!("{call} --baseline old.json"))["exit"], 0);
}

#[rstest]
#[case::no_report("{}", "it is not a baseline: ")]
#[case::of_another_command(
    "{\"schema\": \"flash-policy/report@2\", \"command\": \"diff\"}",
    "it is a report of diff"
)]
fn another_file_is_no_baseline(#[case] content: &str, #[case] says: &str) {
    let stage = Stage::of(DEAD_RULE);
    let stage = Stage { folder: stage.folder.put("old.json", content), ..stage };
    for call in CALLS {
        let (exit, _, error) = stage.output(&format!("{call} --baseline old.json"));
        assert_eq!(exit, 3);
        assert!(error.contains(says) && error.contains(" --> old.json\n"), "{error}");
    }
}

#[rstest]
#[case::for_all("[[suppress]]\nrule = 'D05'\nreason = 'goes in spring'", 0)]
#[case::for_a_folder("[[suppress]]\nrule = 'D05'\npath = '.git'\nreason = 'old'", 1)]
fn the_settings_suppress_answers(#[case] settings: &str, #[case] exit: i32) {
    let stage = Stage::of(DEAD_RULE);
    let stage = Stage { folder: stage.folder.put("flash-policy.toml", settings), ..stage };
    for call in CALLS {
        let (ended, said, _) = stage.output(&format!("{call} --fail-on error"));
        assert_eq!(ended, exit, "{said}");
        let line = "suppressed: FSP-D05 at h:843: goes in spring\n";
        assert_eq!(said.contains(line), exit == 0, "{said}");
    }
}

#[test]
fn a_comment_in_the_document_suppresses_answers() {
    let comment = "<!-- flash-policy-allow FSP-D05: the old client -->\n<allow-access-from \
        domain=\"http";
    let stage = Stage::of(&DEAD_RULE.replace("<allow-access-from domain=\"http", comment));
    for call in CALLS {
        let report = stage.json(&format!("{call} --fail-on error"));
        assert_eq!(report["exit"], 0, "{report}");
        assert_eq!(report["answer_findings"][0]["suppressed"]["reason"], "the old client");
    }
}

#[rstest]
#[case::from_the_folder_above("check sub/open.xml --baseline sub/old.json")]
#[case::by_another_path("check ./sub/../sub/open.xml --baseline ./sub/old.json")]
#[case::by_its_absolute_path("check ABSOLUTE/sub/open.xml --baseline sub/old.json")]
fn a_baseline_knows_a_file_by_whatever_path(#[case] call: &str) {
    let open = "<cross-domain-policy><allow-access-from domain='*' to-ports='*'/>\
        </cross-domain-policy>";
    let folder = Folder::new().put("sub/open.xml", open);
    let mut made = folder.run("check open.xml --format json=old.json");
    made.current_dir(folder.path("sub")).assert().code(0);
    let call = call.replace("ABSOLUTE", folder.path(".").to_str().unwrap());
    let report = folder.json(&call);
    assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
    assert!(report["summary"]["suppressed"].as_u64() > Some(0), "{report:#}");
}

#[test]
fn a_baseline_that_is_another_json_is_told_plainly() {
    let folder = Folder::with_policy(crate::GOOD).put("old.json", "[]");
    let (exit, text) = folder.stderr("check policy.xml --baseline old.json");
    assert_eq!(exit, 3);
    assert!(text.contains("it is not a baseline: it is JSON, but not a report\n"), "{text}");
}
