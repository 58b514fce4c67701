//! Input that is wrong, missing, huge or hostile: a clear error, the right exit code, never a
//! panic.

use rstest::rstest;

use crate::{Folder, GOOD};

const CALLS: [&str; 4] = [
    "check FILE",
    "eval FILE --swf http://www.example.com/game.swf --connect game.example.com:5000",
    "diff policy.xml FILE",
    "test FILE",
];

#[rstest]
#[case::no_subcommand("", "Usage: flash-policy")]
#[case::an_unknown_subcommand("chekc policy.xml", "'check'")]
#[case::an_unknown_flag(
    "check policy.xml --fial-on error",
    "a similar argument exists: '--fail-on'"
)]
#[case::no_file("check", "<FILE|DIR|->")]
#[case::an_unknown_format(
    "check policy.xml --format xml",
    "expected human, json, junit, sarif, github or tap"
)]
#[case::a_format_without_its_path(
    "check policy.xml --format json=",
    "no path behind the equals sign"
)]
#[case::two_formats_on_stdout(
    "check policy.xml --format json --format tap",
    "two formats would share stdout"
)]
#[case::an_unknown_rule(
    "check policy.xml --rule FSP-D99=off",
    "there is no rule `FSP-D99`; did you mean"
)]
#[case::a_rule_that_is_near_to_none(
    "check policy.xml --rule FSP-X=off",
    "flash-policy explain lists them"
)]
#[case::an_unknown_level("check policy.xml --rule FSP-D14=loud", "`loud` is not a severity")]
#[case::a_rule_without_a_level("check policy.xml --rule FSP-D14", "expected ID=LEVEL")]
#[case::a_bad_location("check policy.xml --served-from game", "`game` is not an endpoint")]
#[case::a_bad_kind("check policy.xml --kind http", "expected socket or url")]
#[case::fixing_standard_input("check - --fix", "standard input cannot be fixed")]
#[case::a_swf_without_a_scheme(
    "eval policy.xml --swf game.swf --connect a:1",
    "is not the URL of a SWF"
)]
#[case::an_unknown_sandbox("eval policy.xml --swf sandbox:trusted --connect a:1", "local-trusted")]
#[case::no_swf("eval policy.xml --connect a:1", "--swf")]
#[case::no_port(
    "eval policy.xml --swf http://a/ --connect a",
    "`a` is not a target; expected PORT or HOST:PORT, as in"
)]
#[case::a_port_with_a_sign(
    "eval policy.xml --swf http://a/ --connect a:+1",
    "`a:+1` is not a target"
)]
#[case::a_misspelt_sandbox(
    "eval policy.xml --swf sandbox:local-truste --connect a:1",
    "did you mean `local-trusted`?"
)]
#[case::a_misspelt_profile(
    "eval policy.xml --profile strickt --swf http://a/ --connect a:1",
    "did you mean `strict`?"
)]
#[case::a_master_of_nothing(
    "eval policy.xml --swf http://a/ --connect a:1 --master m.xml",
    "--served-from"
)]
#[case::no_place_of_two_policies(
    "diff policy.xml policy.xml --served-from game",
    "expected PORT or HOST:PORT"
)]
#[case::two_documents_on_standard_input(
    "eval - --master - --served-from a:2525 --swf http://a/ --connect a:1",
    "standard input cannot be both documents"
)]
#[case::a_bad_partition("test policy.toml --partition 3/2", "expected M/N with M from 1 to N")]
#[case::a_bad_color("check policy.xml --color red", "possible values: auto, always, never")]
#[case::an_unknown_shell("completions cmd", "bash")]
fn wrong_usage_ends_with_2_and_says_what_is_right(#[case] call: &str, #[case] said: &str) {
    let folder = Folder::with_policy(format!("\u{feff}{GOOD}"));
    let output = folder.run(call).write_stdin(format!("\u{feff}{GOOD}")).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(said), "{text}");
}

#[rstest]
fn a_missing_file_ends_with_3(#[values(0, 1, 2, 3)] call: usize) {
    let folder = Folder::with_policy(GOOD);
    let (exit, said) = folder.stderr(&CALLS[call].replace("FILE", "missing.xml"));
    assert_eq!(exit, 3);
    assert!(
        said.contains("missing.xml")
            && (said.contains("No such file") || said.contains("no such file")),
        "{said}"
    );
}

#[rstest]
fn a_folder_where_a_file_is_expected_ends_with_3(#[values(1, 2)] call: usize) {
    let folder = Folder::with_policy(GOOD);
    std::fs::create_dir(folder.path("folder")).unwrap();
    let (exit, said) = folder.stderr(&CALLS[call].replace("FILE", "folder"));
    assert_eq!(exit, 3);
    assert!(said.contains("it is a directory") && said.contains(" --> folder\n"), "{said}");
}

