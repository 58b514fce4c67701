//! The findings of the linter beyond those of the parse, and their positions.

mod meta_policy;

use flash_policy_core::Endpoint;
use flash_policy_core::analysis::Linter;
use flash_policy_core::document::PolicyKind;
use rstest::rstest;

/// Returns the findings, each as `ID at LINE:COLUMN`, with `, suppressed` if it is.
fn found(linter: &Linter, document: impl AsRef<[u8]>) -> Vec<String> {
    let findings = linter.examine(document);
    findings
        .iter()
        .map(|finding| {
            let diagnostic = finding.diagnostic();
            let id = diagnostic.rule().id();
            let at = diagnostic.position().map_or_else(String::new, |at| format!(" at {at}"));
            let suppressed = if finding.suppressed().is_some() { ", suppressed" } else { "" };
            format!("{id}{at}{suppressed}")
        })
        .collect()
}

/// Returns a document with one element on each line, from line 2 on.
fn lines(elements: &[&str]) -> String {
    format!("<cross-domain-policy>\n{}\n</cross-domain-policy>", elements.join("\n"))
}

fn allow(domain: &str, ports: &str) -> String {
    format!(r#"<allow-access-from domain="{domain}" to-ports="{ports}"/>"#)
}

#[rstest]
#[case::a_good_policy(&[("*.example.com", "5000")], &[])]
#[case::d14_everybody_everywhere(&[("*", "*")], &["FSP-D14 at 2:20"])]
#[case::l21_everybody_to_some_ports(&[("*", "5000")], &["FSP-L21 at 2:20"])]
#[case::d09_the_apex_beside_its_wildcard(
    &[("*.example.com", "5000"), ("example.com", "5000")],
    &["FSP-D09 at 3:20"]
)]
#[case::the_apex_with_more_ports_is_not_needless(
    &[("*.example.com", "5000"), ("example.com", "5000,6000")],
    &[]
)]
#[case::l16_shadowed_by_an_earlier_rule(
    &[("*.example.com", "5000-6000"), ("www.example.com", "5500")],
    &["FSP-L16 at 3:1"]
)]
#[case::l16_shadowed_by_a_later_rule(
    &[("www.example.com", "5500"), ("*.example.com", "5000-6000")],
    &["FSP-L16 at 2:1"]
)]
#[case::l16_a_wildcard_below_a_wildcard(
    &[("*.example.com", "*"), ("*.a.example.com", "5500")],
    &["FSP-L16 at 3:1"]
)]
#[case::a_wildcard_is_not_shadowed_by_its_apex(
    &[("a.example.com", "*"), ("*.a.example.com", "*")],
    &["FSP-D09 at 2:20"]
)]
#[case::ports_across_two_ranges_are_not_covered(
    &[("*.b.example", "5000-5005,5007-5010"), ("a.b.example", "5005-5007")],
    &[]
)]
#[case::l17_twice_the_same(
    &[("a.b.example", "5000"), ("A.b.example", "5000-5000")],
    &["FSP-L17 at 3:1"]
)]
#[case::l17_thrice_the_same(
    &[("a.b.example", "1"), ("a.b.example", "1"), ("a.b.example", "1")],
    &["FSP-L17 at 3:1", "FSP-L17 at 4:1"]
)]
#[case::l18_star_beside_another(
    &[("*", "5000"), ("a.b.example", "5000")],
    &["FSP-L18 at 2:20", "FSP-L21 at 2:20"]
)]
#[case::l18_star_beside_another_port(
    &[("a.b.example", "6000"), ("*", "*")],
    &["FSP-D14 at 3:20", "FSP-L18 at 3:20"]
)]
#[case::l19_public_suffix(&[("*.co.uk", "5000")], &["FSP-L19 at 2:20"])]
#[case::l19_top_level(&[("*.COM", "5000")], &["FSP-L19 at 2:20"])]
#[case::l19_private_suffix(&[("*.github.io", "5000")], &["FSP-L19 at 2:20"])]
#[case::a_registered_name_is_no_suffix(&[("*.example.co.uk", "5000")], &[])]
#[case::an_unlisted_top_level_is_no_public_suffix(&[("*.local", "5000")], &[])]
#[case::an_address_is_no_suffix(&[("192.0.2.7", "5000"), ("2001:db8::1", "5000")], &[])]
#[case::l20_only_843(&[("www.b.example", "843")], &["FSP-L20 at 2:43"])]
#[case::l843_and_more(&[("www.b.example", "843,5000")], &[])]
#[case::d10_www_without_the_apex(&[("www.example.com", "5000")], &["FSP-D10 at 2:20"])]
#[case::d10_the_apex_without_www(&[("example.com", "5000")], &["FSP-D10 at 2:20"])]
#[case::both_are_listed(&[("www.example.com", "5000"), ("example.com", "5000")], &[])]
#[case::a_name_below_is_not_asked_for_www(&[("game.example.com", "5000")], &[])]
#[case::d14_by_a_range(&[("*", "1-65535")], &["FSP-D14 at 2:20"])]
#[case::l19_where_the_list_has_a_star(&[("*.ck", "5000")], &["FSP-L19 at 2:20"])]
#[case::l17_beside_a_star(
    &[("*", "1-9"), ("a.b.example", "5"), ("a.b.example", "5")],
    &["FSP-L18 at 2:20", "FSP-L21 at 2:20", "FSP-L17 at 4:1"]
)]
#[case::d09_the_apex_gets_more_than_it_lists(
    &[("*.b.example", "5"), ("b.example", "6")],
    &["FSP-D09 at 3:20"]
)]
#[case::l17_in_two_spellings(
    &[("a.b.example", "*"), ("a.b.example", "1-65535")],
    &["FSP-L17 at 3:1"]
)]
#[case::a_private_suffix_has_no_www(&[("a.github.io", "5")], &[])]
#[case::d12_localhost(&[("localhost", "5000")], &["FSP-D12 at 2:20"])]
#[case::d12_its_address(&[("127.0.0.1", "5000")], &["FSP-D12 at 2:20"])]
#[case::d12_both(&[("127.0.0.1", "5000"), ("localhost", "5000")], &[])]
fn rules_are_examined_by_themselves_and_together(
    #[case] rules: &[(&str, &str)],
    #[case] expected: &[&str],
) {
    let rules: Vec<_> = rules.iter().map(|(domain, ports)| allow(domain, ports)).collect();
    let document = lines(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found(&Linter::new(PolicyKind::Socket), document), expected);
}

