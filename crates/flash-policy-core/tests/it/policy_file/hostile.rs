//! Hostile and broken documents.

use std::time::{Duration, Instant};

use flash_policy_core::diagnostics::{Severity, rules};
use flash_policy_core::document::{MAX_POLICY_BYTES, PolicyFile};
use rstest::rstest;

use super::{GOOD, parse, policy, rejected};

fn deep() -> String {
    "<a>".repeat(20_000)
}

fn deep_in_the_root() -> String {
    policy(&"<a>".repeat(20_000))
}

fn billion_laughs() -> String {
    let entity = |n: usize| format!("<!ENTITY l{} \"{}\">", n + 1, format!("&l{n};").repeat(10));
    let entities: String = (0..9).map(entity).collect();
    format!(
        "<!DOCTYPE cross-domain-policy [<!ENTITY l0 \"lol\">{entities}]>{}",
        policy("<allow-access-from domain=\"&l9;\"/>")
    )
}

fn many_attributes() -> String {
    let attributes: String = (0..6_000).map(|n| format!(" a{n}=''")).collect();
    policy(&format!("<allow-access-from{attributes}/>"))
}

fn many_namespaces() -> String {
    let declarations: String = (0..1_000).map(|n| format!(" xmlns:a{n}='{n}'")).collect();
    policy(&format!("<a{declarations}>{}</a>", "<b xmlns:c=''/>".repeat(2_000)))
}

fn many_elements() -> String {
    policy(&"<a/>".repeat(16_000))
}

fn long() -> String {
    policy(&format!("<!--{}-->", " ".repeat(MAX_POLICY_BYTES)))
}

#[rstest]
#[case::nested(deep(), "FSP-D23")]
#[case::nested_in_the_root(deep_in_the_root(), "FSP-L09")]
#[case::billion_laughs(billion_laughs(), "FSP-D28")]
#[case::many_attributes(many_attributes(), "FSP-L09")]
#[case::many_namespaces(many_namespaces(), "FSP-L09")]
#[case::many_elements(many_elements(), "FSP-L09")]
#[case::long(long(), "FSP-L09")]
fn a_hostile_document_is_rejected_at_once(#[case] document: String, #[case] id: &str) {
    let started = Instant::now();
    assert_eq!(rejected(document).diagnostic().rule().id(), id);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn sixty_four_kibibytes_and_sixty_four_levels_are_still_read() {
    let elements = "<a>".repeat(63) + &"</a>".repeat(63);
    let start = policy(&elements);
    let document = start.clone() + &" ".repeat(MAX_POLICY_BYTES - start.len());
    assert_eq!(parse(document.clone() + "\0").diagnostics().len(), 64);
    assert_eq!(rejected(document + " ").diagnostic().rule(), &rules::DOCUMENT_OVER_LIMIT);
}

/// Returns the next number of a pseudo-random sequence (xorshift).
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap()
}

#[test]
fn no_mutation_of_a_document_makes_the_parser_panic() {
    let pieces: [&[u8]; 12] = [
        b"<",
        b">",
        b"\"",
        b"&#0;",
        b"\0",
        b"\xff",
        b"<!--",
        b"]]>",
        b"<![CDATA[",
        b"\xef\xbb\xbf",
        b"<!DOCTYPE a [",
        b"\xc3\xa9",
    ];
    let mut state = 0x5eed;
    for _ in 0..20_000 {
        let mut document = GOOD.as_bytes().to_vec();
        for _ in 0..=next(&mut state) % 4 {
            let at = next(&mut state) % document.len();
            match next(&mut state) % 4 {
                0 => document.truncate(at.max(1)),
                1 => drop(
                    document
                        .splice(at..at, pieces[next(&mut state) % pieces.len()].iter().copied()),
                ),
                2 => document[at] = u8::try_from(next(&mut state) % 256).unwrap(),
                _ => drop(
                    document.drain(at..(at + next(&mut state) % 9).min(document.len() - 1).max(at)),
                ),
            }
        }
        match PolicyFile::parse(&document) {
            Ok(policy) => {
                let written = policy.to_xml();
                assert_eq!(parse(&written).to_xml(), written, "{}", document.escape_ascii());
            }
            Err(malformed) => {
                assert_eq!(malformed.diagnostic().severity(), Severity::Error, "{malformed}")
            }
        }
    }
}
