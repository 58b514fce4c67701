//! `flash-policy eval`.

use rstest::rstest;

use crate::{Folder, GOOD};

const SWF: &str = "--swf http://www.example.com/game.swf";

#[test]
fn a_permitted_connection_ends_with_0() {
    let folder = Folder::with_policy(GOOD);
    let (exit, said) =
        folder.stdout(&format!("eval policy.xml {SWF} --connect game.example.com:5000"));
    assert_eq!(exit, 0);
    assert!(said.starts_with("the connection is permitted: connected\n"), "{said}");
    assert!(said.contains("info: granted by this element\n --> policy.xml:3:3\n"), "{said}");
}

#[rstest]
#[case::domain(
    "--swf http://evil.example/game.swf --connect game.example.com:5000",
    "domain-not-listed"
)]
#[case::port(
    "--swf http://www.example.com/game.swf --connect game.example.com:6000",
    "port-not-listed"
)]
#[case::the_ide(
    "--swf sandbox:local-with-file --connect game.example.com:6000",
    "sandbox-local-with-file"
)]
#[case::no_port(
    "--swf http://www.example.com/game.swf --connect game.example.com:65536",
    "invalid-port"
)]
#[case::another_host(
    "--served-from other.example.com:843 --swf http://www.example.com/game.swf --connect \
        game.example.com:5000",
    "no-policy"
)]
fn a_denied_one_ends_with_1_and_its_cause(#[case] options: &str, #[case] cause: &str) {
    let folder = Folder::with_policy(GOOD);
    let report = folder.json(&format!("eval policy.xml {options}"));
    assert_eq!(report["cases"][0]["got"]["cause"], cause);
    assert_eq!(folder.stdout(&format!("eval policy.xml {options}")).0, 1);
}

#[test]
fn several_requesters_and_targets_make_a_table() {
    let folder = Folder::with_policy(GOOD);
    let swfs = "--swf http://www.example.com/game.swf --swf http://evil.example/game.swf --swf \
        sandbox:local-trusted";
    let targets = "--connect game.example.com:5000 --connect game.example.com:6000";
    let expected = "\
swf                              game.example.com:5000  game.example.com:6000
http://www.example.com/game.swf  permitted              port-not-listed
http://evil.example/game.swf     domain-not-listed      domain-not-listed
sandbox:local-trusted            permitted              permitted

3 of 6 permitted
";
    assert_eq!(
        folder.stdout(&format!("eval policy.xml {swfs} {targets}")),
        (1, expected.to_owned())
    );
}

#[rstest]
#[case::in_band("--served-from game.example.com:5000", "permitted", "game.example.com:5000")]
#[case::explicit("--served-from game.example.com:2525", "permitted", "game.example.com:2525")]
#[case::the_master_itself(
    "--served-from game.example.com:843",
    "permitted",
    "game.example.com:843"
)]
fn a_document_may_be_served_elsewhere(
    #[case] options: &str,
    #[case] outcome: &str,
    #[case] granted_by: &str,
) {
    let folder = Folder::with_policy(GOOD);
    let report =
        folder.json(&format!("eval policy.xml {SWF} --connect game.example.com:5000 {options}"));
    let got = &report["cases"][0]["got"];
    assert_eq!((&got["outcome"], &got["granted_by"]), (&outcome.into(), &granted_by.into()));
}

#[test]
fn a_master_may_forbid_it() {
    let master = "<cross-domain-policy><site-control \
        permitted-cross-domain-policies='master-only'/></cross-domain-policy>";
    let folder = Folder::with_policy(GOOD).put("master.xml", master);
    let options =
        "--connect game.example.com:5000 --served-from game.example.com:5000 --master master.xml";
    let (exit, said) = folder.stdout(&format!("eval policy.xml {SWF} {options}"));
    assert_eq!(exit, 1);
    assert!(
        said.contains("is denied: master-only") && said.contains(" --> master.xml:1:22\n"),
        "{said}"
    );
}

#[test]
fn a_master_beside_a_document_on_843_is_wrong_usage() {
    let folder = Folder::with_policy(GOOD);
    let options =
        "--connect game.example.com:5000 --served-from game.example.com:843 --master policy.xml";
    assert_eq!(folder.stderr(&format!("eval policy.xml {SWF} {options}")).0, 2);
}

#[test]
fn the_profile_is_chosen() {
    let folder = Folder::with_policy(format!("\u{feff}{GOOD}"));
    let call = format!("eval policy.xml {SWF} --connect game.example.com:5000");
    assert_eq!(folder.stdout(&call).0, 0);
    let report = folder.json(&format!("{call} --profile strict"));
    assert_eq!(report["cases"][0]["got"]["outcome"], "denied", "{report}");
}

#[test]
fn the_help_says_what_is_supposed_of_the_swf() {
    let (exit, said) = Folder::new().stdout("eval --help");
    assert_eq!(exit, 0);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("it is assumed that the SWF calls Security.loadPolicyFile"), "{said}");
}
