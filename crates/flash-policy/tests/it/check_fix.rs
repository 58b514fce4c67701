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

const WRONG: &str = "<cross-domain-policy><allow-access-from domain='http://www.b.example' \
    to-ports='80'/></cross-domain-policy>";

#[cfg(unix)]
#[test]
fn a_fix_writes_through_a_link_only_within_the_folder() {
    let folder = Folder::new().put("policy.xml", WRONG).put("inside/real.xml", WRONG);
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, folder.path(at)).unwrap();
    link("../policy.xml", "inside/out.xml");
    let (exit, _, said) = folder.output("check --fix inside");
    assert!(said.contains("it is not fixed: a link leads out of the folder, to "), "{said}");
    assert!(said.contains(" --> inside/out.xml\n"), "{said}");
    assert_eq!((exit, folder.read("policy.xml").as_str()), (4, WRONG));
    std::fs::remove_file(folder.path("inside/out.xml")).unwrap();
    link("real.xml", "inside/link.xml");
    assert_eq!(folder.run("check --fix inside").output().unwrap().status.code(), Some(0));
    assert!(folder.read("inside/real.xml").contains("'www.b.example'"));
    link("policy.xml", "named.xml");
    assert_eq!(folder.run("check --fix named.xml").output().unwrap().status.code(), Some(0));
    assert!(folder.read("policy.xml").contains("'www.b.example'"));
}

#[cfg(unix)]
#[test]
fn a_fix_leaves_a_file_with_two_names_alone_and_says_so() {
    let folder = Folder::with_policy(WRONG);
    std::fs::hard_link(folder.path("policy.xml"), folder.path("other.xml")).unwrap();
    let (exit, _, said) = folder.output("check --fix policy.xml");
    assert!(said.contains("it has another name (a hard link)"), "{said}");
    assert_eq!((exit, folder.read("policy.xml").as_str()), (4, WRONG));
    assert_eq!(folder.read("other.xml"), WRONG);
}
