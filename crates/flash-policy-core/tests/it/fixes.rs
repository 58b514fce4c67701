//! Automatic fixes: the bytes they change, and the bytes they leave alone.

use flash_policy_core::analysis::{Fix, Linter, Revival, apply_fixes};
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
#[case::a_scheme_twice(r#"domain="http://http://a.example" to-ports="1""#)]
#[case::blanks_within(r#"domain="http:// a.example /" to-ports="1""#)]
#[case::a_missing_attribute(r#"domain="www.b.example""#)]
#[case::a_regular_expression(r#"domain="www\.b\.example" to-ports="1""#)]
#[case::a_regular_expression_in_a_url(r#"domain="http://www\.b\.example" to-ports="1""#)]
#[case::the_first_of_two_hosts(r#"domain="evil.example\.b.example" to-ports="1""#)]
#[case::backslashes_for_slashes(r#"domain="http:\\b.example" to-ports="1""#)]
#[case::a_scheme_without_slashes(r#"domain="http:www.b.example" to-ports="1""#)]
#[case::a_scheme_with_one_slash(r#"domain="http:/www.b.example" to-ports="1""#)]
#[case::another_scheme_without_slashes(r#"domain="tcp:b.example" to-ports="1""#)]
#[case::a_scheme_with_a_port(r#"domain="http:80" to-ports="1""#)]
#[case::no_known_scheme(r#"domain="b.example://a" to-ports="1""#)]
#[case::a_file(r#"domain="file://server/share" to-ports="1""#)]
#[case::a_network_in_a_url(r#"domain="http://10.0.0.0/24" to-ports="1""#)]
#[case::a_port_that_is_a_word(r#"domain="b.example:http" to-ports="1""#)]
#[case::no_port(r#"domain="b.example:" to-ports="1""#)]
#[case::a_port_that_is_too_large(r#"domain="b.example:70000" to-ports="1""#)]
#[case::several_ports(r#"domain="b.example:80-90" to-ports="1""#)]
#[case::user_info(r#"domain="http://b.example:80@a.example/" to-ports="1""#)]
#[case::user_info_in_a_fragment(r#"domain="http://b.example#@a.example/" to-ports="1""#)]
#[case::an_escape(r#"domain="http://b%2Eexample/" to-ports="1""#)]
#[case::a_placeholder(r#"domain="http://$HOST/" to-ports="1""#)]
#[case::an_address_that_is_none(r#"domain="256.1.1.1:80" to-ports="1""#)]
#[case::two_dots(r#"domain="http://b..example/" to-ports="1""#)]
#[case::an_empty_value_after_a_scheme(r#"domain="http://" to-ports="1""#)]
fn what_needs_a_thought_is_left(#[case] written: &str) {
    assert_eq!(String::from_utf8(fixed(rule(written))).unwrap(), rule(written));
}

