//! `flash-policy explain`, `schema`, `completions` and `man`.

use flash_policy_conformance::{CheckId, CheckVerdict};
use flash_policy_core::diagnostics::{Severity, rules};
use flash_policy_core::player::{AnswerKind, Cause, Ended, PlayerEvent, Role, Sandbox, Verdict};
use flash_policy_scenario::{NoteKind, Status};
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

#[rstest]
#[case::a_number("2048")]
#[case::a_number_with_its_mark("#2048")]
#[case::as_the_player_says_it("Error #2048")]
#[case::the_whole_message(
    "Error #2048: Security sandbox violation: http://a/g.swf cannot load data from h:1."
)]
#[case::an_event_as_it_is_traced(
    "[SecurityErrorEvent type=\"securityError\" text=\"Error #2048\"]"
)]
#[case::an_event("securityError")]
#[case::an_event_with_its_number("securityError#2048")]
#[case::in_other_letters("SECURITYERROR")]
fn what_the_player_says_is_explained_with_all_its_causes(#[case] word: &str) {
    let folder = Folder::new();
    let output = folder.run("explain").arg(word).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{word}");
    assert!(said.starts_with("securityError (event or error of the player)\n"), "{said}");
    for cause in Cause::ALL.iter().filter(|cause| said_by_2048(**cause)) {
        assert!(said.contains(&format!("`{cause}`")), "{cause}: {said}");
    }
    assert!(said.contains("Next: ") && said.contains("flash-policy probe"), "{said}");
    assert_eq!(folder.stdout("explain Error 2048").1, said);
}

/// Whether the player reports this cause as #2048.
fn said_by_2048(cause: Cause) -> bool {
    use Cause::*;
    !matches!(
        cause,
        Connected | SandboxLocalWithFile | NetworkingDisabled | InvalidPort | NameNotFound
    )
}

/// Every id that a report can contain, as people read it.
fn ids() -> impl Iterator<Item = &'static str> {
    let events = PlayerEvent::OF_SOCKETS.iter().map(|(id, _)| *id);
    let mut ids: Vec<_> = events.collect();
    for more in [
        Cause::IDS,
        AnswerKind::IDS,
        Ended::IDS,
        Verdict::IDS,
        Role::IDS,
        Sandbox::IDS,
        Severity::IDS,
        CheckVerdict::IDS,
        CheckId::IDS,
        Status::IDS,
        NoteKind::IDS,
    ] {
        ids.extend(more);
    }
    ids.extend(["2003", "2010", "2031", "2044", "2146", "ioError", "timeout", "exit code 3"]);
    ids.extend([
        "peer closed",
        "not a policy",
        "exit 0",
        "exit 1",
        "exit 2",
        "exit 4",
        "exit 5",
        "70",
        "in-band",
        "to-ports",
        "843",
        "port 843",
        "NUL",
        "TLS",
    ]);
    // The words at the beginning of the lines of a diagnosis.
    ids.extend(["because", "advice", "note", "or", "ask", "asked", "swf", "connect", "granted"]);
    ids.extend(["decided", "player", "latency", "backend", "resolver", "fails", "suppressed"]);
    ids.into_iter()
}

#[test]
fn every_word_of_a_report_is_explained() {
    for id in ids().chain(rules::ALL.iter().map(|rule| rule.id())) {
        let output = Folder::new().run("explain").arg(id).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(0) && said.lines().count() > 2, "{id}: {said}");
    }
}

#[test]
fn every_kind_of_error_is_explained() {
    let schema = Folder::new().stdout("schema").1;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let kinds = &schema["$defs"]["ReportedError"]["properties"]["kind"]["enum"];
    assert!(!kinds.as_array().unwrap().is_empty());
    for kind in kinds.as_array().unwrap() {
        let call = format!("explain {}", kind.as_str().unwrap());
        assert_eq!(Folder::new().stdout(&call).0, 0, "{call}");
    }
}

#[test]
fn every_word_says_what_it_means_and_what_to_do_next() {
    let listed = Folder::new().json("explain");
    let known = ["rule", "cause", "check"];
    let is_word = |topic: &&serde_json::Value| !known.contains(&topic["kind"].as_str().unwrap());
    let words: Vec<_> = listed["topics"].as_array().unwrap().iter().filter(is_word).collect();
    assert!(words.len() > 50);
    for word in words {
        let folder = Folder::new();
        let mut command = folder.run("explain --format json");
        let explained = command.arg(word["id"].as_str().unwrap()).output().unwrap().stdout;
        let explained: serde_json::Value = serde_json::from_slice(&explained).unwrap();
        let topics = explained["topics"].as_array().unwrap().iter();
        let text = topics.filter(|topic| topic["kind"] == word["kind"]).map(|topic| &topic["text"]);
        let text: String = text.filter_map(|text| text.as_str()).collect();
        assert!(text.starts_with("Means: ") && text.contains("\nNext: "), "{word}: {text}");
    }
}

#[test]
fn a_word_with_several_meanings_has_them_all() {
    let said = Folder::new().stdout("explain local-with-file").1;
    assert!(said.contains("local-with-file (term)"), "{said}");
    let said = Folder::new().stdout("explain not-run").1;
    assert!(said.contains("check") && said.contains("kind of an error"), "{said}");
    let said = Folder::new().stdout("explain none").1;
    assert!(said.contains("answer") && said.contains("permitted-cross-domain-policies"), "{said}");
}

#[test]
fn no_rule_is_explained_with_a_placeholder() {
    for rule in rules::ALL {
        let said = Folder::new().stdout(&format!("explain {}", rule.id())).1;
        let first: String = said.lines().take(3).collect();
        assert!(!first.contains('{'), "{first}");
    }
    let said = Folder::new().stdout("explain D05").1;
    assert!(said.contains("domain=\"DOMAIN\" contains a scheme; use \"HOST\""), "{said}");
}

#[rstest]
#[case::a_number("2084", "2048")]
#[case::an_event("securityEror", "securityError")]
#[case::an_answer("not-a-polcy", "not-a-policy")]
#[case::an_end("deadlin", "deadline")]
#[case::a_check("spilt-in-two", "split-in-two")]
fn a_misspelt_word_gets_the_near_one(#[case] word: &str, #[case] near: &str) {
    let (exit, said) = Folder::new().stderr(&format!("explain {word}"));
    assert_eq!(exit, 2);
    assert!(said.contains(&format!("did you mean {near}?")), "{said}");
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
