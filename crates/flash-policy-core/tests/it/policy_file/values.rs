//! The two attributes of a rule: `to-ports` and `domain` (rulebook P3-P6, D1-D12).

use flash_policy_core::diagnostics::{Position, rules};
use flash_policy_core::document::{DomainPattern, PortGrant, ToPorts};
use rstest::rstest;

use super::{ids, ids_and_positions, with_rule};

#[rstest]
#[case::p3_one_port("5000", "5000", &[5000], &[4999, 5001])]
#[case::p3_inclusive_range("516-523", "516-523", &[516, 523], &[515, 524])]
#[case::p3_list("507,516-523", "507,516-523", &[507, 520], &[508])]
#[case::p3_star("*", "*", &[0, 1, 65535], &[])]
#[case::p3_star_in_a_list("80,*", "*", &[81], &[])]
#[case::p3_whole_range("1-65535", "1-65535", &[1, 65535], &[0])]
#[case::p3_leading_zeros("0080", "80", &[80], &[])]
#[case::p3_range_of_one_port("80-80", "80", &[80], &[81])]
#[case::p5_blanks(" 5000 , 5001\t-\n5003 ", "5000-5003", &[5000, 5002], &[5004])]
#[case::canonical_form_sorts_and_joins(
    "6000,5005-5010,5000-5006,5011",
    "5000-5011,6000",
    &[5011],
    &[5012]
)]
fn ports_are_read_by_the_grammar(
    #[case] written: &str,
    #[case] canonical: &str,
    #[case] inside: &[u16],
    #[case] outside: &[u16],
) {
    let ports: ToPorts = written.parse().unwrap();
    assert_eq!(ports.to_string(), canonical);
    assert!(inside.iter().all(|port| ports.contains(*port)));
    assert!(!outside.iter().any(|port| ports.contains(*port)));
    assert_eq!(canonical.parse(), Ok(ports));
}

#[rstest]
#[case::p4_empty("", "")]
#[case::p6_word("http", "http")]
#[case::p6_empty_item("80,,81", "")]
#[case::p6_trailing_comma("80,", "")]
#[case::p6_plus_sign("+80", "+80")]
#[case::p6_minus_sign("-80", "-80")]
#[case::p6_zero("0", "0")]
#[case::p6_range_from_zero("0-80", "0-80")]
#[case::p6_too_large("65536", "65536")]
#[case::p6_huge("99999999999999999999", "99999999999999999999")]
#[case::p6_reversed("523-516", "523-516")]
#[case::p6_open_end("8000-", "8000-")]
#[case::p6_stars_as_bounds("*-*", "*-*")]
#[case::p6_colon("1000:2000", "1000:2000")]
#[case::p6_en_dash("1000–2000", "1000–2000")]
#[case::p6_three_bounds("1-2-3", "1-2-3")]
#[case::p6_blank_inside_a_number("50 00", "50 00")]
fn bad_ports_are_refused_and_quoted(#[case] written: &str, #[case] item: &str) {
    let invalid = written.parse::<ToPorts>().unwrap_err();
    assert_eq!(invalid.diagnostic().rule(), &rules::BAD_RANGE_SYNTAX);
    assert!(invalid.to_string().contains(&format!("port range \"{item}\"")), "{invalid}");
}

#[test]
fn ports_come_from_numbers_and_ranges() {
    assert_eq!(ToPorts::try_from(80).unwrap().ranges(), [80..=80]);
    assert_eq!(ToPorts::try_from([80..=81, 82..=90]).unwrap().ranges(), [80..=90]);
    assert_eq!(ToPorts::try_from(vec![443..=443]).unwrap().to_string(), "443");
    assert_eq!(ToPorts::ANY.ranges(), [0..=u16::MAX]);
    assert!(ToPorts::try_from(0).is_err());
    #[expect(clippy::reversed_empty_ranges, reason = "that it is refused is the point")]
    let reversed = ToPorts::try_from(90..=80);
    assert!(reversed.is_err());
    assert!(ToPorts::try_from(Vec::new()).is_err());
}

