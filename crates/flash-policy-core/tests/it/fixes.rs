//! Automatic fixes: the bytes they change, and the bytes they leave alone.

use flash_policy_core::analysis::{Linter, apply_fixes};
use flash_policy_core::document::PolicyKind;
use rstest::rstest;

fn fixed(document: impl AsRef<[u8]>) -> Vec<u8> {
    let document = document.as_ref();
    apply_fixes(document, &Linter::new(PolicyKind::Socket).fixes(document))
}

fn rule(attributes: &str) -> String {
    format!(
        "<cross-domain-policy>\r\n\t<allow-access-from {attributes}/>\r\n</cross-domain-policy>\r\n"
    )
}

#[rstest]
#[case::d05_scheme(
    r#"domain="http://www.b.example" to-ports="1""#,
    r#"domain="www.b.example" to-ports="1""#
)]
#[case::d05_scheme_port_and_path(
    "domain = 'https://www.b.example:80/a?b' to-ports='1'",
    "domain = 'www.b.example' to-ports='1'"
)]
#[case::d06_port(
    r#"to-ports="1" domain="www.b.example:8080""#,
    r#"to-ports="1" domain="www.b.example""#
)]
#[case::d07_slash(
    r#"domain="www.b.example/" to-ports="1""#,
    r#"domain="www.b.example" to-ports="1""#
)]
#[case::d05_of_a_wildcard(
    r#"domain="http://*.b.example/" to-ports="1""#,
    r#"domain="*.b.example" to-ports="1""#
)]
#[case::d06_an_address(r#"domain="[::1]:80" to-ports="1""#, r#"domain="[::1]" to-ports="1""#)]
#[case::l01_blanks(
    r#"domain="*.b.example" to-ports=" 80, 100 - 200 ""#,
    r#"domain="*.b.example" to-ports="80,100-200""#
)]
#[case::non_ascii_before(
    "domain='http://bücher.example/'\tto-ports='1, 2'",
    "domain='bücher.example'\tto-ports='1,2'"
)]
fn what_is_mechanical_is_mended(#[case] written: &str, #[case] expected: &str) {
    assert_eq!(String::from_utf8(fixed(rule(written))).unwrap(), rule(expected));
}

#[rstest]
#[case::good(r#"domain="www.b.example" to-ports="1""#)]
#[case::blanks_that_join_two_ports(r#"domain="www.b.example" to-ports="80 81""#)]
#[case::what_is_a_reference(r#"domain="http:&#47;&#47;a.com" to-ports="1""#)]
#[case::a_url_without_a_host(r#"domain="http:///x" to-ports="1""#)]
#[case::a_wildcard_in_the_middle(r#"domain="www.*.com" to-ports="1""#)]
#[case::everybody(r#"domain="http://*/" to-ports="1""#)]
#[case::everybody_with_a_port(r#"domain="*:80" to-ports="1""#)]
#[case::two_sites(r#"domain="http://a.example/, http://b.example/" to-ports="1""#)]
#[case::two_sites_and_a_slash(r#"domain="a.example/b.example" to-ports="1""#)]
#[case::a_network(r#"domain="10.0.0.0/8" to-ports="1""#)]
#[case::blanks_within(r#"domain="http:// a.example /" to-ports="1""#)]
#[case::a_missing_attribute(r#"domain="www.b.example""#)]
fn what_needs_a_thought_is_left(#[case] written: &str) {
    assert_eq!(String::from_utf8(fixed(rule(written))).unwrap(), rule(written));
}

#[test]
fn a_byte_order_mark_and_leading_blanks_go() {
    let good = rule(r#"domain="www.b.example" to-ports="1""#);
    assert_eq!(fixed(format!("\u{feff}\n  {good}")), good.as_bytes());
}

#[test]
fn what_is_suppressed_stays() {
    let document = "<cross-domain-policy>\n<!-- flash-policy-allow FSP-L01: aligned -->\n\
        <allow-access-from domain='a.b.example' to-ports='1, 2'/>\n</cross-domain-policy>";
    assert_eq!(fixed(document), document.as_bytes());
}

#[test]
fn what_is_no_utf8_is_left() {
    let document = b"\xef\xbb\xbf<cross-domain-policy>\xff</cross-domain-policy>";
    assert_eq!(fixed(document), document);
}

#[test]
fn a_mended_document_needs_no_further_mend() {
    let document = "\u{feff} <cross-domain-policy>\
        <allow-access-from domain='http://a.example:1/' to-ports='1 , 2'/></cross-domain-policy>";
    let once = fixed(document);
    assert_eq!(fixed(&once), once);
    assert_eq!(Linter::new(PolicyKind::Socket).fixes(&once), []);
}
