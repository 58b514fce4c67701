//! The XML around the rules: what is rejected, what leads to a diagnostic, and what is accepted
//! (rulebook X1-X9).

use flash_policy_core::diagnostics::rules;
use flash_policy_core::document::MetaPolicy;
use rstest::rstest;

use super::{ids_and_positions, parse, policy, rejected, with_rule};

#[rstest]
#[case::x1_text_before_root("hello <cross-domain-policy/>", "FSP-L12 at 1:1")]
#[case::x1_only_text("hello", "FSP-L12 at 1:1")]
#[case::x1_instruction_before_root("<?php echo 1 ?><cross-domain-policy/>", "FSP-L12 at 1:1")]
#[case::x1_script_source("<?php\n$a = 1;\n", "FSP-L12 at 1:1")]
#[case::x1_text_after_root("<cross-domain-policy/>\n  bye", "FSP-D20 at 2:3")]
#[case::x1_instruction_after_root("<cross-domain-policy/><?php ?>", "FSP-D20 at 1:23")]
#[case::x1_close_tag_after_root("<cross-domain-policy/></a>", "FSP-D20 at 1:23")]
#[case::x1_second_root("<cross-domain-policy/>\n<access-policy/>", "FSP-D24 at 2:1")]
#[case::x1_wrong_root("<cross-domain/>", "FSP-D23 at 1:1")]
#[case::x1_html("<!doctype html>\n<html><body>Not found<br></html>", "FSP-D23 at 2:1")]
#[case::x1_html_upper_case("<!DOCTYPE html>\n<html/>", "FSP-D23 at 2:1")]
#[case::x1_text_in_root("<cross-domain-policy>\n  text</cross-domain-policy>", "FSP-L06 at 2:3")]
#[case::x1_cdata_in_root(
    "<cross-domain-policy><![CDATA[x]]></cross-domain-policy>",
    "FSP-L06 at 1:22"
)]
#[case::x1_text_in_rule(
    "<cross-domain-policy><allow-access-from>x</allow-access-from></cross-domain-policy>",
    "FSP-L06 at 1:41"
)]
#[case::x1_reference_in_root(
    "<cross-domain-policy>&#120;</cross-domain-policy>",
    "FSP-L06 at 1:22"
)]
#[case::x1_truncated("<cross-domain-policy>\n<allow-access-from domain='*'", "FSP-D21 at 2:30")]
#[case::x1_truncated_in_a_value(
    "<cross-domain-policy>\n<allow-access-from domain='*.exa",
    "FSP-D21 at 2:33"
)]
#[case::x1_truncated_between("<cross-domain-policy>\n", "FSP-D21 at 2:1")]
#[case::x1_truncated_close_tag("<cross-domain-policy></cross-", "FSP-D21 at 1:30")]
#[case::x1_truncated_root("<cross-domain-pol", "FSP-D21 at 1:18")]
#[case::x1_truncated_comment("<!-- <cross-domain-policy/>", "FSP-D21 at 1:28")]
#[case::x1_unclosed_rule(
    "<cross-domain-policy><allow-access-from></cross-domain-policy>",
    "FSP-D22 at 1:41"
)]
#[case::x1_unquoted(
    "<cross-domain-policy><allow-access-from domain=*/></cross-domain-policy>",
    "FSP-D22 at 1:48"
)]
#[case::x1_unquoted_and_truncated(
    "<cross-domain-policy><allow-access-from domain=*/>",
    "FSP-D22 at 1:48"
)]
#[case::x1_bare_ampersand(
    "<cross-domain-policy><allow-access-from domain='&'/></cross-domain-policy>",
    "FSP-D22 at 1:49"
)]
#[case::x1_undeclared_entity(
    "<cross-domain-policy><allow-access-from domain='&lol;'/></cross-domain-policy>",
    "FSP-D22 at 1:49"
)]
#[case::x1_control_character("<cross-domain-policy>\u{1}</cross-domain-policy>", "FSP-D22 at 1:22")]
#[case::x1_two_declarations(
    "<?xml version='1.0'?><?xml version='1.0'?><cross-domain-policy/>",
    "FSP-D22 at 1:22"
)]
#[case::x1_declaration_disguised_as_an_instruction(
    "<?xml\n?><?xml\n?><!DOCTYPE a [<!ENTITY l 'l'>]><cross-domain-policy/>",
    "FSP-D22 at 2:3"
)]
#[case::x1_repeated_attribute(
    "<cross-domain-policy><a b='1' b='2'/></cross-domain-policy>",
    "FSP-D27 at 1:31"
)]
#[case::x1_comment_before_declaration(
    "<!-- c --><?xml version='1.0'?><cross-domain-policy/>",
    "FSP-D32 at 1:11"
)]
#[case::x1_doctype_inside(
    "<cross-domain-policy><!DOCTYPE x [<!ENTITY a 'b'>]></cross-domain-policy>",
    "FSP-D22 at 1:22"
)]
#[case::x3_internal_subset(
    "<!DOCTYPE cross-domain-policy [ ]><cross-domain-policy/>",
    "FSP-D28 at 1:1"
)]
#[case::x3_internal_subset_after_id(
    "\n<!DOCTYPE cross-domain-policy SYSTEM '>[' [<!ENTITY a 'b'>]><cross-domain-policy/>",
    "FSP-D28 at 2:1"
)]
#[case::x4_prefixed_root("<p:cross-domain-policy xmlns:p='urn:p'/>", "FSP-L07 at 1:1")]
#[case::x4_prefixed_rule(
    "<cross-domain-policy><p:allow-access-from/></cross-domain-policy>",
    "FSP-L07 at 1:22"
)]
#[case::x4_default_namespace("<cross-domain-policy xmlns='urn:p'/>", "FSP-L07 at 1:1")]
#[case::x4_default_namespace_of_a_rule(
    "<cross-domain-policy>\r\n<allow-access-from xmlns='urn:p'/></cross-domain-policy>",
    "FSP-L07 at 2:1"
)]
#[case::x5_case_of_the_root("<CROSS-DOMAIN-POLICY/>", "FSP-D23 at 1:1")]
#[case::x6_not_utf8(
    b"<cross-domain-policy>\n<!-- \xc3\xa9 \xe9 --></cross-domain-policy>",
    "FSP-L10 at 2:8"
)]
#[case::x6_utf16_le(b"\xff\xfe<\0c\0r\0", "FSP-D18 at 1:1")]
#[case::x6_utf16_be(b"\xfe\xff\0<\0c", "FSP-D18 at 1:1")]
#[case::x6_utf16_without_mark(b"<\0c\0r\0", "FSP-D18 at 1:1")]
#[case::x6_length_prefix(b"\x00\x16<cross-domain-policy/>", "FSP-L13 at 1:1")]
#[case::x6_length_prefix_with_nul(b"\x00\x17<cross-domain-policy/>\0", "FSP-L13 at 1:1")]
#[case::x7_no_bytes("", "FSP-L11 at 1:1")]
#[case::x7_only_a_nul("\0", "FSP-L11 at 1:1")]
#[case::x7_only_blanks(" \n", "FSP-L11 at 2:1")]
#[case::x7_only_a_declaration("<?xml version='1.0'?>", "FSP-L11 at 1:22")]
#[case::w9_http("HTTP/1.1 400 Bad Request\r\n\r\n", "FSP-T10 at 1:1")]
#[case::w9_tls_alert(b"\x15\x03\x01\x00\x02\x02\x46", "FSP-T12 at 1:1")]
#[case::fake_nul_java("<cross-domain-policy/>u0000", "FSP-T16 at 1:23")]
#[case::fake_nul_single_quotes("<cross-domain-policy/>\\0", "FSP-T16 at 1:23")]
#[case::fake_nul_node("<cross-domain-policy/>\n/n", "FSP-T16 at 2:1")]
fn a_document_is_rejected_as_a_whole(#[case] document: impl AsRef<[u8]>, #[case] expected: &str) {
    let malformed = rejected(document);
    assert_eq!(ids_and_positions(&[malformed.diagnostic().clone()]), [expected], "{malformed}");
    assert_eq!(malformed.diagnostics().last(), Some(malformed.diagnostic()));
}

