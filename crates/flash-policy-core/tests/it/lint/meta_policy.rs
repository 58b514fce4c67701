//! The meta-policy: what it makes of a policy without rules, and where it does not count.

use flash_policy_core::analysis::Linter;
use flash_policy_core::document::PolicyKind;
use rstest::rstest;

use super::{found, lines};

/// Returns the findings, each as `SEVERITY ID at LINE:COLUMN`.
fn severities(linter: &Linter, document: impl AsRef<[u8]>) -> Vec<String> {
    let findings = linter.examine(&document);
    let severities = findings.iter().map(|finding| finding.diagnostic().severity());
    severities
        .zip(found(linter, &document))
        .map(|(severity, found)| format!("{severity} {found}"))
        .collect()
}

#[rstest]
#[case::all("all", &["info FSP-D30 at 1:1"])]
#[case::master_only("master-only", &["error FSP-D30 at 1:1"])]
#[case::none("none", &["error FSP-S03 at 2:15", "error FSP-D30 at 1:1"])]
#[case::by_content_type_counts_as_master_only(
    "by-content-type",
    &["warning FSP-S04 at 2:15", "error FSP-D30 at 1:1"]
)]
#[case::unknown_counts_as_none(
    "master_only",
    &["error FSP-S06 at 2:15", "error FSP-D30 at 1:1"]
)]
fn the_meta_policy_of_a_master_without_rules_decides_how_bad_that_is(
    #[case] value: &str,
    #[case] expected: &[&str],
) {
    let control = format!(r#"<site-control permitted-cross-domain-policies="{value}"/>"#);
    assert_eq!(severities(&Linter::new(PolicyKind::Socket), lines(&[&control])), expected);
}

#[rstest]
#[case::all("all")]
#[case::master_only("master-only")]
#[case::none("none")]
#[case::unknown("*")]
#[case::meaningless("by-content-type")]
fn off_the_master_the_meta_policy_of_a_policy_without_rules_does_not_matter(#[case] value: &str) {
    let control = format!(r#"<site-control permitted-cross-domain-policies="{value}"/>"#);
    let linter =
        Linter::new(PolicyKind::Socket).served_from("game.example.com:5000".parse().unwrap());
    let expected = ["warning FSP-D30 at 1:1", "warning FSP-S05 at 2:15"];
    assert_eq!(severities(&linter, lines(&[&control])), expected);
}

#[test]
fn off_the_master_the_ignored_value_is_named_and_only_that() {
    let linter =
        Linter::new(PolicyKind::Socket).served_from("game.example.com:2843".parse().unwrap());
    let found = linter.examine(lines(&[
        r#"<site-control permitted-cross-domain-policies="*"/>"#,
        r#"<site-control permitted-cross-domain-policies="all"/>"#,
        r#"<allow-access-from domain="*.example.com" to-ports="5000"/>"#,
    ]));
    let messages: Vec<_> = found.iter().map(|one| one.diagnostic().message()).collect();
    assert_eq!(
        messages,
        [
            r#"site-control "*" is ignored: this is not the master (843)"#,
            r#"site-control "all" is ignored: this is not the master (843)"#,
        ]
    );
}