#[rstest]
#[case::secure_shadows_nothing_insecure(
    &[
        r#"<allow-access-from domain="*.b.example" to-ports="1" secure="true"/>"#,
        r#"<allow-access-from domain="a.b.example" to-ports="1"/>"#,
    ],
    &["FSP-D15 at 2:54"]
)]
#[case::insecure_shadows_secure(
    &[
        r#"<allow-access-from domain="*.b.example" to-ports="1"/>"#,
        r#"<allow-access-from domain="a.b.example" to-ports="1" secure="true"/>"#,
    ],
    &["FSP-D15 at 3:54", "FSP-L16 at 3:1"]
)]
#[case::s03_and_l22_none_beside_grants(
    &[
        r#"<site-control permitted-cross-domain-policies="none"/>"#,
        r#"<allow-access-from domain="a.b.example" to-ports="1"/>"#,
    ],
    &["FSP-L22 at 2:15", "FSP-S03 at 2:15"]
)]
#[case::s06_says_that_an_unknown_value_counts_as_none(
    &[
        r#"<site-control permitted-cross-domain-policies="ALL"/>"#,
        r#"<allow-access-from domain="a.b.example" to-ports="1"/>"#,
    ],
    &["FSP-S06 at 2:15"]
)]
#[case::s04_stands_at_the_attribute(
    &[
        r#"<site-control permitted-cross-domain-policies="by-content-type"/>"#,
        r#"<allow-access-from domain="a.b.example" to-ports="1"/>"#,
    ],
    &["FSP-S04 at 2:15"]
)]
#[case::dead_rules_are_not_compared(
    &[
        r#"<allow-access-from domain="a.b.example"/>"#,
        r#"<allow-access-from domain="a.b.example"/>"#,
    ],
    &["FSP-D01 at 2:1", "FSP-D01 at 3:1", "FSP-D30 at 1:1"]
)]
fn elements_are_examined_together(#[case] elements: &[&str], #[case] expected: &[&str]) {
    let mut found = found(&Linter::new(PolicyKind::Socket), lines(elements));
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[rstest]
#[case::s01_a_low_port_from_a_high_one(
    "game.b.example:2525",
    &[r#"<allow-access-from domain="*.b.example" to-ports="80,5000"/>"#],
    &["FSP-S01 at 2:41"]
)]
#[case::from_a_low_port(
    "game.b.example:843",
    &[r#"<allow-access-from domain="*.b.example" to-ports="80,5000"/>"#],
    &[]
)]
#[case::s01_every_port_from_a_high_one(
    "game.b.example:2525",
    &[r#"<allow-access-from domain="*.b.example" to-ports="*"/>"#],
    &["FSP-S01 at 2:41"]
)]
#[case::s01_beside_a_dead_domain(
    "game.b.example:2525",
    &[r#"<allow-access-from domain="http://x" to-ports="80"/>"#],
    &["FSP-D05 at 2:20", "FSP-S01 at 2:38", "FSP-D30 at 1:1"]
)]
#[case::addresses_are_no_sites(
    "10.0.0.5:843",
    &[r#"<allow-access-from domain="192.168.0.5" to-ports="5"/>"#],
    &["FSP-S10 at 2:20"]
)]
#[case::s05_site_control_elsewhere(
    "game.b.example:5000",
    &[
        r#"<site-control permitted-cross-domain-policies="none"/>"#,
        r#"<allow-access-from domain="*.b.example" to-ports="5000"/>"#,
    ],
    &["FSP-S05 at 2:15"]
)]
#[case::s10_another_site_alone(
    "game.b.example:843",
    &[r#"<allow-access-from domain="*.partner.com" to-ports="5000"/>"#],
    &["FSP-S10 at 2:20"]
)]
#[case::the_own_site_is_listed(
    "game.example.com:843",
    &[r#"<allow-access-from domain="play.example.com" to-ports="5000"/>"#],
    &[]
)]
fn where_a_document_is_served_matters(
    #[case] from: &str,
    #[case] elements: &[&str],
    #[case] expected: &[&str],
) {
    let from: Endpoint = from.parse().unwrap();
    assert_eq!(
        found(&Linter::new(PolicyKind::Socket).served_from(from), lines(elements)),
        expected
    );
}

