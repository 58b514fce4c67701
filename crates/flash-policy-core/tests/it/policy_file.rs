//! Policy documents: their meaning, their diagnostics and the positions of these (rulebook M, P, D
//! and X).

mod beginning;
mod empty_policy;
mod fake_nul;
mod hostile;
mod mistakes;
mod names;
mod values;
mod xml;

use std::fs;
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::{Diagnostic, Position, rules};
use flash_policy_core::document::{
    DomainPattern, MalformedPolicy, MetaPolicy, PolicyDocument, PolicyFile, ToPorts,
};
use rstest::rstest;

fn parse(xml: impl AsRef<[u8]>) -> PolicyFile {
    PolicyFile::parse(xml).unwrap()
}

fn rejected(xml: impl AsRef<[u8]>) -> MalformedPolicy {
    PolicyFile::parse(xml).expect_err("the document must be rejected")
}

/// Returns a document with these elements in its root, on one line.
fn policy(elements: &str) -> String {
    format!("<cross-domain-policy>{elements}</cross-domain-policy>")
}

fn with_rule(attributes: &str) -> PolicyFile {
    parse(policy(&format!("<allow-access-from {attributes}/>")))
}

/// Returns the diagnostics, each as `ID at LINE:COLUMN`.
fn ids_and_positions(diagnostics: &[Diagnostic]) -> Vec<String> {
    let at = |position: Position| format!(" at {position}");
    let id_and_position = |diagnostic: &Diagnostic| {
        let position = diagnostic.position().map(at).unwrap_or_default();
        format!("{}{position}", diagnostic.rule().id())
    };
    diagnostics.iter().map(id_and_position).collect()
}

fn ids(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|d| d.rule().id()).collect()
}

const GOOD: &str = r#"<?xml version="1.0"?>
<!DOCTYPE cross-domain-policy SYSTEM "http://www.adobe.com/xml/dtds/cross-domain-policy.dtd">
<!-- A policy with everything in it -->
<cross-domain-policy>
  <site-control permitted-cross-domain-policies="master-only"/>
  <allow-access-from domain="*.example.com" to-ports="507,516-523" secure="true"/>
  <allow-access-from domain="&#x31;27.0.0.1" to-ports='*'></allow-access-from>
</cross-domain-policy>
"#;

#[rstest]
#[case::m2_none("none", Some(MetaPolicy::None), &[])]
#[case::m2_master_only("master-only", Some(MetaPolicy::MasterOnly), &[])]
#[case::m2_all("all", Some(MetaPolicy::All), &[])]
#[case::m4_by_content_type("by-content-type", Some(MetaPolicy::ByContentType), &["FSP-S04"])]
#[case::m4_by_ftp_filename("by-ftp-filename", Some(MetaPolicy::ByFtpFilename), &["FSP-S04"])]
#[case::m4_none_this_response(
    "none-this-response",
    Some(MetaPolicy::NoneThisResponse),
    &["FSP-S04"]
)]
#[case::m5_unknown("master_only", None, &["FSP-S06"])]
#[case::m5_empty("", None, &["FSP-S06"])]
#[case::m5_case("ALL", None, &["FSP-S06"])]
#[case::m5_blank(" all", None, &["FSP-S06"])]
fn a_meta_policy_is_read_exactly(
    #[case] written: &str,
    #[case] value: Option<MetaPolicy>,
    #[case] expected: &[&str],
) {
    let xml = format!(
        "<site-control permitted-cross-domain-policies='{written}'/>\
         <allow-access-from domain='*' to-ports='*'/>"
    );
    let policy = parse(policy(&xml));
    let control = &policy.site_control()[0];
    assert_eq!((control.value(), control.written()), (value, written));
    assert_eq!(control.position(), Some(Position { line: 1, column: 22 }));
    assert_eq!(ids(policy.diagnostics()), expected);
}

