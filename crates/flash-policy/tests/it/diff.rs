//! `flash-policy diff`.

use rstest::rstest;

use crate::{Folder, GOOD};

fn folder(new: &str) -> Folder {
    Folder::new().put("old.xml", GOOD).put("new.xml", new)
}

#[test]
fn another_text_of_the_same_meaning_is_no_change() {
    let folder = folder(
        "<cross-domain-policy><!-- ours --><allow-access-from to-ports='5000-5000' \
            domain='*.EXAMPLE.com'/></cross-domain-policy>",
    );
    assert_eq!(folder.stdout("diff old.xml new.xml"), (0, "no change in meaning\n".to_owned()));
}

#[test]
fn what_is_newly_permitted_fails_and_has_a_witness() {
    let folder = folder(&GOOD.replace("\"5000\"", "\"5000,6000\""));
    let expected = "\
newly permitted: *.example.com may connect to 6000, for example http://www.example.com/game.swf to \
port 6000
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
    assert_eq!(
        (&change["origins"][0], &change["except"][0]),
        (&"*.example.com".into(), &"www.example.com".into())
    );
    assert_eq!(change["witness"]["port"], 5000);
}

/// Whether each direction fails, for a new policy that opens 6000 and closes 5000.
#[rstest]
#[case::by_default("", 1, [true, false])]
#[case::narrowing_too("--fail-on-narrowing", 1, [true, true])]
#[case::narrowing_alone("--fail-on-narrowing --allow-widening", 1, [false, true])]
#[case::neither("--allow-widening", 0, [false, false])]
fn each_direction_fails_as_it_is_told(
    #[case] options: &str,
    #[case] exit: i32,
    #[case] fails: [bool; 2],
) {
    let folder = folder(&GOOD.replace(
        "<allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/>",
        "<allow-access-from domain=\"*.example.com\" to-ports=\"6000\"/>",
    ));
    let call = format!("diff old.xml new.xml {options}");
    let report = folder.json(&call);
    for (direction, fails) in ["newly-permitted", "newly-denied"].into_iter().zip(fails) {
        let changes = report["changes"].as_array().unwrap().iter();
        let of_direction = changes.filter(|change| change["direction"] == direction);
        assert!(of_direction.clone().count() > 0, "{report}");
        assert!(of_direction.clone().all(|change| change["fails"] == fails), "{report}");
    }
    let (ended, said) = folder.stdout(&call);
    assert_eq!(ended, exit);
    assert_eq!(said.contains("--allow-widening accepts that"), fails[0], "{said}");
    assert_eq!(said.contains("which --fail-on-narrowing refuses"), fails[1], "{said}");
    let failing = usize::from(fails[0]) + usize::from(fails[1]);
    for (format, mark) in [("github", "::error "), ("junit", "<failure "), ("tap", "not ok ")] {
        let (_, said) = folder.stdout(&format!("{call} --format {format}"));
        assert_eq!(said.matches(mark).count(), failing, "{said}");
    }
    let (_, sarif) = folder.stdout(&format!("{call} --format sarif"));
    assert!(sarif.contains("\"ruleId\": \"newly-denied\""), "{sarif}");
    assert_eq!(sarif.contains("\"level\": \"error\""), failing > 0, "{sarif}");
}

#[test]
fn a_stricter_meta_policy_is_a_narrowing() {
    let strict = GOOD.replace(
        "  <allow",
        "  <site-control permitted-cross-domain-policies=\"master-only\"/>\n  <allow",
    );
    assert_eq!(folder(&strict).stdout("diff old.xml new.xml --fail-on-narrowing").0, 1);
}

#[test]
fn where_both_are_served_matters() {
    let low = GOOD.replace("\"5000\"", "\"5000,80\"");
    let folder = folder(&low);
    assert_eq!(folder.stdout("diff old.xml new.xml").0, 1);
    for place in ["2525", "game.example.com:2525", "[::1]:2525"] {
        let said = folder.stdout(&format!("diff old.xml new.xml --served-from {place}"));
        assert_eq!(said, (0, "no change in meaning\n".to_owned()));
    }
    assert_eq!(folder.stdout("diff old.xml new.xml --served-from game.example.com:843").0, 1);
}

#[test]
fn a_laxer_meta_policy_permits_more() {
    let strict = GOOD.replace(
        "  <allow",
        "  <site-control permitted-cross-domain-policies=\"master-only\"/>\n  <allow",
    );
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
    "<cross-domain-policy><allow-http-request-headers-from domain='*' \
        headers='*'/></cross-domain-policy>",
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
    folder
        .run("diff - new.xml")
        .write_stdin(GOOD)
        .assert()
        .code(0)
        .stdout("no change in meaning\n");
    assert_eq!(folder.stderr("diff - -").0, 2);
}

