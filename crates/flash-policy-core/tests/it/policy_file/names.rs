//! Misspelt and misplaced names, and values that are nearly right: what was probably meant.

use flash_policy_core::diagnostics::{Diagnostic, Rule, rules};
use flash_policy_core::document::{DomainPattern, PolicyFile, PolicyKind, ToPorts};
use rstest::rstest;

use super::{parse, policy};

const RULE: &str = r#"<allow-access-from domain="*.example.com" to-ports="5000"/>"#;

/// Returns the only diagnostic of a rule in a document with these elements and one good rule.
fn only(rule: Rule, elements: &str) -> Diagnostic {
    let policy = parse(policy(&format!("{RULE}{elements}")));
    let found: Vec<_> = policy.diagnostics().iter().filter(|one| *one.rule() == rule).collect();
    assert_eq!(found.len(), 1, "{:?}", policy.diagnostics());
    found[0].clone()
}

#[rstest]
#[case::a_letter_too_few("allow-acces-from", "allow-access-from")]
#[case::a_letter_too_many("allow-accesss-from", "allow-access-from")]
#[case::swapped_letters("allow-access-form", "allow-access-from")]
#[case::underscores("allow_access_from", "allow-access-from")]
#[case::capitals("Allow-Access-From", "allow-access-from")]
#[case::one_word("allowAccessFrom", "allow-access-from")]
#[case::short("allow-from", "allow-access-from")]
#[case::underscore_in_the_site_control("site_control", "site-control")]
#[case::a_typing_error_in_the_site_control("site-contol", "site-control")]
#[case::headers("allow-http-request-header-from", "allow-http-request-headers-from")]
fn a_misspelt_element_leads_to_the_right_one(#[case] written: &str, #[case] meant: &str) {
    let found = only(rules::UNKNOWN_ELEMENT, &format!("<{written}/>"));
    assert_eq!(found.help(), format!("did you mean <{meant}>?"));
}

#[test]
fn an_element_that_is_like_none_has_no_suggestion() {
    let found = only(rules::UNKNOWN_ELEMENT, "<grant-to/>");
    assert_eq!(found.help(), rules::UNKNOWN_ELEMENT.help());
    assert!(found.message().contains("is not part of a policy file"));
}

#[rstest]
#[case::a_rule_in_a_site_control(
    "<site-control permitted-cross-domain-policies='all'><allow-access-from/></site-control>",
    "move <allow-access-from> out of <site-control>, directly into <cross-domain-policy>"
)]
#[case::a_rule_in_a_rule(
    "<allow-access-from domain='a' to-ports='1'><allow-access-from/></allow-access-from>",
    "move <allow-access-from> out of <allow-access-from>, directly into <cross-domain-policy>"
)]
#[case::a_site_control_in_a_rule(
    "<allow-access-from domain='a' to-ports='1'><site-control/></allow-access-from>",
    "move <site-control> out of <allow-access-from>, directly into <cross-domain-policy>"
)]
#[case::a_root_in_the_root(
    "<cross-domain-policy/>",
    "keep one <cross-domain-policy>, and close it with </cross-domain-policy>"
)]
fn a_misplaced_element_is_told_where_it_belongs(#[case] elements: &str, #[case] help: &str) {
    let found = only(rules::UNKNOWN_ELEMENT, elements);
    assert_eq!(found.help(), help);
    assert!(!found.message().contains("not part of a policy file"), "{found}");
}

#[rstest]
#[case::singular("to-port", "to-ports")]
#[case::one_word("toports", "to-ports")]
#[case::ports("ports", "to-ports")]
#[case::port("port", "to-ports")]
#[case::underscore("to_ports", "to-ports")]
#[case::capitals("To-Ports", "to-ports")]
#[case::plural("domains", "domain")]
#[case::a_typing_error("doman", "domain")]
#[case::host("host", "domain")]
#[case::capital("Secure", "secure")]
fn a_misspelt_attribute_leads_to_the_right_one(#[case] written: &str, #[case] meant: &str) {
    let element = format!("<allow-access-from domain='a' to-ports='1' {written}='1'/>");
    let found = only(rules::UNKNOWN_ATTRIBUTE, &element);
    assert_eq!(found.help(), format!("did you mean {meant}?"));
}

