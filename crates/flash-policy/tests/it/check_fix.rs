//! `flash-policy check --fix`: what a fix makes grant.

use rstest::rstest;

use crate::Folder;

#[rstest]
#[case::a_rule_for_sockets(
    "policy.xml",
    "<cross-domain-policy><allow-access-from domain='http://www.b.example' to-ports='80'/>\
     </cross-domain-policy>",
    "  revives: <allow-access-from domain=\"www.b.example\" to-ports=\"80\"/> now grants\n"
)]
#[case::a_rule_for_http(
    "crossdomain.xml",
    "<cross-domain-policy><allow-access-from domain='http://www.b.example'/></cross-domain-policy>",
    "  revives: <allow-access-from domain=\"www.b.example\"/> now grants\n"
)]
#[case::a_whole_document(
    "policy.xml",
    "\u{feff}\u{feff}<cross-domain-policy><allow-access-from domain='*.b.example' to-ports='80'/>\
     </cross-domain-policy>",
    "  revives: players accept the document now, and 1 rule grants\n"
)]
#[case::only_over_https(
    "policy.xml",
    "<cross-domain-policy><allow-access-from domain='https://www.b.example' to-ports='80'/>\
     </cross-domain-policy>",
    "  caution: add secure=\"true\" to the rule if only SWFs loaded over https may connect\n"
)]
fn a_fix_says_what_it_revives(#[case] name: &str, #[case] document: &str, #[case] says: &str) {
    let folder = Folder::new().put(name, document);
    let said = folder.stdout(&format!("check {name} --diff")).1;
    assert!(said.contains("would fix ") && said.contains(says), "{said}");
    let fixed = folder.json(&format!("check {name} --diff"))["fixes"]["fixed"].to_string();
    assert!(fixed.contains("\"revives\""), "{fixed}");
    let said = folder.stdout(&format!("check {name} --fix")).1;
    assert!(said.contains("fixed ") && said.contains(says), "{said}");
    assert!(!folder.stdout(&format!("check {name} --fix")).1.contains("fixed "));
}
