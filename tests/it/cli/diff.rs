//! `flash-policy diff`.

use rstest::rstest;

use super::{Folder, GOOD};

fn folder(new: &str) -> Folder {
    Folder::new().put("old.xml", GOOD).put("new.xml", new)
}

#[test]
fn another_text_of_the_same_meaning_is_no_change() {
    let folder = folder(
        "<cross-domain-policy><!-- ours --><allow-access-from to-ports='5000-5000' domain='*.EXAMPLE.com'/></cross-domain-policy>",
    );
    assert_eq!(folder.stdout("diff old.xml new.xml"), (0, "no change in meaning\n".to_owned()));
}

#[test]
fn what_is_newly_permitted_fails_and_has_a_witness() {
    let folder = folder(&GOOD.replace("\"5000\"", "\"5000,6000\""));
    let expected = "\
newly permitted: *.example.com may connect to 6000, for example http://www.example.com/game.swf to port 6000
the new policy permits more than the old one; --allow-widening accepts that
";
    assert_eq!(folder.stdout("diff old.xml new.xml"), (1, expected.to_owned()));
    assert_eq!(folder.stdout("diff old.xml new.xml --allow-widening").0, 0);
}

#[test]
fn what_is_newly_denied_does_not_fail() {
    let folder = folder(&GOOD.replace("*.example", "www.example"));
    let (exit, said) = folder.stdout("diff old.xml new.xml");
    assert!(said.starts_with("newly denied: *.example.com"), "{said}");
    assert_eq!(exit, 0);
    let report = folder.json("diff old.xml new.xml");
    assert_eq!(report["summary"], serde_json::json!({"newly_permitted": 0, "newly_denied": 1}));
    let change = &report["changes"][0];
    assert_eq!(
        (&change["direction"], &change["ports"], &change["scheme"]),
        (&"newly-denied".into(), &"5000".into(), &"any".into())
    );
    assert_eq!((&change["origins"][0], &change["except"][0]), (&"*.example.com".into(), &"www.example.com".into()));
    assert_eq!(change["witness"]["port"], 5000);
}

#[test]
fn where_both_are_served_matters() {
    let low = GOOD.replace("\"5000\"", "\"5000,80\"");
    let folder = folder(&low);
    assert_eq!(folder.stdout("diff old.xml new.xml").0, 1);
    assert_eq!(folder.stdout("diff old.xml new.xml --served-from 2525"), (0, "no change in meaning\n".to_owned()));
}

#[test]
fn a_laxer_meta_policy_permits_more() {
    let strict =
        GOOD.replace("  <allow", "  <site-control permitted-cross-domain-policies=\"master-only\"/>\n  <allow");
    let folder = folder(&strict);
    let (exit, said) = folder.stdout("diff old.xml new.xml");
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = folder.stdout("diff new.xml old.xml");
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("master-only") && said.contains("all"), "{said}");
}

#[rstest]
#[case::malformed("<cross-domain-policy>", "FSP-D21")]
#[case::for_http(
    "<cross-domain-policy><allow-http-request-headers-from domain='*' headers='*'/></cross-domain-policy>",
    "diff compares socket policies"
)]
fn what_has_no_meaning_cannot_be_compared(#[case] new: &str, #[case] said: &str) {
    let (exit, text) = folder(new).stderr("diff old.xml new.xml");
    assert_eq!(exit, 3);
    assert!(text.contains(said), "{text}");
}

#[test]
fn one_of_both_may_be_standard_input() {
    let folder = folder(GOOD);
    folder.run("diff - new.xml").write_stdin(GOOD).assert().code(0).stdout("no change in meaning\n");
    assert_eq!(folder.stderr("diff - -").0, 2);
}