#[rstest]
fn a_folder_with_nothing_in_it_ends_with_5(#[values(0, 3)] call: usize) {
    let folder = Folder::with_policy(GOOD);
    std::fs::create_dir(folder.path("folder")).unwrap();
    let (exit, said) = folder.stderr(&CALLS[call].replace("FILE", "folder"));
    assert_eq!(exit, 5, "{said}");
}

#[cfg(unix)]
#[rstest]
fn an_unreadable_file_ends_with_3(#[values(0, 1, 2, 3)] call: usize) {
    // A link to itself cannot be read by anybody, root included.
    let folder = Folder::with_policy(GOOD);
    std::os::unix::fs::symlink("loop.xml", folder.path("loop.xml")).unwrap();
    let (exit, said) = folder.stderr(&CALLS[call].replace("FILE", "loop.xml"));
    assert_eq!(exit, 3);
    assert!(said.contains("loop.xml"), "{said}");
}

/// Documents that no player reads, each with the rule that says why.
#[rstest]
#[case::empty(b"".to_vec(), "FSP-L11")]
#[case::blank(b" \n\t".to_vec(), "FSP-L11")]
#[case::no_utf8(b"<cross-domain-policy>\xff</cross-domain-policy>".to_vec(), "FSP-L10")]
#[case::utf_16(b"\xff\xfe<\0c\0".to_vec(), "FSP-D18")]
#[case::of_64_kib(oversized(64 * 1024), "FSP-L09")]
#[case::of_64_mib(oversized(64 * 1024 * 1024), "FSP-L09")]
#[case::of_nested_elements("<a>".repeat(20_000).into_bytes(), "FSP-D23")]
#[case::an_entity_bomb(b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b \
    '&a;&a;'>]><cross-domain-policy>&b;</cross-domain-policy>".to_vec(), "FSP-D28")]
#[case::a_binary((0..=255).cycle().take(5000).collect(), "FSP-L11")]
fn a_document_that_no_player_reads_is_a_finding_to_check_and_a_denial_to_eval(
    #[case] bytes: Vec<u8>,
    #[case] rule: &str,
) {
    let folder = Folder::with_policy(GOOD).put("bad.xml", bytes);
    let report = folder.json("check bad.xml");
    let found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert!(found.contains(&rule), "{found:?}");
    assert_eq!(folder.stdout("check bad.xml").0, 1);
    let call = CALLS[1].replace("FILE", "bad.xml");
    let report = folder.json(&call);
    assert_eq!(report["cases"][0]["got"]["outcome"], "denied", "{report}");
    assert_eq!(folder.stdout(&call).0, 1);
    assert_eq!(folder.stderr("diff policy.xml bad.xml").0, 3);
}

fn oversized(bytes: usize) -> Vec<u8> {
    let mut document =
        GOOD.replace("</cross", &format!("<!--{}--></cross", "x".repeat(bytes))).into_bytes();
    document.truncate(bytes.max(GOOD.len() + 64 * 1024));
    document
}

#[rstest]
#[case::empty(b"".to_vec(), "`version` is missing")]
#[case::no_utf8(b"version = 1\n# \xff".to_vec(), "this byte is no UTF-8")]
#[case::nul(b"version = 1\n\0".to_vec(), "")]
#[case::of_64_mib(vec![b'#'; 64 * 1024 * 1024], "1 MiB")]
#[case::no_case(b"version = 1".to_vec(), "there is nothing to test")]
fn a_scenario_file_that_is_wrong_is_an_error(#[case] bytes: Vec<u8>, #[case] message: &str) {
    let folder = Folder::new().put("bad.toml", bytes);
    let (exit, said) = folder.stderr("test bad.toml");
    assert_eq!(exit, if message.contains("nothing") { 5 } else { 3 }, "{said}");
    assert!(said.contains(message) && said.contains("bad.toml"), "{said}");
}

#[test]
fn every_scenario_file_that_is_wrong_is_named() {
    let folder =
        Folder::new().put("s/a.toml", "version = 2").put("s/b.toml", "versoin = 1\ncase = []");
    let (exit, said) = folder.stderr("test s missing.toml");
    assert_eq!(exit, 3);
    for name in ["s/a.toml:1:11", "s/b.toml:1:1", "missing.toml", "did you mean `version`?"] {
        assert!(said.contains(name), "{name}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_ends_with_4_and_a_closed_one_is_no_error() {
    let folder = Folder::with_policy(GOOD);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = std::process::Command::new(assert_cmd::cargo::cargo_bin("flash-policy"))
        .current_dir(folder.path("."))
        .args(["check", "policy.xml"])
        .stdout(full)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(4));

    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("flash-policy"))
        .args(["explain"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