#[rstest]
#[case::a_good_one(&[r#"<allow-access-from domain="www.b.example"/>"#], &[])]
#[case::l21_everybody(&[r#"<allow-access-from domain="*"/>"#], &["FSP-L21 at 2:20"])]
#[case::l24_insecure(
    &[r#"<allow-access-from domain="www.b.example" secure="false"/>"#],
    &["FSP-L24 at 2:43"]
)]
#[case::d29_ports(
    &[r#"<allow-access-from domain="www.b.example" to-ports="5000"/>"#],
    &["FSP-D29 at 2:43"]
)]
#[case::l23_any_header(
    &[r#"<allow-http-request-headers-from domain="*" headers="*"/>"#],
    &["FSP-L23 at 2:45"]
)]
#[case::a_header_of_a_site(
    &[r#"<allow-http-request-headers-from domain="www.b.example" headers="X-Foo"/>"#],
    &[]
)]
#[case::l27_no_headers(
    &[r#"<allow-http-request-headers-from domain="www.b.example"/>"#],
    &["FSP-L27 at 2:1"]
)]
#[case::l08_no_domain_of_headers(
    &[r#"<allow-http-request-headers-from headers="X-A"/>"#],
    &["FSP-L08 at 2:1"]
)]
#[case::s06_in_a_header_only(
    &[r#"<site-control permitted-cross-domain-policies="none-this-response"/>"#],
    &["FSP-S06 at 2:15"]
)]
#[case::d05_in_a_header_rule(
    &[r#"<allow-http-request-headers-from domain="http://b.example" headers="X-Foo"/>"#],
    &["FSP-D05 at 2:34"]
)]
#[case::the_hardened_host(&[r#"<site-control permitted-cross-domain-policies="none"/>"#], &[])]
#[case::l22_dead_grants(
    &[
        r#"<site-control permitted-cross-domain-policies="none"/>"#,
        r#"<allow-access-from domain="www.b.example"/>"#,
    ],
    &["FSP-L22 at 2:15"]
)]
#[case::by_content_type_means_something(
    &[r#"<site-control permitted-cross-domain-policies="by-content-type"/>"#],
    &[]
)]
#[case::l18_a_star_beside_another(
    &[r#"<allow-access-from domain="*"/>"#, r#"<allow-access-from domain="a.b.example"/>"#],
    &["FSP-L18 at 2:20", "FSP-L21 at 2:20"]
)]
#[case::l23_among_others(
    &[r#"<allow-http-request-headers-from domain="*" headers="X-A,*"/>"#],
    &["FSP-L23 at 2:45"]
)]
#[case::l17_twice(
    &[
        r#"<allow-access-from domain="www.b.example"/>"#,
        r#"<allow-access-from domain="www.b.example" secure="true"/>"#,
    ],
    &["FSP-L17 at 3:1"]
)]
#[case::d30_nothing(&[], &["FSP-D30 at 1:1"])]
fn policies_for_urls_are_read_as_such(#[case] elements: &[&str], #[case] expected: &[&str]) {
    assert_eq!(found(&Linter::new(PolicyKind::Url), lines(elements)), expected);
}