#[test]
fn an_attribute_that_is_like_none_has_no_suggestion() {
    let element = "<allow-access-from domain='a' to-ports='1' comment='x'/>";
    assert_eq!(only(rules::UNKNOWN_ATTRIBUTE, element).help(), rules::UNKNOWN_ATTRIBUTE.help());
}

#[rstest]
#[case::to_ports(
    "<allow-access-from domain='a' toports='1'/>",
    rules::MISSING_TO_PORTS,
    "write to-ports in place of toports"
)]
#[case::domain(
    "<allow-access-from domains='a' to-ports='1'/>",
    rules::MISSING_DOMAIN,
    "write domain in place of domains"
)]
#[case::meta_policy(
    "<site-control permitted-cross-domain-policy='all'/>",
    rules::UNKNOWN_META_VALUE,
    "write permitted-cross-domain-policies in place of permitted-cross-domain-policy"
)]
fn a_missing_attribute_that_is_misspelt_is_to_be_renamed(
    #[case] element: &str,
    #[case] rule: Rule,
    #[case] help: &str,
) {
    assert_eq!(only(rule, element).help(), help);
}

#[rstest]
#[case::underscore("master_only", "did you mean \"master-only\"?")]
#[case::capitals("Master-Only", "did you mean \"master-only\"?")]
#[case::one_word("masteronly", "did you mean \"master-only\"?")]
#[case::upper_case("ALL", "did you mean \"all\"?")]
#[case::blank(" all", "did you mean \"all\"?")]
#[case::star("*", "write \"all\" if every policy of the host may count")]
#[case::anything("yes", "use none, master-only or all, in lower case")]
fn a_misspelt_meta_policy_leads_to_the_right_one(#[case] written: &str, #[case] help: &str) {
    let element = format!("<site-control permitted-cross-domain-policies='{written}'/>");
    assert_eq!(only(rules::UNKNOWN_META_VALUE, &element).help(), help);
}