#[rstest]
#[case::x2_newline_before_declaration("\n<?xml version='1.0'?>\n", "\n", &["FSP-D16 at 1:1"])]
#[case::x2_blanks_before_root(" \t", "", &["FSP-D16 at 1:1"])]
#[case::x2_blanks_after_root("", "\r\n \n", &[])]
#[case::x3_no_declaration("", "", &[])]
#[case::x3_declaration("<?xml version='1.0' encoding='UTF-8'?>", "", &[])]
#[case::x3_adobe_doctype(
    "<!DOCTYPE cross-domain-policy SYSTEM \
     \"http://www.adobe.com/xml/dtds/cross-domain-policy.dtd\">",
    "",
    &[]
)]
#[case::x3_macromedia_doctype(
    "<!DOCTYPE cross-domain-policy SYSTEM \
     'http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd' >",
    "",
    &[]
)]
#[case::x3_relative_doctype(
    "<!DOCTYPE cross-domain-policy SYSTEM '/xml/dtds/cross-domain-policy.dtd'>",
    "",
    &[]
)]
#[case::x3_doctype_without_id("<!DOCTYPE cross-domain-policy>", "", &[])]
#[case::x3_unusual_doctype(
    "<!-- [ -->\n<!DOCTYPE cross-domain-policy SYSTEM 'policy.dtd'>",
    "",
    &["FSP-D25 at 2:1"]
)]
#[case::x1_comments_around("<!-- a --><!-- b -->", "<!-- c -->", &[])]
#[case::x6_byte_order_mark("\u{feff}", "", &["FSP-D17 at 1:1"])]
#[case::x6_mark_and_newline("\u{feff}\n", "", &["FSP-D16 at 1:1", "FSP-D17 at 1:1"])]
#[case::w4_nul_at_the_end("", "\0", &[])]
#[case::w4_nuls_at_the_end("", "\0\0\0", &[])]
#[case::w4_bytes_after_the_nul("", "\0\n<junk>", &["FSP-D19 at 1:89"])]
fn what_stands_around_the_root_is_accepted(
    #[case] before: &str,
    #[case] after: &str,
    #[case] expected: &[&str],
) {
    let root = policy(r#"<allow-access-from domain="*" to-ports="80"/>"#);
    let policy = parse(format!("{before}{root}{after}"));
    assert_eq!(policy.allow_access_from().len(), 1);
    let mut found = ids_and_positions(policy.diagnostics());
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn x4_a_schema_location_on_the_root_is_no_attribute_of_the_policy() {
    let policy = parse(
        "<cross-domain-policy xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' \
         xsi:noNamespaceSchemaLocation='http://www.adobe.com/xml/schemas/PolicyFileSocket.xsd'>\
         <allow-access-from domain='*' to-ports='80'/></cross-domain-policy>",
    );
    assert!(policy.diagnostics().is_empty());
}

#[rstest]
#[case::x5_unknown_element("<foo><bar/></foo>", &["FSP-L02 at 1:67", "FSP-L02 at 1:72"])]
#[case::x5_case_of_an_element("<Allow-Access-From domain='a' to-ports='1'/>", &["FSP-L02 at 1:67"])]
#[case::x5_rule_in_a_rule(
    "<allow-access-from domain='a' to-ports='1'><allow-access-from domain='b' to-ports='2'/>\
     </allow-access-from>",
    &["FSP-L02 at 1:110"]
)]
#[case::x5_unknown_attribute(
    "<allow-access-from domain='a' to-ports='1' port='2'/>",
    &["FSP-L03 at 1:110"]
)]
#[case::x5_namespaced_attribute(
    "<allow-access-from xmlns:p='urn:p' p:domain='a' domain='b' to-ports='1'/>",
    &["FSP-L03 at 1:102"]
)]
#[case::x5_headers(
    "<allow-http-request-headers-from domain='*' headers='*'/>",
    &["FSP-D26 at 1:67"]
)]
#[case::x5_identity(
    "<allow-access-from-identity><signatory><certificate/></signatory>\
     </allow-access-from-identity>",
    &["FSP-D26 at 1:67"]
)]
#[case::x9_bad_secure(
    "<allow-access-from domain='a' to-ports='1' secure='yes'/>",
    &["FSP-L05 at 1:110"]
)]
fn what_has_no_effect_is_remarked(#[case] element: &str, #[case] expected: &[&str]) {
    let rule = r#"<allow-access-from domain="*" to-ports="80"/>"#;
    let policy = parse(policy(&format!("{rule}{element}")));
    assert_eq!(ids_and_positions(policy.diagnostics()), expected);
}