#[rstest]
#[case::the_next_element(
    &[
        "<!-- flash-policy-allow FSP-L21: arcade -->",
        r#"<allow-access-from domain="*" to-ports="1"/>"#,
    ],
    &["FSP-L21 at 3:20, suppressed"]
)]
#[case::of_any_case(
    &[
        "<!--flash-policy-allow fsp-l21:arcade-->",
        r#"<allow-access-from domain="*" to-ports="1"/>"#,
    ],
    &["FSP-L21 at 3:20, suppressed"]
)]
#[case::over_other_comments(
    &[
        "<!-- flash-policy-allow FSP-L21: arcade -->",
        "<!-- more -->",
        r#"<allow-access-from domain="*" to-ports="1"/>"#,
    ],
    &["FSP-L21 at 4:20, suppressed"]
)]
#[case::a_short_id(
    &["<!-- Flash-Policy-Allow L21: arcade -->", r#"<allow-access-from domain="*" to-ports="1"/>"#],
    &["FSP-L21 at 3:20, suppressed"]
)]
#[case::no_id(
    &["<!-- flash-policy-allow: arcade -->", r#"<allow-access-from domain="*" to-ports="1"/>"#],
    &["FSP-L25 at 2:1", "FSP-L21 at 3:20"]
)]
#[case::words_without_a_colon(
    &[
        "<!-- flash-policy-allow FSP-L21 the arcade is public -->",
        r#"<allow-access-from domain="*" to-ports="1"/>"#,
    ],
    &["FSP-L25 at 2:1", "FSP-L21 at 3:20"]
)]
#[case::the_last_child_of_an_element(
    &[
        "<allow-access-from domain=\"a.b.example\" to-ports=\"1\">\
         <!-- flash-policy-allow L21: x --></allow-access-from>",
        r#"<allow-access-from domain="*" to-ports="1"/>"#,
    ],
    &["FSP-L26 at 2:54", "FSP-L18 at 3:20", "FSP-L21 at 3:20"]
)]
#[case::what_only_a_place_can_meet(
    &[
        "<!-- flash-policy-allow FSP-S01: served by our proxy on 843 too -->",
        r#"<allow-access-from domain="a.b.example" to-ports="1"/>"#,
    ],
    &[]
)]
#[case::several_ids(
    &[
        "<!-- flash-policy-allow FSP-L21, FSP-L20: arcade -->",
        r#"<allow-access-from domain="*" to-ports="843"/>"#,
    ],
    &["FSP-L21 at 3:20, suppressed", "FSP-L20 at 3:31, suppressed"]
)]
#[case::a_root_in_a_later_comment_is_none(
    &[
        "<!-- flash-policy-allow FSP-L21: only this -->",
        r#"<allow-access-from domain="a.b.example" to-ports="1"/>"#,
        r#"<allow-access-from domain="*" to-ports="1"/>"#,
        "<!-- <cross-domain-policy> -->",
    ],
    &["FSP-L26 at 2:1", "FSP-L18 at 4:20", "FSP-L21 at 4:20"]
)]
#[case::a_bracket_in_a_value(
    &[
        "<!-- flash-policy-allow FSP-L15: odd -->",
        r#"<allow-access-from to-ports="1" domain="a.b>c"/>"#,
    ],
    &["FSP-L15 at 3:33, suppressed", "FSP-D30 at 1:1"]
)]
#[case::only_the_next_element(
    &[
        "<!-- flash-policy-allow FSP-D01: old -->",
        r#"<allow-access-from domain="a.b"/>"#,
        r#"<allow-access-from domain="c.b"/>"#,
    ],
    &["FSP-D01 at 3:1, suppressed", "FSP-D01 at 4:1", "FSP-D30 at 1:1"]
)]
#[case::another_rule(
    &[
        "<!-- flash-policy-allow FSP-D01: old -->",
        r#"<allow-access-from domain="*" to-ports="1"/>"#,
    ],
    &["FSP-L26 at 2:1", "FSP-L21 at 3:20"]
)]
#[case::no_reason(
    &["<!-- flash-policy-allow FSP-L21 -->", r#"<allow-access-from domain="*" to-ports="1"/>"#],
    &["FSP-L25 at 2:1", "FSP-L21 at 3:20"]
)]
#[case::an_empty_reason(
    &["<!-- flash-policy-allow FSP-L21: -->", r#"<allow-access-from domain="*" to-ports="1"/>"#],
    &["FSP-L25 at 2:1", "FSP-L21 at 3:20"]
)]
fn a_comment_suppresses_a_rule_for_the_element_behind_it(
    #[case] elements: &[&str],
    #[case] expected: &[&str],
) {
    assert_eq!(found(&Linter::new(PolicyKind::Socket), lines(elements)), expected);
}

