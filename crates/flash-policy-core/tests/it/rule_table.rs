//! The table of rules: which of them the code reports, and the diagnostics that it makes of them.

use flash_policy_core::diagnostics::{Position, Rule, rules};

/// Rules that the code reports, in a diagnostic or by reference.
const EMITTED: [&str; 117] = [
    "FSP-T01", "FSP-T02", "FSP-T03", "FSP-T04", "FSP-T05", "FSP-T06", "FSP-T10", "FSP-T11",
    "FSP-T12", "FSP-T14", "FSP-T15", "FSP-T16", "FSP-T17", "FSP-T18", "FSP-T19", "FSP-T20",
    "FSP-T21", "FSP-T22", "FSP-T23", "FSP-T24", "FSP-T25", "FSP-T26", "FSP-T27", "FSP-T29",
    "FSP-T30", "FSP-T33", "FSP-T34", "FSP-T36", "FSP-T37", "FSP-T40", "FSP-D01", "FSP-D02",
    "FSP-D03", "FSP-D04", "FSP-D05", "FSP-D06", "FSP-D07", "FSP-D08", "FSP-D09", "FSP-D10",
    "FSP-D11", "FSP-D12", "FSP-D13", "FSP-D14", "FSP-D15", "FSP-D16", "FSP-D17", "FSP-D18",
    "FSP-D19", "FSP-D20", "FSP-D21", "FSP-D22", "FSP-D23", "FSP-D24", "FSP-D25", "FSP-D26",
    "FSP-D27", "FSP-D28", "FSP-D29", "FSP-D30", "FSP-D31", "FSP-D32", "FSP-S01", "FSP-S02",
    "FSP-S03", "FSP-S04", "FSP-S05", "FSP-S06", "FSP-S10", "FSP-S11", "FSP-S13", "FSP-S14",
    "FSP-S15", "FSP-S16", "FSP-R02", "FSP-R03", "FSP-R04", "FSP-R06", "FSP-R10", "FSP-B01",
    "FSP-B02", "FSP-O01", "FSP-O02", "FSP-O06", "FSP-O07", "FSP-L01", "FSP-L02", "FSP-L03",
    "FSP-L04", "FSP-L05", "FSP-L06", "FSP-L07", "FSP-L08", "FSP-L09", "FSP-L10", "FSP-L11",
    "FSP-L12", "FSP-L13", "FSP-L14", "FSP-L15", "FSP-L16", "FSP-L17", "FSP-L18", "FSP-L19",
    "FSP-L20", "FSP-L21", "FSP-L22", "FSP-L23", "FSP-L24", "FSP-L25", "FSP-L26", "FSP-L27",
    "FSP-L28", "FSP-L29", "FSP-L30", "FSP-L31", "FSP-L32",
];

/// Rules that describe what a person may meet, and that nothing detects.
const KNOWLEDGE_ONLY: [&str; 41] = [
    "FSP-T07", "FSP-T08", "FSP-T09", "FSP-T13", "FSP-T28", "FSP-T31", "FSP-T32", "FSP-T35",
    "FSP-T38", "FSP-T39", "FSP-S07", "FSP-S08", "FSP-S09", "FSP-S12", "FSP-R01", "FSP-R05",
    "FSP-R07", "FSP-R08", "FSP-R09", "FSP-R11", "FSP-B03", "FSP-B04", "FSP-B05", "FSP-B06",
    "FSP-B07", "FSP-B08", "FSP-B09", "FSP-B10", "FSP-O03", "FSP-O04", "FSP-O05", "FSP-O08",
    "FSP-O09", "FSP-O10", "FSP-O11", "FSP-O12", "FSP-O13", "FSP-O14", "FSP-O15", "FSP-O16",
    "FSP-O17",
];

#[test]
fn the_code_reports_the_rules_that_are_listed_as_emitted() {
    assert_eq!(ids(|rule| rule.is_emitted()), EMITTED);
}

#[test]
fn the_other_rules_are_knowledge_only() {
    assert_eq!(ids(|rule| !rule.is_emitted()), KNOWLEDGE_ONLY);
}

#[test]
fn arguments_fill_the_text_and_are_escaped() {
    let diagnostic = rules::domain_with_scheme("http://{host}\u{9b}\n", "{domain}");
    assert_eq!(
        diagnostic.message(),
        r#"domain="http://{host}\u{9b}\n" contains a scheme; use "{domain}""#
    );
}

#[test]
fn a_fingerprint_is_of_the_id_and_of_the_arguments_as_they_are_passed() {
    assert_eq!(rules::utf8_bom().fingerprint(), 0x9302bc01700349f9);
    assert_eq!(rules::domain_with_scheme("a\n", "b").fingerprint(), 0x7406a2dd6ac90dbf);
}

#[test]
fn a_fingerprint_does_not_depend_on_lines() {
    let elsewhere = Position { line: 7, column: 1 };
    let moved = rules::duplicate_rule(4).at(elsewhere);
    assert_eq!(rules::duplicate_rule(3).fingerprint(), moved.fingerprint());
}

fn ids(is_listed: impl Fn(&Rule) -> bool) -> Vec<&'static str> {
    rules::ALL.iter().filter(|rule| is_listed(rule)).map(Rule::id).collect()
}