#[test]
fn m5_a_site_control_without_value_is_unknown() {
    let policy = parse(policy(r#"<site-control/><allow-access-from domain="*" to-ports="*"/>"#));
    assert_eq!(policy.site_control()[0].value(), None);
    assert_eq!(ids_and_positions(policy.diagnostics()), ["FSP-S06 at 1:22"]);
}

#[test]
fn m3_several_site_controls_are_kept_and_the_strictest_is_the_least() {
    let control = |value| format!("<site-control permitted-cross-domain-policies='{value}'/>\n");
    let elements =
        control("all") + &control("none") + "<allow-access-from domain='*' to-ports='*'/>";
    let policy = parse(policy(&elements));
    let strictest = policy.site_control().iter().filter_map(|control| control.value()).min();
    assert_eq!(strictest, Some(MetaPolicy::None));
    assert_eq!(ids_and_positions(policy.diagnostics()), ["FSP-L04 at 2:1"]);
}

#[test]
fn places_are_lines_and_characters_of_the_original_text() {
    let text = "\u{feff}\r\n  <!-- é\u{1f600} --><cross-domain-policy>\r\n\t<!-- é -->\
        <allow-access-from\r\n domain='x:1'/>\r\n</cross-domain-policy>";
    let policy = parse(text);
    let expected = [
        "FSP-D17 at 1:1",
        "FSP-D16 at 1:1",
        "FSP-D30 at 2:14",
        "FSP-D01 at 3:12",
        "FSP-D06 at 4:2",
    ];
    assert_eq!(ids_and_positions(policy.diagnostics()), expected);
    assert_eq!(
        ids_and_positions(&[rejected("\n  <cross-domain-policy a=1>").diagnostic().clone()]),
        ["FSP-D22 at 2:26"]
    );
}

#[test]
fn a_malformed_policy_says_what_where_and_all_that_came_before() {
    let malformed =
        rejected("\u{feff}<cross-domain-policy>\n<allow-access-from>\n</cross-domain-policy>");
    assert_eq!(
        malformed.to_string(),
        "malformed policy, FSP-D22 at 3:1: XML error: </cross-domain-policy> stands where \
         </allow-access-from> is expected"
    );
    assert_eq!(ids(malformed.diagnostics()), ["FSP-D17", "FSP-D22"]);
}

#[test]
fn an_element_is_quoted_as_it_is_written() {
    let policy = with_rule("to-ports=' 80,\t81&#10;' domain='&lt;&quot;&amp;' secure='maybe'");
    assert_eq!(
        policy.allow_access_from()[0].to_string(),
        r#"<allow-access-from domain="&lt;&quot;&amp;" to-ports=" 80, 81&#xa;" secure="maybe"/>"#
    );
}

#[test]
fn a_message_quotes_control_characters_visibly() {
    let policy = with_rule("domain='*' to-ports='80&#10;81[s]'");
    let message = policy.diagnostics()[1].message();
    assert_eq!(message, r#"cannot parse port range "80\n81[s]" in to-ports="80\n81[s]""#);
}

#[test]
fn a_placeholder_that_nobody_filled_in_is_named() {
    let policy = with_rule("domain='*' to-ports='{port},{s}'");
    let template = &policy.diagnostics()[1];
    assert_eq!(template.rule(), &rules::TEMPLATE_NOT_EXPANDED);
    assert_eq!(template.message(), r#"placeholder "{port},{s}" in attribute"#);
}

#[test]
fn a_built_policy_is_written_and_read_again() {
    let built = PolicyFile::builder()
        .site_control(MetaPolicy::MasterOnly)
        .allow("*.example.com", 5000..=5010)
        .allow("bücher.example", 80)
        .allow("127.0.0.1".parse::<DomainPattern>().unwrap(), ToPorts::ANY)
        .allow("[::1]", [80..=80, 90..=99])
        .allow_secure("bank.example", "443, 8000-8010")
        .build();
    assert!(built.diagnostics().is_empty());
    assert_eq!(built.allow_access_from()[0].position(), None);

    let read = parse(built.to_xml());
    assert_eq!(read.to_xml(), built.to_xml());
    assert_eq!(read.to_xml(), read.to_string());
    for (read, built) in read.allow_access_from().iter().zip(built.allow_access_from()) {
        assert_eq!((read.domain(), read.to_ports()), (built.domain(), built.to_ports()));
        assert_eq!(read.secure(), built.secure());
        assert_eq!(read.to_string(), built.to_string());
    }
    assert_eq!(ids(read.diagnostics()), ["FSP-D13"]);
}

#[test]
fn a_parsed_policy_is_written_and_read_again() {
    let read = parse(GOOD);
    assert!(read.diagnostics().is_empty());
    assert_eq!(parse(read.to_xml()).to_xml(), read.to_xml());
    assert_eq!(read.allow_access_from()[1].domain().unwrap().to_string(), "127.0.0.1");
}

#[rstest]
#[case::domain("a.com:80", "5000", "FSP-D06")]
#[case::ports("a.com", "5000-", "FSP-D04")]
#[case::the_domain_comes_first("http://a.com", "x", "FSP-D05")]
fn the_builder_refuses_what_grants_nothing(
    #[case] domain: &str,
    #[case] ports: &str,
    #[case] id: &str,
) {
    let builder = PolicyFile::builder().allow(domain, ports).allow("*.", "also wrong");
    assert_eq!(builder.try_build().unwrap_err().diagnostic().rule().id(), id);
}

#[test]
#[should_panic(expected = "the policy cannot be built: domain=\"a.com:80\" contains a port")]
fn build_panics_with_the_reason() {
    let _ = PolicyFile::builder().allow("a.com:80", 5000).build();
}

#[test]
fn a_policy_document_is_whatever_bytes_it_is_given() {
    let text = String::from("HTTP/1.1");
    let documents: [PolicyDocument; 6] = [
        "HTTP/1.1".into(),
        (&text).into(),
        text.clone().into(),
        b"HTTP/1.1".into(),
        b"HTTP/1.1".as_slice().into(),
        b"HTTP/1.1".to_vec().into(),
    ];
    assert!(documents.iter().all(|document| document.as_bytes() == b"HTTP/1.1"));
    let policy = PolicyFile::builder().allow("*", 1).build();
    assert_eq!(PolicyDocument::from(&policy), PolicyDocument::from(policy));
}

fn documents(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let documents = paths.filter(|path| path.extension().is_some_and(|ext| ext == "xml"));
    documents.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn every_good_document_is_read_without_an_error() {
    for (path, bytes) in documents("good") {
        let policy =
            PolicyFile::parse(bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!policy.allow_access_from().is_empty(), "{}", path.display());
        assert_eq!(policy.diagnostics(), [], "{}", path.display());
    }
}

#[test]
fn every_bad_document_yields_the_rule_that_it_is_named_after() {
    for (path, bytes) in documents("bad") {
        let id = path.file_name().unwrap().to_str().unwrap()[..7].to_uppercase();
        let found = match PolicyFile::parse(bytes) {
            Ok(policy) => policy.diagnostics().to_vec(),
            Err(malformed) => malformed.diagnostics().to_vec(),
        };
        assert!(
            ids(&found).contains(&id.as_str()),
            "{}: {:?}",
            path.display(),
            ids_and_positions(&found)
        );
    }
}

#[test]
fn every_rule_has_one_id_a_name_a_text_and_one_imperative() {
    for (index, rule) in rules::ALL.iter().enumerate() {
        assert!(rules::ALL[..index].iter().all(|other| other.id() != rule.id()), "{rule}");
        assert_eq!(rules::find(&rule.id().to_lowercase()), Some(rule));
        assert!(!rule.name().is_empty() && !rule.name().contains(' '), "{rule}");
        assert!(!rule.text().is_empty() && !rule.help().is_empty(), "{rule}");
        assert!(!rule.help().contains('{') && !rule.help().ends_with('.'), "{rule}");
        assert!(rule.help().starts_with(|c: char| c.is_lowercase()), "{rule}: {}", rule.help());
        assert_eq!(rule.text().matches('{').count(), rule.text().matches('}').count(), "{rule}");
    }
    let group =
        |letter| rules::ALL.iter().filter(|rule| rule.id()[4..].starts_with(letter)).count();
    assert_eq!(['T', 'D', 'S', 'R', 'B', 'O'].map(group), [40, 32, 16, 11, 10, 17]);
}