#[test]
fn a_comment_before_the_root_suppresses_a_rule_in_the_whole_document() {
    let document = format!(
        "<!-- flash-policy-allow FSP-D01: legacy -->\n{}",
        lines(&[r#"<allow-access-from domain="a.b"/>"#])
    );
    assert_eq!(
        found(&Linter::new(PolicyKind::Socket), document),
        ["FSP-D01 at 3:1, suppressed", "FSP-D30 at 2:1"]
    );
}

/// A document that no player accepts must be reported, whatever the document says.
#[test]
fn a_comment_does_not_suppress_why_a_player_rejects_the_document() {
    let document = "<!-- flash-policy-allow FSP-D22: known -->\n\
        <cross-domain-policy a=b></cross-domain-policy>";
    assert_eq!(found(&Linter::new(PolicyKind::Socket), document), ["FSP-D22 at 2:24"]);
}

#[rstest]
#[case::ports(r#"<allow-access-from domain="*" to-ports="1"/>"#, Some(PolicyKind::Socket))]
#[case::ports_and_headers(
    "<allow-access-from domain='*' to-ports=''/>\
     <allow-http-request-headers-from domain='*' headers='*'/>",
    Some(PolicyKind::Socket)
)]
#[case::headers(
    r#"<allow-http-request-headers-from domain="*" headers="*"/>"#,
    Some(PolicyKind::Url)
)]
#[case::neither(r#"<allow-access-from domain="*"/>"#, None)]
fn the_kind_is_guessed_from_what_a_document_speaks_of(
    #[case] elements: &str,
    #[case] expected: Option<PolicyKind>,
) {
    assert_eq!(Linter::guess(lines(&[elements])), expected);
}

#[test]
fn hostile_documents_are_examined_to_the_end() {
    let many: Vec<_> = (0..1000).map(|n| allow(&format!("h{n}.b.example"), "1-5")).collect();
    let many = lines(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found(&Linter::new(PolicyKind::Socket), many), [""; 0]);
    let comments = "<!--flash-policy-deny-->".repeat(3000);
    assert_eq!(found(&Linter::new(PolicyKind::Socket), format!("{comments}<!--")).len(), 1);
    let huge = "<!-- flash-policy-allow X -->\n".repeat(100_000);
    assert!(found(&Linter::new(PolicyKind::Socket), huge).len() > 1);
}
