//! The diagnosis of a document: its order, its bounds, and the text that it shows.

use std::cmp::Reverse;
use std::fs;
use std::path::Path;

use flash_policy_core::diagnose_document;
use flash_policy_core::diagnostics::{Diagnostic, Severity};
use flash_policy_core::document::{PolicyFile, PolicyKind, PolicyPlace};
use rstest::rstest;

const PLACES: [PolicyPlace; 2] = [PolicyPlace::Master, PolicyPlace::Elsewhere];

/// Returns the diagnostics, each as `SEVERITY ID at LINE:COLUMN`.
fn diagnosed(document: impl AsRef<[u8]>, place: PolicyPlace) -> Vec<String> {
    let found = diagnose_document(document, PolicyKind::Socket, place);
    let line = |one: &Diagnostic| {
        let at = one.position().map(|at| format!(" at {at}")).unwrap_or_default();
        format!("{} {}{at}", one.severity(), one.rule().id())
    };
    found.iter().map(line).collect()
}

/// Diagnoses a document in every way, and checks what holds for every diagnosis.
fn check(document: &[u8]) {
    for kind in [PolicyKind::Socket, PolicyKind::Url] {
        let parsed = PolicyFile::parse_as(kind, document);
        for place in PLACES {
            let found = diagnose_document(document, kind, place);
            let shown = document.escape_ascii();
            let rest = match &parsed {
                Ok(_) => &found[..],
                Err(malformed) => {
                    assert_eq!(found.first(), Some(malformed.diagnostic()), "{shown}");
                    assert_eq!(found.len(), malformed.diagnostics().len(), "{shown}");
                    assert_eq!(found[0].severity(), Severity::Error, "{shown}");
                    &found[1..]
                }
            };
            assert!(rest.is_sorted_by(is_in_order), "{shown}: {found:#?}");
            found.iter().for_each(check_text);
        }
    }
}

fn is_in_order(one: &Diagnostic, next: &Diagnostic) -> bool {
    let is_consequence =
        |found: &Diagnostic| found.rule().id() == "FSP-D30" && found.severity() == Severity::Error;
    let rank =
        |found: &Diagnostic| (Reverse(found.severity()), is_consequence(found), found.position());
    rank(one) <= rank(next)
}

/// Checks that a message and its help are whole sentences of whole characters.
fn check_text(found: &Diagnostic) {
    for text in [found.message(), found.help()] {
        let half = ['\u{fffd}', 'Ã', 'â', '\n'].iter().find(|c| text.contains(**c));
        assert_eq!(half, None, "{found}");
        assert!(!text.is_empty() && !text.ends_with('.'), "{found}");
    }
    assert!(found.help().chars().count() < 300, "{found}");
}

#[rstest]
#[case::errors_before_warnings_before_infos(
    "<!DOCTYPE cross-domain-policy SYSTEM 'x'>\n<cross-domain-policy>\n\
     <allow-access-from domain='a' to-ports='1, 2'/>\n<allow-access-from domain='a'/>\n\
     <allow-access-from domain='http://a' to-ports='1'/>\n</cross-domain-policy>",
    &[
        "error FSP-D01 at 4:1",
        "error FSP-D05 at 5:20",
        "warning FSP-L01 at 3:31",
        "info FSP-D25 at 1:1",
    ]
)]
#[case::the_reason_for_the_rejection_comes_first(
    "\u{feff}\n<cross-domain-policy>\n</cross-domain-policy>\\0",
    &["error FSP-T16 at 3:23", "warning FSP-D17 at 1:1", "warning FSP-D16 at 1:1"]
)]
#[case::a_good_document(
    "<cross-domain-policy><allow-access-from domain='a' to-ports='1'/></cross-domain-policy>",
    &[]
)]
fn a_diagnosis_is_ordered_by_importance(#[case] document: &str, #[case] expected: &[&str]) {
    assert_eq!(diagnosed(document, PolicyPlace::Master), expected);
}

#[rstest]
#[case::unknown(
    "<site-control permitted-cross-domain-policies='*'/>",
    &["error FSP-S06 at 1:36"],
    &["warning FSP-S05 at 1:36"]
)]
#[case::known(
    "<site-control permitted-cross-domain-policies='all'/>",
    &[],
    &["warning FSP-S05 at 1:36"]
)]
#[case::meaningless(
    "<site-control permitted-cross-domain-policies='by-content-type'/>",
    &["warning FSP-S04 at 1:36"],
    &["warning FSP-S05 at 1:36"]
)]
#[case::no_value("<site-control/>", &["error FSP-S06 at 1:22"], &["warning FSP-S05 at 1:22"])]
#[case::several(
    "<site-control permitted-cross-domain-policies='all'/>\
     <site-control permitted-cross-domain-policies='none'/>",
    &["warning FSP-L04 at 1:75"],
    &["warning FSP-S05 at 1:36", "warning FSP-S05 at 1:89"]
)]
fn a_site_control_is_judged_where_it_counts(
    #[case] control: &str,
    #[case] of_the_master: &[&str],
    #[case] elsewhere: &[&str],
) {
    let rule = "<allow-access-from domain='a' to-ports='1'/>";
    let document = format!("<cross-domain-policy>{control}{rule}</cross-domain-policy>");
    assert_eq!(diagnosed(&document, PolicyPlace::Master), of_the_master);
    assert_eq!(diagnosed(&document, PolicyPlace::Elsewhere), elsewhere);
}

