//! `flash-policy.toml`.

use rstest::rstest;

use crate::Folder;

const OPEN: &str = "<cross-domain-policy>\n  <allow-access-from domain=\"*\" \
    to-ports=\"*\"/>\n</cross-domain-policy>\n";

fn found(folder: &Folder, arguments: &str) -> Vec<String> {
    let report = folder.json(arguments);
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|one| format!("{} {}", one["file"].as_str().unwrap(), one["rule"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_suppression_with_a_reason_counts_for_its_file_or_folder() {
    let folder = Folder::new()
        .put("old/one.xml", OPEN)
        .put("old/two.xml", OPEN)
        .put("new/one.xml", OPEN)
        .put(
            "flash-policy.toml",
            "[[suppress]]\nrule = 'FSP-D14'\npath = 'old'\nreason = 'public arcade'\n",
        );
    assert_eq!(found(&folder, "check old new"), ["new/one.xml FSP-D14"]);
    let report = folder.json("check old new");
    assert_eq!(report["suppressed"][0]["reason"], "public arcade");
    assert_eq!(report["suppressed"][0]["file"], "old/one.xml");
}

#[test]
fn levels_kind_and_place_of_a_document_are_settings() {
    let settings = "[rules]\nFSP-S05 = 'error'\n\n[[policy]]\npath = 'inband.xml'\nkind = \
        'socket'\nserved-from = 'game.b.example:5000'\n";
    let document = "<cross-domain-policy><site-control \
        permitted-cross-domain-policies='all'/>\
        <allow-access-from domain='*.b.example' to-ports='5000'/></cross-domain-policy>";
    let folder = Folder::new().put("inband.xml", document).put("flash-policy.toml", settings);
    let report = folder.json("check inband.xml");
    let found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["rule"], one["severity"]))
        .collect();
    assert_eq!(found, [r#""FSP-S05" "error""#]);
}

#[test]
fn the_command_line_is_above_the_settings() {
    let folder = Folder::with_policy(OPEN).put("flash-policy.toml", "[rules]\nFSP-D14 = 'error'\n");
    assert_eq!(folder.stdout("check policy.xml").0, 1);
    assert_eq!(folder.stdout("check policy.xml --rule FSP-D14=info").0, 0);
}

#[test]
fn the_settings_are_looked_for_upwards_to_the_root_of_the_repository() {
    let folder = Folder::new()
        .put("flash-policy.toml", "[rules]\nFSP-D14 = 'error'\n")
        .put("a/b/policy.xml", OPEN);
    let mut below = folder.run("check policy.xml");
    below.current_dir(folder.path("a/b")).assert().code(1);
    std::fs::create_dir(folder.path("a/.git")).unwrap();
    let mut below = folder.run("check policy.xml");
    below.current_dir(folder.path("a/b")).assert().code(0);
    let mut named = folder.run("check policy.xml --config ../../flash-policy.toml");
    named.current_dir(folder.path("a/b")).assert().code(1);
}

#[rstest]
#[case::a_misspelt_key(
    "[[supress]]\nrule = 'FSP-D14'",
    "unknown key `supress`",
    "1:3",
    "did you mean `suppress`?"
)]
#[case::no_reason("[[suppress]]\nrule = 'FSP-D14'", "`reason` is missing", "1:1", "add it")]
#[case::an_empty_reason(
    "[[suppress]]\nrule = 'FSP-D14'\nreason = ' '",
    "the reason is empty",
    "3:10",
    "say why"
)]
#[case::an_unknown_rule(
    "[rules]\nFSP-D99 = 'info'",
    "there is no rule `FSP-D99`; did you mean FSP-D",
    "2:1",
    ""
)]
#[case::turned_off(
    "[rules]\nFSP-D14 = 'off'",
    "a rule is not turned off here",
    "2:11",
    "write a [[suppress]] with a reason"
)]
#[case::an_unknown_level(
    "[rules]\nFSP-D14 = 'loud'",
    "`loud` is not a severity",
    "2:11",
    "write error, warning or info"
)]
#[case::a_bad_endpoint(
    "[[policy]]\npath = 'policy.xml'\nserved-from = 'b'",
    "`b` is not an endpoint",
    "3:15",
    ""
)]
#[case::a_bad_kind(
    "[[policy]]\npath = 'policy.xml'\nkind = 'b'",
    "expected socket or url",
    "3:8",
    ""
)]
#[case::a_path_to_nothing(
    "[[suppress]]\nrule = 'FSP-D14'\nreason = 'x'\npath = 'old/*.xml'",
    "there is no old/*.xml",
    "4:8",
    "name a file or a folder"
)]
#[case::not_toml("[rules", "", "1:7", "")]
fn a_mistake_in_the_settings_is_shown_at_its_place(
    #[case] settings: &str,
    #[case] message: &str,
    #[case] place: &str,
    #[case] help: &str,
) {
    let folder = Folder::with_policy(OPEN).put("flash-policy.toml", settings);
    let (exit, said) = folder.stderr("check policy.xml --config flash-policy.toml");
    assert_eq!(exit, 3, "{said}");
    assert!(said.contains(message) && said.contains(help), "{said}");
    assert!(said.contains(&format!(" --> flash-policy.toml:{place}\n")), "{said}");
}