#[test]
fn a_meta_policy_of_http_is_suggested_for_data_only() {
    let element = "<site-control permitted-cross-domain-policies='by_content_type'/>";
    let help = |kind| {
        let policy = PolicyFile::parse_as(kind, policy(&format!("{RULE}{element}"))).unwrap();
        let found = policy.diagnostics().iter();
        let found = found.filter(|one| *one.rule() == rules::UNKNOWN_META_VALUE);
        found.map(|one| one.help().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(help(PolicyKind::Url), ["did you mean \"by-content-type\"?"]);
    assert_eq!(help(PolicyKind::Socket), [rules::UNKNOWN_META_VALUE.help()]);
}

#[test]
fn a_misspelt_value_of_secure_leads_to_the_right_one() {
    let element = "<allow-access-from domain='a' to-ports='1' secure='TRUE'/>";
    assert_eq!(only(rules::BAD_SECURE_VALUE, element).help(), "did you mean \"true\"?");
}

#[rstest]
#[case::too_large("80000", "write ports from 1 to 65535: 80000 is too large")]
#[case::zero("0", "write ports from 1 to 65535: 0 is no port")]
#[case::too_large_in_a_range("5000-70000", "write ports from 1 to 65535: 70000 is too large")]
#[case::zero_in_a_range("0-80", "write ports from 1 to 65535: 0 is no port")]
#[case::too_large_and_reversed("70000-80", "write ports from 1 to 65535: 70000 is too large")]
#[case::reversed("6000-5000", "write the smaller port first: 5000-6000")]
#[case::reversed_with_a_colon("6000:5000", "write the smaller port first: 5000-6000")]
#[case::colon("1000:2000", "write the range with a hyphen: 1000-2000")]
#[case::en_dash("1000–2000", "write the range with a hyphen: 1000-2000")]
#[case::em_dash("1000—2000", "write the range with a hyphen: 1000-2000")]
#[case::minus_sign("1000−2000", "write the range with a hyphen: 1000-2000")]
#[case::en_dash_and_blanks("1000 – 2000", "write the range with a hyphen: 1000-2000")]
#[case::dots("1000..2000", "write the range with a hyphen: 1000-2000")]
#[case::word("1000 to 2000", "write the range with a hyphen: 1000-2000")]
#[case::tilde("1000~2000", "write the range with a hyphen: 1000-2000")]
#[case::no_end("8000-", "write both ends of the range, such as 8000-65535")]
#[case::star_as_end("8000-*", "write both ends of the range, such as 8000-65535")]
#[case::no_beginning("-8000", "write both ends of the range, such as 1-8000")]
#[case::stars("*-*", "write to-ports=\"*\" if every port is meant")]
#[case::everything("0-65535", "write to-ports=\"*\" if every port is meant")]
#[case::all("all", "write to-ports=\"*\" if every port is meant")]
#[case::any("any", "write to-ports=\"*\" if every port is meant")]
#[case::semicolon("5000;6000", "separate the ports by commas: 5000,6000")]
#[case::blank("5000 6000", "separate the ports by commas: 5000,6000")]
#[case::bar("5000|6000", "separate the ports by commas: 5000,6000")]
#[case::semicolon_behind_a_range("5000-5010;6000", "separate the ports by commas: 5000-5010,6000")]
#[case::empty_item("80,,81", "remove the comma that has no port beside it")]
#[case::trailing_comma("80,", "remove the comma that has no port beside it")]
#[case::plus_sign("+80", "write the port as a number alone: 80")]
#[case::protocol("80/tcp", "write the port as a number alone: 80")]
#[case::name("http", "write the number of the port, not a name")]
#[case::wide_digits("５０００", "write ports in the digits 0 to 9")]
#[case::three_bounds("1-2-3", "write each range as FIRST-LAST")]
#[case::a_thousands_separator("5,000", "write 5000 without a comma")]
#[case::a_star_for_a_digit("50*", "write the first and the last port")]
#[case::question_marks_for_digits("5???", "write the first and the last port")]
#[case::anything("?", "write ports and ranges as in 1000-2000,3000")]
fn bad_ports_have_the_help_that_fits(#[case] written: &str, #[case] help: &str) {
    let invalid = written.parse::<ToPorts>().unwrap_err();
    assert_eq!(invalid.diagnostic().rule(), &rules::BAD_RANGE_SYNTAX);
    assert!(invalid.diagnostic().help().starts_with(help), "{invalid}");
}

#[test]
fn good_ports_with_blanks_are_shown_without_them() {
    let element = "<allow-access-from domain='a' to-ports='1000 - 2000'/>";
    assert_eq!(only(rules::BLANKS_IN_TO_PORTS, element).help(), "write to-ports=\"1000-2000\"");
}

#[rstest]
#[case::https("https://a.example", "secure=\"true\"")]
#[case::http("http://a.example", "write the bare host")]
#[case::no_dot("*a.example", "write *.a.example")]
#[case::the_end("a.*", "write *.example.com")]
#[case::addresses("192.168.*", "one by one")]
#[case::a_network("10.0.0.0/8", "one by one")]
#[case::two_hosts("a.example,b.example", "an <allow-access-from> for each host")]
#[case::two_hosts_and_a_blank("a.example b.example", "an <allow-access-from> for each host")]
#[case::a_regular_expression(r"www\.a\.example", r#"write domain="www.a.example""#)]
#[case::an_anchored_expression(r"^.*\.a\.example$", r#"write domain="*.a.example""#)]
#[case::a_lone_backslash(r"a.example\game", "without a backslash")]
#[case::a_network_in_a_url("http://10.0.0.0/24", "a domain is not a network")]
#[case::a_network_of_ipv6("2001:db8::/32", "a domain is not a network")]
#[case::addresses_between("10.0.0.1-10.0.0.9", "a domain is not a network")]
#[case::a_star_as_an_escape("%2A", "write the character itself: %2A")]
#[case::a_blank_as_an_escape("%20", "write the character itself: %20")]
#[case::a_zone("fe80::1%eth0", "without the zone")]
#[case::a_file("file:///c:/x", r#"write domain="*""#)]
#[case::no_host("http://", "this URL has none")]
#[case::blanks(" a.example ", r#"write domain="a.example", without the blanks"#)]
#[case::a_line_end("a.example&#10;", r#"write domain="a.example", without the blanks"#)]
#[case::blanks_around_a_star(" *", r#"write domain="*", without the blanks"#)]
#[case::blanks_around_a_wildcard(" *.a.example", r#"write domain="*.a.example""#)]
#[case::blanks_around_an_address(" ::1", r#"write domain="::1", without the blanks"#)]
#[case::two_dots("a..b", "one dot between two labels")]
#[case::two_dots_below_a_wildcard("*.a..b", "one dot between two labels")]
#[case::a_large_number("256.1.1.1", "four numbers from 0 to 255")]
#[case::five_numbers("1.1.1.1.1", "four numbers from 0 to 255")]
#[case::a_word_for_all("all", r#"write domain="*""#)]
#[case::a_word_for_none("null", "knows no host")]
#[case::not_ascii("www.münchen.de", r#"write domain="www.xn--mnchen-3ya.de""#)]
#[case::a_wildcard_not_in_ascii("*.bücher.example", r#"write domain="*.xn--bcher-kva.example""#)]
#[case::not_latin("例え.example", r#"write domain="xn--r8jz45g.example""#)]
fn a_bad_domain_has_the_help_that_fits(#[case] written: &str, #[case] help: &str) {
    let document = policy(&format!("{RULE}<allow-access-from domain='{written}' to-ports='5'/>"));
    let policy = parse(document);
    assert!(policy.diagnostics()[0].help().contains(help), "{:?}", policy.diagnostics());
}

#[test]
fn a_rule_that_says_secure_already_is_not_told_to() {
    let element = "<allow-access-from domain='https://a.example' to-ports='5' secure='true'/>";
    assert_eq!(only(rules::DOMAIN_WITH_SCHEME, element).help(), "write the bare host");
}

#[rstest]
#[case::http("http:a.example", r#"contains a scheme; use "a.example""#)]
#[case::an_address("http:192.0.2.7", r#"contains a scheme; use "192.0.2.7""#)]
#[case::one_slash("http:/a.example/x", r#"contains a scheme; use "a.example""#)]
#[case::backslashes(r"http:\\a.example\x", r#"contains a scheme; use "a.example""#)]
#[case::sockets("tcp:a.example:80", r#"contains a scheme; use "a.example""#)]
#[case::twice("http://http://a.example", r#"contains a scheme; use "a.example""#)]
#[case::a_port("a.example:80", "contains a port")]
#[case::a_port_of_a_short_name("game:80", "contains a port")]
#[case::a_path("a.example/x", "contains a path")]
#[case::a_label_of_64("1234567890123456789012345678901234567890123456789012345678901234.a", "host")]
fn a_part_of_a_url_is_called_by_its_name(#[case] written: &str, #[case] expected: &str) {
    let invalid = written.parse::<DomainPattern>().unwrap_err();
    assert!(invalid.diagnostic().message().contains(expected), "{invalid}");
}

#[test]
fn blanks_around_the_only_domain_leave_a_policy_that_grants_nothing() {
    let rule = "<allow-access-from domain=' a.example' to-ports='5'/>";
    let policy = parse(policy(rule));
    let found: Vec<_> = policy.diagnostics().iter().map(ToString::to_string).collect();
    assert!(found[0].starts_with("error FSP-D30 at 1:1: policy grants nothing"), "{found:?}");
    assert!(found[0].ends_with("write domain=\"a.example\", without the blanks around it"));
    assert!(found[1].starts_with("error FSP-D13 at 1:41"), "{found:?}");
}

#[test]
fn a_rule_with_several_wrong_names_is_shown_as_it_was_meant() {
    let rule = "<Allow-Access-From Domain='*.a.example' To-Ports='5'/>";
    let meant = "<allow-access-from domain=\"*.a.example\" to-ports=\"5\"/>";
    assert_eq!(only(rules::UNKNOWN_ELEMENT, rule).help(), format!("did you mean {meant}?"));
    let rule = "<allow-access-from domains='*.a.example' ports='5'/>";
    assert_eq!(only(rules::MISSING_DOMAIN, rule).help(), format!("write {meant}"));
    assert_eq!(only(rules::MISSING_TO_PORTS, rule).help(), format!("write {meant}"));
}

#[test]
fn an_attribute_with_a_prefix_is_quoted_as_it_is_written() {
    let rule = "<allow-access-from xmlns:q='urn:x' q:domain='*' to-ports='5'/>";
    let found = only(rules::UNKNOWN_ATTRIBUTE, rule);
    assert!(found.message().contains("no attribute q:domain"), "{found}");
    assert_eq!(only(rules::MISSING_DOMAIN, rule).help(), "write domain in place of q:domain");
}