#[rstest]
#[case::p4_missing(r#"domain="*""#, PortGrant::Missing, &["FSP-D30 at 1:1", "FSP-D01 at 1:22"])]
#[case::p4_empty(
    r#"domain="*" to-ports="""#,
    PortGrant::Missing,
    &["FSP-D30 at 1:1", "FSP-D01 at 1:52"]
)]
#[case::p4_blank(
    r#"domain="*" to-ports="  ""#,
    PortGrant::Missing,
    &["FSP-D30 at 1:1", "FSP-D01 at 1:52"]
)]
#[case::p5_blanks(
    r#"domain="*" to-ports="80, 81""#,
    PortGrant::Listed("80-81".parse().unwrap()),
    &["FSP-L01 at 1:52"]
)]
#[case::p6_bad_item_keeps_the_good(
    r#"domain="*" to-ports="80,x""#,
    PortGrant::Bad(80.try_into().unwrap()),
    &["FSP-D30 at 1:1", "FSP-D04 at 1:52"]
)]
#[case::good(r#"domain="*" to-ports="80""#, PortGrant::Listed(80.try_into().unwrap()), &[])]
fn a_to_ports_attribute_grants_and_is_remarked(
    #[case] attributes: &str,
    #[case] grant: PortGrant,
    #[case] expected: &[&str],
) {
    let policy = with_rule(attributes);
    assert_eq!(policy.allow_access_from()[0].to_ports(), &grant);
    assert_eq!(ids_and_positions(policy.diagnostics()), expected);
}

#[rstest]
#[case::d2_star_a_name("*", "a.com", true)]
#[case::d2_star_an_address("*", "192.0.2.7", true)]
#[case::d3_below("*.example.com", "www.example.com", true)]
#[case::d3_any_depth("*.example.com", "a.b.example.com", true)]
#[case::d3_apex("*.example.com", "example.com", true)]
#[case::d3_not_a_longer_name("*.example.com", "notexample.com", false)]
#[case::d3_not_a_longer_tail("*.example.com", "example.com.evil", false)]
#[case::d3_multibyte_neighbour("*.example.com", "é.example.com", true)]
#[case::d3_multibyte_no_match("*.example.com", "éxample.com", false)]
#[case::d6_same_address("192.0.2.7", "192.0.2.7", true)]
#[case::d6_other_address("192.0.2.7", "192.0.2.70", false)]
#[case::d6_no_dns("127.0.0.1", "localhost", false)]
#[case::d6_no_dns_back("localhost", "127.0.0.1", false)]
#[case::d6_no_dns_v6("::1", "localhost", false)]
#[case::d6_loopbacks_differ("::1", "127.0.0.1", false)]
#[case::d7_case("WWW.Example.com", "www.example.COM", true)]
#[case::d7_case_of_a_suffix("*.Example.com", "www.eXample.com", true)]
#[case::d8_trailing_dot_of_the_requester("a.com", "a.com.", false)]
#[case::d8_trailing_dot_of_the_rule("a.com.", "a.com", false)]
#[case::d8_trailing_dots_both("a.com.", "a.com.", true)]
#[case::d8_blank(" a.com", "a.com", false)]
#[case::d8_unicode_is_not_punycode("bücher.example", "xn--bcher-kva.example", false)]
#[case::d8_v6_spellings("2001:db8::1", "2001:0DB8:0:0::1", true)]
#[case::d8_v6_brackets_of_the_requester("2001:db8::1", "[2001:db8::1]", true)]
#[case::d8_v6_brackets_of_the_rule("[2001:db8::1]", "2001:db8::1", true)]
#[case::d8_v6_other("2001:db8::1", "[2001:db8::2]", false)]
#[case::d8_v4_is_text("192.0.2.7", "192.0.2.007", false)]
#[case::d10_exact_is_not_below("example.com", "www.example.com", false)]
fn a_domain_matches_by_text(#[case] pattern: &str, #[case] host: &str, #[case] expected: bool) {
    let pattern: DomainPattern = pattern.parse().unwrap();
    assert_eq!(pattern.matches(Some(host)), expected);
}