/// Read as socket policies, rules without ports grant nothing: "no change" would be a lie about
/// what they are for.
#[rstest]
#[case::both_have_rules("<allow-access-from domain='a.com'/>", "<allow-access-from domain='*'/>")]
#[case::the_new_one_has_rules("", "<allow-access-from domain='*'/>")]
#[case::the_old_one_has_rules("<allow-access-from domain='*'/>", "")]
fn two_policies_that_name_no_ports_cannot_be_compared(#[case] old: &str, #[case] new: &str) {
    let policy = |rules: &str| format!("<cross-domain-policy>{rules}</cross-domain-policy>");
    let folder = Folder::new().put("old.xml", policy(old)).put("new.xml", policy(new));
    let (exit, said) = folder.stderr("diff old.xml new.xml");
    assert_eq!(exit, 3, "{said}");
    assert!(said.contains("neither old.xml nor new.xml has a rule with to-ports"), "{said}");
    assert!(said.contains("give the rules to-ports"), "{said}");
}

#[rstest]
#[case::the_ports_went("<allow-access-from domain='*.example.com'/>", "newly denied")]
#[case::the_rules_went("", "newly denied")]
fn a_policy_that_names_ports_is_compared_with_one_that_does_not(
    #[case] new: &str,
    #[case] said: &str,
) {
    let folder = folder(&format!("<cross-domain-policy>{new}</cross-domain-policy>"));
    let (exit, text) = folder.stdout("diff old.xml new.xml");
    assert_eq!((exit, text.starts_with(said)), (0, true), "{text}");
    let (exit, text) = folder.stdout("diff new.xml old.xml");
    assert_eq!((exit, text.starts_with("newly permitted")), (1, true), "{text}");
}

#[test]
fn two_policies_without_a_rule_are_alike() {
    let folder = Folder::new()
        .put("a.xml", "<cross-domain-policy/>")
        .put("b.xml", "<cross-domain-policy />");
    assert_eq!(folder.stdout("diff a.xml b.xml"), (0, "no change in meaning\n".to_owned()));
}

/// Two newly permitted, of which one over https alone, one newly denied, and a laxer meta-policy.
fn several() -> Folder {
    let old = "<cross-domain-policy>
  <site-control permitted-cross-domain-policies=\"master-only\"/>
  <allow-access-from domain=\"old.example.com\" to-ports=\"5000\"/>
</cross-domain-policy>";
    let new = "<cross-domain-policy>
  <site-control permitted-cross-domain-policies=\"all\"/>
  <allow-access-from domain=\"a.example.com\" to-ports=\"6000\"/>
  <allow-access-from domain=\"a.example.com\" to-ports=\"5000\"/>
  <allow-access-from domain=\"b.example.com\" to-ports=\"5000\" secure=\"true\"/>
</cross-domain-policy>";
    Folder::new().put("old.xml", old).put("new.xml", new)
}

#[test]
fn each_change_has_a_name_of_its_own_and_the_line_that_makes_it() {
    let (exit, text) = several().stdout("diff old.xml new.xml --format junit");
    assert_eq!(exit, 1);
    let document = roxmltree::Document::parse(&text).unwrap();
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let names: Vec<_> = cases.map(|case| case.attribute("name").unwrap()).collect();
    let expected = [
        "newly permitted: a.example.com may connect to 5000,6000",
        "newly permitted over https: b.example.com may connect to 5000",
        "newly denied: old.example.com may no longer connect to 5000",
        "widened: other policy files of the host count now, the meta-policy was master-only and is \
            all",
    ];
    assert_eq!(names, expected);
    let (_, text) = several().stdout("diff old.xml new.xml --format github");
    let places: Vec<_> = text.lines().map(|line| line.split(",title=").next().unwrap()).collect();
    let at = |line: &str| format!("::error file=new.xml{line}");
    assert_eq!(
        places,
        [
            at(",line=4,col=3"),
            at(",line=5,col=3"),
            "::notice file=new.xml".to_owned(),
            at(",line=2,col=3")
        ]
    );
    let (_, text) = several().stdout("diff old.xml new.xml --format sarif");
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
    let said = "newly permitted: a.example.com may connect to 5000,6000, for example \
        http://a.example.com/game.swf to port 5000";
    assert_eq!(
        (&result["ruleId"], &result["message"]["text"]),
        (&"newly-permitted".into(), &said.into())
    );
}
