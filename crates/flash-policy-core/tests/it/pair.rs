//! A master policy and an in-band policy of the same host, examined together.

use flash_policy_core::analysis::{Judged, Linter, PairFindings};
use rstest::rstest;

const OWN: &str = r#"<allow-access-from domain="*.example.com" to-ports="5000"/>"#;
const PARTNER: &str = r#"<allow-access-from domain="*.partner.example" to-ports="5000"/>"#;

fn policy(elements: &[&str]) -> String {
    format!("<cross-domain-policy>\n{}\n</cross-domain-policy>", elements.join("\n"))
}

fn control(value: &str) -> String {
    format!(r#"<site-control permitted-cross-domain-policies="{value}"/>"#)
}

fn pair(master: impl AsRef<[u8]>, in_band: impl AsRef<[u8]>) -> PairFindings {
    Linter::examine_pair(master, in_band, &"game.example.com:5000".parse().unwrap())
}

/// Returns the findings but for suspicions about the requester, each as `SEVERITY ID`.
fn told(findings: &[Judged]) -> Vec<String> {
    let findings = findings.iter().map(Judged::diagnostic);
    let findings = findings.filter(|one| one.rule().id() != "FSP-S10");
    findings.map(|one| format!("{} {}", one.severity(), one.rule().id())).collect()
}

#[rstest]
#[case::master_only_and_more(Some("master-only"), &[OWN], &[OWN, PARTNER], &["error FSP-S02"])]
#[case::master_only_and_the_same(Some("master-only"), &[OWN], &[OWN], &["info FSP-S02"])]
#[case::meaningless_counts_as_master_only(
    Some("by-content-type"),
    &[OWN],
    &[PARTNER],
    &["error FSP-S02"]
)]
#[case::none(Some("none"), &[], &[OWN], &["error FSP-S03"])]
#[case::unknown_counts_as_none(Some("master_only"), &[OWN], &[PARTNER], &["error FSP-S03"])]
#[case::all(Some("all"), &[OWN], &[PARTNER], &[])]
#[case::no_meta_policy(None, &[OWN], &[PARTNER], &[])]
fn the_meta_policy_of_the_master_decides_over_the_other_policy(
    #[case] value: Option<&str>,
    #[case] master: &[&str],
    #[case] in_band: &[&str],
    #[case] expected: &[&str],
) {
    let control = value.map(control);
    let master: Vec<_> = control.iter().map(String::as_str).chain(master.iter().copied()).collect();
    assert_eq!(told(&pair(policy(&master), policy(in_band)).in_band), expected);
}

#[test]
fn a_single_rule_that_the_master_lacks_is_named() {
    let master = policy(&[&control("master-only"), OWN]);
    let found = pair(master, policy(&[PARTNER]));
    let help = found.in_band[0].diagnostic().help();
    assert_eq!(help, format!("add {PARTNER} to the master, or let its site-control say all"));
    let message = found.in_band[0].diagnostic().message();
    assert!(
        message.starts_with("the in-band policy of game.example.com:5000 is ignored: "),
        "{message}"
    );
}

#[test]
fn a_site_control_counts_in_the_master_only() {
    let found = pair(policy(&[&control("*"), OWN]), policy(&[&control("*"), OWN]));
    assert_eq!(told(&found.master), ["error FSP-S06"]);
    assert_eq!(told(&found.in_band), ["info FSP-S03", "warning FSP-S05"]);
}

#[rstest]
#[case::the_same(&[OWN], &[OWN], &[], &[])]
#[case::each_its_own(&[OWN], &[PARTNER], &[OWN], &[PARTNER])]
#[case::one_is_wider(
    &[r#"<allow-access-from domain="*.example.com" to-ports="*"/>"#],
    &[OWN],
    &[r#"<allow-access-from domain="*.example.com" to-ports="*"/>"#],
    &[]
)]
#[case::a_void_rule_grants_nothing(
    &[OWN],
    &[OWN, r#"<allow-access-from domain="http://a" to-ports="1"/>"#],
    &[],
    &[]
)]
fn rules_that_one_policy_lacks_are_listed(
    #[case] master: &[&str],
    #[case] in_band: &[&str],
    #[case] only_in_master: &[&str],
    #[case] only_in_band: &[&str],
) {
    let found = pair(policy(master), policy(in_band));
    assert_eq!(found.only_in_master, only_in_master);
    assert_eq!(found.only_in_band, only_in_band);
}

#[test]
fn a_master_that_players_reject_forbids_nothing() {
    let master = policy(&[&control("none"), OWN]) + "\\0";
    let found = pair(master, policy(&[OWN]));
    assert_eq!(told(&found.master), ["error FSP-T16"]);
    assert_eq!(told(&found.in_band), [""; 0]);
}

#[test]
fn a_comment_suppresses_what_the_master_does_to_the_other_policy() {
    let comment = "<!-- flash-policy-allow FSP-S02: for players before 9.0.124 -->";
    let in_band = format!("{comment}\n{}", policy(&[PARTNER]));
    let found = pair(policy(&[&control("master-only"), OWN]), &in_band);
    assert_eq!(told(&found.in_band), ["error FSP-S02"]);
    assert!(found.in_band[0].suppressed().is_some());
}
