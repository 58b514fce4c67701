//! `flash-policy explain`, `schema`, `completions` and `man`.

use flash_policy_conformance::CheckId;
use flash_policy_core::diagnostics::rules;
use predicates::prelude::*;
use predicates::str::contains;
use rstest::rstest;

use crate::Folder;

#[rstest]
#[case::by_id("FSP-D01")]
#[case::by_short_id("d01")]
#[case::by_name("missing-to-ports")]
fn a_rule_is_explained_by_any_of_its_names(#[case] name: &str) {
    let said = contains("FSP-D01 missing-to-ports (error)")
        .and(contains(rules::MISSING_TO_PORTS.help()))
        .and(contains("Fix:"));
    Folder::new().run(&format!("explain {name}")).assert().code(0).stdout(said);
}

#[test]
fn a_cause_is_explained() {
    Folder::new()
        .run("explain backend-refused")
        .assert()
        .code(0)
        .stdout(contains("backend-refused"));
}

#[test]
fn a_conformance_check_is_explained() {
    for check in CheckId::ALL {
        let (exit, said) = Folder::new().stdout(&format!("explain {check}"));
        assert_eq!(exit, 0);
        assert!(
            said.starts_with(&format!("{check} (conformance check)\n\nsent          ")),
            "{said}"
        );
        let rows = ["\npasses        ", "\nis tolerated  ", "\nfails         "];
        assert!(rows.iter().all(|row| said.contains(row)), "{said}");
    }
}

#[test]
fn without_an_id_all_are_listed() {
    let (exit, said) = Folder::new().stdout("explain");
    assert_eq!(exit, 0);
    for rule in rules::ALL {
        assert!(said.contains(rule.id()), "{rule}");
    }
    assert!(said.contains("port-not-listed"));
    assert!(said.contains("split-in-23"));
}

#[test]
fn an_unknown_id_is_wrong_usage_with_a_near_one() {
    let (exit, said) = Folder::new().stderr("explain mising-to-ports");
    assert_eq!(exit, 2);
    assert!(said.contains("did you mean FSP-D01 missing-to-ports?"), "{said}");
}

#[rstest]
#[case::of_reports("schema", "flash-policy/report@2")]
#[case::of_scenarios("schema scenario", "load-policy-files")]
#[case::of_settings("schema settings", "suppress")]
fn a_schema_is_json(#[case] call: &str, #[case] says: &str) {
    let (exit, said) = Folder::new().stdout(call);
    assert_eq!(exit, 0);
    let schema: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    assert!(said.contains(says));
}

#[rstest]
#[case::bash("bash")]
#[case::zsh("zsh")]
#[case::fish("fish")]
fn completions_know_the_subcommands(#[case] shell: &str) {
    Folder::new()
        .run(&format!("completions {shell}"))
        .assert()
        .code(0)
        .stdout(contains("check").and(contains("served-from")));
}

#[test]
fn the_manual_page_has_the_exit_codes_and_each_subcommand_has_its_own() {
    Folder::new()
        .run("man")
        .assert()
        .code(0)
        .stdout(contains(".TH flash-policy 1").and(contains("70 a bug")));
    Folder::new().run("man check").assert().code(0).stdout(contains("baseline"));
    assert_eq!(Folder::new().stderr("man chekc").0, 2);
}