#[rstest]
#[case::x9_true("secure='true'", Some(true))]
#[case::x9_false("secure='false'", Some(false))]
#[case::x9_absent("", None)]
#[case::x9_unknown("secure='TRUE'", None)]
fn x9_secure_is_read_exactly(#[case] attribute: &str, #[case] expected: Option<bool>) {
    let policy = with_rule(&format!("domain='*' to-ports='*' {attribute}"));
    assert_eq!(policy.allow_access_from()[0].secure(), expected);
}

#[test]
fn x6_latin_1_is_read_when_it_is_declared() {
    let body = b"<cross-domain-policy><!-- f\xfcr --><allow-access-from domain='\xe9.fr' \
        to-ports='80'/></cross-domain-policy>";
    let declared = [b"<?xml version='1.0' encoding=\"ISO-8859-1\"?>", body.as_slice()].concat();
    assert_eq!(parse(declared).allow_access_from()[0].domain().unwrap().to_string(), "é.fr");
    assert_eq!(rejected(body).diagnostic().rule(), &rules::UNDECODABLE_BYTE);
}

#[test]
fn x7_an_empty_root_is_valid_and_grants_nothing() {
    let policy = parse("<cross-domain-policy/>");
    assert!(policy.allow_access_from().is_empty() && policy.site_control().is_empty());
    assert_eq!(ids_and_positions(policy.diagnostics()), ["FSP-D30 at 1:1"]);
}

#[test]
fn x8_the_order_of_elements_is_free() {
    let policy = parse(policy(
        "<allow-access-from domain='*' to-ports='1'/>\
         <site-control permitted-cross-domain-policies='all'/>",
    ));
    assert_eq!(policy.site_control()[0].value(), Some(MetaPolicy::All));
    assert!(policy.diagnostics().is_empty());
}