#[test]
fn lost_grants_are_an_error_everywhere() {
    let document = "<cross-domain-policy><allow-acces-from domain='a' to-ports='1'/>\
        </cross-domain-policy>";
    for place in PLACES {
        assert_eq!(diagnosed(document, place), ["error FSP-D30 at 1:1", "warning FSP-L02 at 1:22"]);
    }
}

const FULL: &str = "\u{feff}\n<?xml version=\"1.0\"?>\n<!DOCTYPE cross-domain-policy SYSTEM \
    \"http://www.adobe.com/xml/dtds/cross-domain-policy.dtd\">\n<!-- é – \u{1f600} -->\n\
    <cross-domain-policy>\n  <site-control permitted-cross-domain-policies=\"master-only\"/>\n  \
    <allow-access-from domain=\"*.bücher.example\" to-ports=\"507,516–523\" secure=\"true\"/>\n  \
    <allow-acces-from domain='“a”&amp;b' to-ports='*'></allow-acces-from>\n\
    </cross-domain-policy>\\0\n";

fn documents() -> Vec<Vec<u8>> {
    let bad = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies/bad");
    let paths = fs::read_dir(bad).unwrap().map(|entry| entry.unwrap().path());
    let bad = paths.filter(|path| path.extension().is_some_and(|ext| ext == "xml"));
    let mut documents: Vec<_> = bad.map(|path| fs::read(path).unwrap()).collect();
    documents.push(FULL.into());
    documents
}

#[test]
fn every_truncation_of_a_document_is_diagnosed() {
    for document in documents() {
        for length in 0..=document.len() {
            check(&document[..length]);
            check(&document[document.len() - length..]);
        }
    }
}

#[test]
fn every_document_with_a_byte_missing_or_doubled_is_diagnosed() {
    for document in documents() {
        for at in 0..document.len() {
            check(&[&document[..at], &document[at + 1..]].concat());
            check(&[&document[..=at], &document[at..]].concat());
        }
    }
}

#[test]
fn every_document_with_another_character_in_it_is_diagnosed() {
    let pieces = ["\\", "“", "é", "<", ">", "&", "\"", "?", "\0", "\u{1f600}", "--", "\\n", "–"];
    for piece in pieces {
        for (at, _) in FULL.char_indices() {
            check(format!("{}{piece}{}", &FULL[..at], &FULL[at..]).as_bytes());
        }
    }
}

/// Each of these has characters of two, three or four bytes where a message quotes a document.
#[rstest]
#[case::before_the_root("{}<cross-domain-policy/>")]
#[case::after_the_root("<cross-domain-policy/>{}")]
#[case::inside_the_root("<cross-domain-policy>{}</cross-domain-policy>")]
#[case::as_the_root("<{}/>")]
#[case::as_a_second_root("<cross-domain-policy/><{}/>")]
#[case::as_an_element("<cross-domain-policy><{}/></cross-domain-policy>")]
#[case::as_a_closing_tag("<cross-domain-policy></{}>")]
#[case::as_an_attribute("<cross-domain-policy><allow-access-from {}/></cross-domain-policy>")]
#[case::as_a_bare_value(
    "<cross-domain-policy><allow-access-from domain={}/></cross-domain-policy>"
)]
#[case::after_a_value("<cross-domain-policy><allow-access-from a=''{}/></cross-domain-policy>")]
#[case::as_a_domain("<cross-domain-policy><allow-access-from domain='{}'/></cross-domain-policy>")]
#[case::as_ports(
    "<cross-domain-policy><allow-access-from domain='*' to-ports='{}'/></cross-domain-policy>"
)]
#[case::as_an_entity("<cross-domain-policy a='&{};'/>")]
#[case::as_a_declaration("<?xml version={}?><cross-domain-policy/>")]
#[case::as_a_doctype("<!DOCTYPE a SYSTEM '{}'><cross-domain-policy/>")]
fn no_message_shows_half_a_character(#[case] template: &str) {
    let texts = ["é", "é\u{1f600}", "–“", "ééééééééééééééééééééééééééééééééééééééééééééé", "a é"];
    for text in texts {
        let document = template.replace("{}", text);
        for length in 0..=document.len() {
            check(&document.as_bytes()[..length]);
        }
    }
}