#[test]
fn the_nearest_settings_of_a_document_count_and_the_command_line_above_them() {
    let ports = "<cross-domain-policy><allow-access-from domain='a.b.example' \
        to-ports='80'/></cross-domain-policy>";
    let settings =
        "[[policy]]\npath = '.'\nkind = 'url'\n\n[[policy]]\npath = 'deploy'\nkind = 'socket'\n";
    let folder = Folder::with_policy(ports)
        .put("deploy/policy.xml", ports)
        .put("flash-policy.toml", settings);
    assert_eq!(found(&folder, "check deploy"), [""; 0]);
    assert_eq!(found(&folder, "check policy.xml"), ["policy.xml FSP-D29"]);
    assert_eq!(
        found(&folder, "check policy.xml --served-from g.b.example:5000"),
        ["policy.xml FSP-S01"]
    );
}

#[cfg(unix)]
#[rstest]
#[case::a_link_that_leads_nowhere("ln -s nowhere", "the link leads to nowhere, which cannot be")]
#[case::a_link_to_itself("ln -s flash-policy.toml", "the link leads back to itself")]
#[case::a_folder("mkdir", "it is a directory")]
#[case::a_pipe("mkfifo", "it is not a file")]
fn settings_that_are_no_file_are_an_error(#[case] make: &str, #[case] said: &str) {
    let folder = Folder::new().put("open.xml", OPEN);
    let mut words = make.split(' ');
    let mut command = std::process::Command::new(words.next().unwrap());
    let command = command.args(words).arg("flash-policy.toml").current_dir(folder.path("."));
    assert!(command.status().unwrap().success());
    let (exit, text) = folder.stderr("check open.xml");
    assert_eq!(exit, 3);
    assert!(text.contains(said), "{text}");
}

#[test]
fn a_policy_of_port_0_is_an_error() {
    let settings = "[[policy]]\npath = 'open.xml'\nserved-from = 'game.b.example:0'\n";
    let folder = Folder::new().put("open.xml", OPEN).put("flash-policy.toml", settings);
    let (exit, text) = folder.stderr("check open.xml");
    assert_eq!(exit, 3);
    assert!(text.contains("no server can listen on port 0"), "{text}");
}

#[test]
fn a_place_for_sockets_and_the_kind_url_contradict_each_other() {
    let folder = Folder::new().put("open.xml", OPEN);
    let (exit, text) = folder.stderr("check open.xml --kind url --served-from h:5000");
    assert_eq!(exit, 2);
    assert!(text.contains("it does not go with --kind url"), "{text}");
}