#[test]
fn a_byte_order_mark_and_leading_blanks_go() {
    let good = rule(r#"domain="www.b.example" to-ports="1""#);
    assert_eq!(fixed(format!("\u{feff}\n  {good}")), good.as_bytes());
}

#[rstest]
#[case::twice("\u{feff}\u{feff}")]
#[case::thrice("\u{feff}\u{feff}\u{feff}")]
#[case::around_a_line_end("\u{feff}\r\n\u{feff}")]
#[case::after_a_line_end("\n\u{feff}")]
#[case::between_blanks(" \u{feff} \u{feff}\t")]
fn every_byte_order_mark_goes_at_once(#[case] before: &str) {
    let faulty = rule(r#"domain="http://www.b.example" to-ports="1, 2""#);
    let good = rule(r#"domain="www.b.example" to-ports="1,2""#);
    assert_eq!(fixed(format!("{before}{faulty}")), good.as_bytes());
}

#[rstest]
#[case::marks_only("FSP-D17", "\u{feff}\n\u{feff} ", "\n ")]
#[case::blanks_only("FSP-D16", "\u{feff}\n\u{feff} ", "\u{feff}\u{feff}")]
#[case::blanks_after_a_mark("FSP-D16", "\u{feff}\n ", "\u{feff}")]
#[case::a_mark_before_blanks("FSP-D17", "\u{feff}\n ", "\n ")]
fn of_the_beginning_only_what_is_wanted_goes(
    #[case] id: &str,
    #[case] before: &str,
    #[case] expected: &str,
) {
    let good = rule(r#"domain="www.b.example" to-ports="1""#);
    let document = format!("{before}{good}");
    let linter = Linter::new(PolicyKind::Socket);
    let fixes = linter.fixes_of(document.as_bytes(), |finding| finding.rule().id() == id);
    let fixed = apply_fixes(&document, &fixes);
    assert_eq!(String::from_utf8(fixed).unwrap(), format!("{expected}{good}"));
}

#[rstest]
#[case::a_scheme(
    r#"domain="http://a.example" to-ports="1""#,
    Some(r#"<allow-access-from domain="a.example" to-ports="1"/> now grants"#)
)]
#[case::a_port(
    r#"domain="a.example:80" to-ports="1, 2""#,
    Some(r#"<allow-access-from domain="a.example" to-ports="1,2"/> now grants"#)
)]
#[case::a_path(
    r#"domain="a.example/" to-ports="1""#,
    Some(r#"<allow-access-from domain="a.example" to-ports="1"/> now grants"#)
)]
#[case::a_rule_that_stays_void(r#"domain="a.example/""#, None)]
#[case::blanks(r#"domain="a.example" to-ports="1, 2""#, None)]
fn a_fix_that_revives_a_rule_says_so(#[case] written: &str, #[case] expected: Option<&str>) {
    let fixes = Linter::new(PolicyKind::Socket).fixes(rule(written));
    let revived: Vec<_> = fixes.iter().filter_map(Fix::revives).map(ToString::to_string).collect();
    assert_eq!(revived, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_fix_revives_nothing_that_the_meta_policy_voids() {
    let document = "<cross-domain-policy><site-control permitted-cross-domain-policies='none'/>\
        <allow-access-from domain='http://a.example' to-ports='1'/></cross-domain-policy>";
    let fixes = Linter::new(PolicyKind::Socket).fixes(document);
    assert_eq!(fixes.iter().map(Fix::revives).collect::<Vec<_>>(), [None]);
}

#[test]
fn a_fix_that_revives_the_whole_document_says_so() {
    let document = format!("\u{feff}\u{feff}{}", rule(r#"domain="a.example" to-ports="1""#));
    let fixes = Linter::new(PolicyKind::Socket).fixes(document);
    assert_eq!(fixes[0].revives(), Some(&Revival::Policy(1)));
    let text = fixes[0].revives().unwrap().to_string();
    assert_eq!(text, "players accept the document now, and 1 rule grants");
}

#[test]
fn a_fix_in_a_policy_for_data_says_what_it_revives() {
    let document = "<cross-domain-policy><allow-access-from domain='https://a.example'/>\
        <allow-http-request-headers-from domain='http://b.example' headers='X-A'/>\
        </cross-domain-policy>";
    let fixes = Linter::new(PolicyKind::Url).fixes(document);
    let revived: Vec<_> = fixes.iter().filter_map(Fix::revives).map(ToString::to_string).collect();
    assert_eq!(
        revived,
        [
            "<allow-access-from domain=\"a.example\"/> now grants",
            "<allow-http-request-headers-from domain=\"b.example\" …/> now grants",
        ]
    );
    assert!(fixes.iter().all(|fix| fix.caution().is_none()));
}

#[rstest]
#[case::https(r#"domain="https://a.example" to-ports="1""#, true)]
#[case::https_in_capitals(r#"domain="HTTPS://a.example" to-ports="1""#, true)]
#[case::http(r#"domain="http://a.example" to-ports="1""#, false)]
#[case::secure_already(r#"domain="https://a.example" to-ports="1" secure="true""#, false)]
fn a_url_of_https_that_becomes_a_host_is_a_reason_for_caution(
    #[case] written: &str,
    #[case] expected: bool,
) {
    let fixes = Linter::new(PolicyKind::Socket).fixes(rule(written));
    let caution = fixes[0].caution();
    assert_eq!(caution.is_some_and(|text| text.contains("secure=\"true\"")), expected);
}

/// Returns documents with every combination of these mistakes.
fn mistakes() -> Vec<String> {
    let beginnings = ["", "\u{feff}", "\u{feff}\u{feff}", "\n", "\u{feff}\n", "\n\u{feff}\n"];
    let domains =
        ["a.example", "http://a.example/", "a.example:80/x", "[::1]:80", "*.a", "http://"];
    let ports = ["1", "1, 2", "1 - 2", "1 2", " * "];
    let ends = ["", "\\0", "\0junk", "<a/>"];
    let mut documents = Vec::new();
    for beginning in beginnings {
        for domain in domains {
            for ports in ports {
                let rule = rule(&format!(r#"domain="{domain}" to-ports="{ports}""#));
                documents.extend(ends.iter().map(|end| format!("{beginning}{rule}{end}")));
            }
        }
    }
    documents
}

#[test]
fn to_fix_twice_is_to_fix_once() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policies");
    let folders =
        ["good", "bad"].map(|name| std::fs::read_dir(format!("{folder}/{name}")).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = files.map(|path| std::fs::read(path).unwrap());
    let generated = mistakes().into_iter().map(String::into_bytes);
    for document in files.chain(generated) {
        for kind in [PolicyKind::Socket, PolicyKind::Url] {
            let linter = Linter::new(kind);
            let once = apply_fixes(&document, &linter.fixes(&document));
            assert_eq!(linter.fixes(&once), [], "{}", document.escape_ascii());
            // Each fix alone is also done at once.
            for id in ["FSP-D05", "FSP-D06", "FSP-D07", "FSP-D16", "FSP-D17", "FSP-L01"] {
                let fixes = |document: &[u8]| {
                    linter.fixes_of(document, |finding| finding.rule().id() == id)
                };
                let once = apply_fixes(&document, &fixes(&document));
                assert_eq!(fixes(&once), [], "{id}: {}", document.escape_ascii());
            }
        }
    }
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

#[test]
fn a_document_in_iso_8859_1_is_fixed_byte_by_byte() {
    let document = |rule: &[u8]| {
        let before =
            b"<?xml version='1.0' encoding='ISO-8859-1'?><!-- f\xfcr --><cross-domain-policy>";
        [before.as_slice(), rule, b"<!-- \xe9 --></cross-domain-policy>"].concat()
    };
    let faulty = document(b"<allow-access-from domain='http://a.example/' to-ports='1, 2'/>");
    let good = document(b"<allow-access-from domain='a.example' to-ports='1,2'/>");
    assert_eq!(fixed(faulty), good);
}