#[rstest]
#[case::d2_star("*", true)]
#[case::d2_suffix("*.example.com", false)]
#[case::d2_name("example.com", false)]
#[case::d2_v6("::1", false)]
fn only_the_star_matches_a_requester_without_origin(#[case] pattern: &str, #[case] expected: bool) {
    assert_eq!(pattern.parse::<DomainPattern>().unwrap().matches(None), expected);
}

#[rstest]
#[case::name("a.com", "a.com.")]
#[case::suffix("*.a.com.", "www.a.com")]
#[case::address("192.0.2.7", "192.0.2.7.")]
fn q17_a_trailing_dot_can_be_ignored(#[case] pattern: &str, #[case] host: &str) {
    let pattern: DomainPattern = pattern.parse().unwrap();
    assert!(!pattern.matches(Some(host)));
    assert!(pattern.matches_ignoring_trailing_dot(Some(host)));
}

#[rstest]
#[case::d4_no_dot("*example.com", "FSP-D08")]
#[case::d4_middle("www.*.com", "FSP-D08")]
#[case::d4_end("example.*", "FSP-D08")]
#[case::d4_nothing_behind("*.", "FSP-D08")]
#[case::d4_two_dots("*..com", "FSP-D08")]
#[case::d4_two_stars("*.*.com", "FSP-D08")]
#[case::d5_wildcard_in_an_address("192.168.*", "FSP-D08")]
#[case::d5_tail_of_an_address("*.0.0.1", "FSP-D08")]
#[case::d5_tail_of_an_address_with_dot("*.0.0.1.", "FSP-D08")]
#[case::d9_scheme("http://www.example.com:80/", "FSP-D05")]
#[case::d9_port("example.com:8080", "FSP-D06")]
#[case::d9_port_of_an_address("[::1]:843", "FSP-D06")]
#[case::d9_port_behind_a_wildcard("*.example.com:80", "FSP-D06")]
#[case::d9_path("example.com/game", "FSP-D07")]
#[case::d9_slash("example.com/", "FSP-D07")]
#[case::d9_user_info("me@example.com", "FSP-L14")]
#[case::d11_empty("", "FSP-L08")]
#[case::d11_blank("  ", "FSP-L08")]
#[case::d1_two_hosts("a.com,b.com", "FSP-L15")]
#[case::d1_blank_inside("a.com b.com", "FSP-L15")]
#[case::d1_placeholder("{host}", "FSP-D31")]
#[case::d1_slot("%1", "FSP-D31")]
#[case::d1_colons("1:2:3", "FSP-L15")]
fn a_value_that_is_no_domain_is_named(#[case] value: &str, #[case] id: &str) {
    let invalid = value.parse::<DomainPattern>().unwrap_err();
    assert_eq!(invalid.diagnostic().rule().id(), id);

    let policy = with_rule(&format!("domain=\"{value}\" to-ports=\"80\""));
    assert_eq!(policy.allow_access_from()[0].domain(), None);
    assert_eq!(ids(policy.diagnostics()), ["FSP-D30", id]);
    assert_eq!(policy.diagnostics()[1].position(), Some(Position { line: 1, column: 41 }));
}

#[test]
fn d11_an_element_without_domain_grants_nothing() {
    assert_eq!(
        ids_and_positions(with_rule(r#"to-ports="80""#).diagnostics()),
        ["FSP-D30 at 1:1", "FSP-L08 at 1:22"]
    );
}

#[rstest]
#[case::d8_trailing_dot("a.com.")]
#[case::d8_not_ascii("bücher.example")]
#[case::d8_suffix("*.bücher.example")]
fn d8_an_unusual_spelling_is_remarked_and_kept(#[case] value: &str) {
    let policy = with_rule(&format!("domain=\"{value}\" to-ports=\"80\""));
    assert_eq!(ids_and_positions(policy.diagnostics()), ["FSP-D13 at 1:41"]);
    assert_eq!(policy.allow_access_from()[0].domain().unwrap().to_string(), value);
}
