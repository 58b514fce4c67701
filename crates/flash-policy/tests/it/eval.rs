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

#[rstest]
#[case::port_0(
    "to-ports='5000'",
    "http://www.example.com/",
    "--connect h:0",
    "let the SWF connect to a port from 1 to 65535: port 0 cannot be listed in to-ports, and no \
        server can listen on it (FSP-D02)"
)]
#[case::port_0_without_to_ports(
    "",
    "http://www.example.com/",
    "--connect h:0",
    "let the SWF connect to a port from 1 to 65535: port 0 cannot be listed in to-ports, and no \
        server can listen on it (FSP-D01)"
)]
#[case::port_0_of_a_stranger(
    "to-ports='5000'",
    "http://evil.example/",
    "--connect h:0",
    "let the SWF connect to a port from 1 to 65535: port 0 cannot be listed in to-ports, and no \
        server can listen on it (FSP-L28)"
)]
#[case::a_low_port_from_a_high_one(
    "to-ports='5000'",
    "http://www.example.com/",
    "--connect h:80 --served-from h:5000",
    "add 80 to the to-ports of that rule in the policy of h:5000; also serve the policy from a \
        port below 1024, such as 843: one from h:5000 cannot grant port 80 (FSP-D02)"
)]
#[case::over_http(
    "to-ports='5000' secure='true'",
    "http://www.example.com/",
    "--connect h:6000",
    "add 6000 to the to-ports of that rule in the policy of h:843; also serve the SWF over https, \
        or take secure=\"true\" out of that rule of h:843 (FSP-D02)"
)]
#[case::without_to_ports_over_http(
    "secure='true'",
    "http://www.example.com/",
    "--connect h:6000",
    "add to-ports=\"6000\" to that rule of h:843; also serve the SWF over https, or take \
        secure=\"true\" out of that rule of h:843 (FSP-D01)"
)]
#[case::over_https(
    "to-ports='5000' secure='true'",
    "https://www.example.com/",
    "--connect h:6000",
    "add 6000 to the to-ports of that rule in the policy of h:843 (FSP-D02)"
)]
fn the_advice_says_everything_that_the_rule_needs(
    #[case] attributes: &str,
    #[case] swf: &str,
    #[case] options: &str,
    #[case] advice: &str,
) {
    let folder = Folder::with_policy(format!(
        "<cross-domain-policy><allow-access-from domain='www.example.com' {attributes}/>\
         </cross-domain-policy>"
    ));
    let (exit, said) = folder.stdout(&format!("eval policy.xml --swf {swf} {options}"));
    assert_eq!(exit, 1);
    assert!(said.contains(&format!("  advice   {advice}\n")), "{said}");
}

#[rstest]
#[case::quotation_marks("http://a\"><b.com/", "its host has a character that is in no host name")]
#[case::a_wildcard("http://*/", "its host has a character that is in no host name")]
#[case::a_reference("http://a&b.com/", "its host has a character that is in no host name")]
#[case::a_file("file:///game.swf", "give sandbox:local-trusted, sandbox:local-with-networking")]
#[case::a_file_in_other_letters("FILE:///game.swf", "give sandbox:local-trusted")]
fn a_swf_that_cannot_be_is_wrong_usage(#[case] swf: &str, #[case] said: &str) {
    let folder = Folder::with_policy(GOOD);
    let (exit, text) = folder.stderr(&format!("eval policy.xml --swf {swf} --connect h:5000"));
    assert_eq!(exit, 2);
    assert!(text.contains(said), "{text}");
}
