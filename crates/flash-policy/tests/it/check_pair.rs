//! `flash-policy check --master`: a master policy and an in-band policy of one host.

use rstest::rstest;

use crate::Folder;

const IN_BAND: &str = "<cross-domain-policy>\n<allow-access-from \
    domain=\"*.partner.example\" to-ports=\"5000\"/>\n</cross-domain-policy>\n";

fn folder(master: &str) -> Folder {
    Folder::new()
        .put("master.xml", format!("<cross-domain-policy>\n{master}\n</cross-domain-policy>\n"))
        .put("in-band.xml", IN_BAND)
}

const CALL: &str = "check in-band.xml --served-from game.example.com:5000 --master master.xml";

const MASTER_ONLY: &str = "<site-control permitted-cross-domain-policies=\"master-only\"/>\n\
    <allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/>";

#[rstest]
#[case::master_only(MASTER_ONLY, "FSP-S02", 1)]
#[case::none("<site-control permitted-cross-domain-policies=\"none\"/>", "FSP-S03", 1)]
#[case::all(
    "<site-control permitted-cross-domain-policies=\"all\"/>\n\
     <allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/>",
    "",
    0
)]
fn the_master_may_keep_players_from_the_in_band_policy(
    #[case] master: &str,
    #[case] rule: &str,
    #[case] exit: i64,
) {
    let report = folder(master).json(CALL);
    let findings = report["findings"].as_array().unwrap();
    let of_in_band = findings.iter().filter(|one| one["file"] == "in-band.xml");
    let errors = of_in_band.filter(|one| one["severity"] == "error");
    let rules: Vec<_> = errors.map(|one| one["rule"].as_str().unwrap()).collect();
    assert_eq!(rules.join(" "), rule, "{report}");
    assert_eq!(report["exit"], exit);
    assert_eq!(report["summary"]["files"], 2);
}

#[test]
fn the_differences_of_the_two_are_listed() {
    let folder = folder(MASTER_ONLY);
    let said = folder.stdout(CALL).1;
    let only = "only in master.xml: \
                <allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/>\n\
        only in in-band.xml: <allow-access-from domain=\"*.partner.example\" to-ports=\"5000\"/>\n\
        2 socket policies examined";
    assert!(said.contains(only), "{said}");
    let pair = &folder.json(CALL)["pair"];
    assert_eq!(pair["master"], "master.xml");
    assert_eq!(pair["only_in_master"].as_array().unwrap().len(), 1);
    assert_eq!(pair["only_in_band"].as_array().unwrap().len(), 1);
    for format in ["junit", "sarif", "github", "tap"] {
        let said = folder.stdout(&format!("{CALL} --format {format}")).1;
        assert!(said.contains("FSP-S02") && said.contains("in-band.xml"), "{said}");
    }
}

#[rstest]
#[case::two_documents("check in-band.xml other.xml --served-from h:5000 --master master.xml")]
#[case::no_place("check in-band.xml --master master.xml")]
#[case::the_place_of_the_master("check in-band.xml --served-from h:843 --master master.xml")]
#[case::a_fix("check in-band.xml --served-from h:5000 --master master.xml --fix")]
#[case::stdin_twice("check - --served-from h:5000 --master -")]
fn a_pair_is_one_document_at_its_place_and_a_master(#[case] call: &str) {
    assert_eq!(folder(MASTER_ONLY).stderr(call).0, 2);
}

#[rstest]
#[case::the_master("check in-band.xml --served-from h:5000 --master absent.xml", "in-band.xml")]
#[case::the_other("check absent.xml --served-from h:5000 --master master.xml", "master.xml")]
fn one_that_cannot_be_read_does_not_hide_the_other(#[case] call: &str, #[case] examined: &str) {
    let report = folder(MASTER_ONLY).json(call);
    assert_eq!((&report["exit"], &report["errors"][0]["file"]), (&3.into(), &"absent.xml".into()));
    assert_eq!(report["documents"][0]["file"], examined);
}

#[test]
fn a_report_does_not_overwrite_the_master() {
    let (exit, said) = folder(MASTER_ONLY).stderr(&format!("{CALL} --format json=master.xml"));
    assert_eq!(exit, 2, "{said}");
}
