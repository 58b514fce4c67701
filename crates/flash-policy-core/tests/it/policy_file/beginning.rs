//! What stands before a document: lengths, byte order marks, and encodings of two or four bytes.

use flash_policy_core::diagnostics::rules;
use rstest::rstest;

use super::{ids_and_positions, policy, rejected};

/// Returns a document of this length.
fn document(length: usize) -> Vec<u8> {
    let root = policy("");
    let document = root + &" ".repeat(length);
    document.into_bytes()[..length].to_vec()
}

#[rstest]
#[case::java(&|length: u32| length.to_be_bytes()[2..].to_vec(), "two bytes, as Java's writeUTF")]
#[case::two_bytes_reversed(&|length: u32| length.to_le_bytes()[..2].to_vec(), "two bytes")]
#[case::four_bytes(&|length: u32| length.to_be_bytes().to_vec(), "four bytes")]
#[case::four_bytes_reversed(&|length: u32| length.to_le_bytes().to_vec(), "four bytes")]
fn a_length_before_the_document_is_recognised_at_every_length(
    #[case] prefix: &dyn Fn(u32) -> Vec<u8>,
    #[case] expected: &str,
    #[values(0, 1)] counted_nul: u32,
    #[values("", "\0", "\0\0", "\0more")] after: &str,
) {
    for length in [43, 100, 127, 128, 217, 254, 255, 256, 257, 300, 511, 512, 1000, 9999, 60000] {
        let prefix = prefix(u32::try_from(length).unwrap() + counted_nul);
        let bytes = [prefix.as_slice(), &document(length), after.as_bytes()].concat();
        let malformed = rejected(bytes);
        assert_eq!(malformed.diagnostic().rule(), &rules::LENGTH_PREFIX, "{length}: {malformed}");
        assert!(malformed.diagnostic().message().contains(expected), "{malformed}");
    }
}

#[rstest]
#[case::one_byte(&[100], 100)]
#[case::two_bytes(&[0xd9, 0x01], 217)]
#[case::three_bytes(&[0xe0, 0xd4, 0x03], 60000)]
fn a_length_in_groups_of_seven_bits_is_recognised(#[case] prefix: &[u8], #[case] length: usize) {
    let malformed = rejected([prefix, &document(length)].concat());
    assert_eq!(malformed.diagnostic().rule(), &rules::LENGTH_PREFIX, "{malformed}");
    assert!(malformed.diagnostic().message().contains(".NET"), "{malformed}");
}

#[rstest]
#[case::another_length(b"\0\x99<cross-domain-policy/>", "FSP-L11")]
#[case::blanks(b"\n\n<cross-domain-policy a=b/>", "FSP-D22")]
#[case::no_document(b"\0\x05hello", "FSP-L11")]
fn other_bytes_before_the_document_are_no_length(#[case] bytes: &[u8], #[case] id: &str) {
    assert_eq!(rejected(bytes).diagnostic().rule().id(), id);
}

#[rstest]
#[case::twice("\u{feff}\u{feff}", &["FSP-D17 at 1:1", "FSP-L12 at 1:1"])]
#[case::after_a_line_end("\n\u{feff}", &["FSP-D17 at 1:1", "FSP-D16 at 1:1", "FSP-L12 at 2:1"])]
#[case::before_and_after_a_line_end(
    "\u{feff}\n\u{feff}",
    &["FSP-D17 at 1:1", "FSP-D16 at 1:1", "FSP-L12 at 2:1"]
)]
fn a_byte_order_mark_that_does_not_come_first_is_text(
    #[case] before: &str,
    #[case] expected: &[&str],
) {
    let malformed = rejected(format!("{before}<cross-domain-policy/>"));
    assert_eq!(malformed.diagnostic().rule(), &rules::TEXT_BEFORE_ROOT, "{malformed}");
    assert!(malformed.diagnostic().help().contains("byte order mark"), "{malformed}");
    let found = ids_and_positions(malformed.diagnostics());
    let beginning: Vec<_> = found.iter().filter(|one| !one.starts_with("FSP-D30")).collect();
    assert_eq!(beginning, expected);
}

#[rstest]
#[case::of_16_bits(b"<\0c\0r\0", 1)]
#[case::of_16_bits_after_a_line_end(b"\n\0<\0c\0", 1)]
#[case::of_16_bits_the_other_way(b"\0<\0c\0r", 0)]
#[case::of_16_bits_with_a_mark(b"\xff\xfe<\0c\0", 3)]
#[case::of_16_bits_the_other_way_with_a_mark(b"\xfe\xff\0<\0c", 2)]
#[case::of_32_bits(b"<\0\0\0c\0\0\0", 1)]
#[case::of_32_bits_the_other_way(b"\0\0\0<\0\0\0c", 0)]
#[case::of_32_bits_with_a_mark(b"\xff\xfe\0\0<\0\0\0", 2)]
fn an_encoding_of_several_bytes_is_recognised(#[case] bytes: &[u8], #[case] first_nul: usize) {
    let malformed = rejected(bytes);
    assert_eq!(malformed.diagnostic().rule(), &rules::UTF16, "{malformed}");
    let expected = format!("the NUL at byte {first_nul} ");
    assert!(malformed.diagnostic().message().contains(&expected), "{malformed}");
}

#[test]
fn a_document_that_ends_inside_a_character_is_not_called_badly_encoded() {
    let malformed = rejected(b"<cross-domain-policy><!-- \xc3");
    assert_eq!(malformed.diagnostic().rule(), &rules::UNDECODABLE_BYTE);
    assert!(malformed.diagnostic().help().starts_with("send all bytes"), "{malformed}");
}

#[test]
fn a_mark_of_utf_16_without_any_nul_is_not_said_to_be_cut_by_one() {
    let malformed = rejected(b"\xff\xfe");
    assert!(!malformed.diagnostic().message().contains("NUL"), "{malformed}");
    assert!(malformed.diagnostic().help().contains("byte order mark of UTF-16"), "{malformed}");
}

#[rstest]
#[case::a_second_policy(
    "\0<cross-domain-policy/>",
    "remove the NUL and the second policy after it"
)]
#[case::anything("\0junk", "remove the NUL and all that follows it")]
#[case::blanks("\0\n", "remove the NUL and all that follows it")]
fn a_nul_after_the_end_is_removed_with_what_follows(#[case] after: &str, #[case] help: &str) {
    let parsed = super::parse(policy("") + after);
    let found = parsed.diagnostics().iter().find(|one| *one.rule() == rules::NUL_INSIDE).unwrap();
    assert!(found.help().starts_with(help), "{found}");
}

#[rstest]
#[case::one_tag("\n<cross-domain-policy><allow-access-from/></cross-domain-policy>")]
#[case::a_tag_with_attributes("\n<cross-domain-policy a=''/>")]
fn blanks_before_the_document_are_quoted_with_the_first_tag_only(#[case] document: &str) {
    let parsed = super::parse(document);
    assert!(!parsed.diagnostics()[0].message().contains("><"), "{:?}", parsed.diagnostics()[0]);
}

#[rstest]
#[case::no_version("version='//.0'", "version=")]
#[case::another_version("version='2.0'", "version=")]
#[case::no_answer("version='1.0' standalone='maybe'", "standalone=")]
fn a_declaration_with_a_value_that_xml_forbids_is_a_warning(
    #[case] values: &str,
    #[case] expected: &str,
) {
    let parsed = super::parse(format!("<?xml {values}?>{}", policy("")));
    let found = parsed.diagnostics()[0].to_string();
    assert!(found.starts_with("warning FSP-D22 at 1:1: ") && found.contains(expected), "{found}");
}

#[test]
fn a_declared_encoding_that_the_bytes_do_not_have_is_a_warning() {
    let parsed = super::parse(format!("<?xml version='1.0' encoding='UTF-16'?>{}", policy("")));
    let found = parsed.diagnostics()[0].to_string();
    assert!(
        found.starts_with("warning FSP-D22 at 1:1: XML error: the XML declaration says UTF-16")
    );
    super::parse(format!("<?xml version=\"1.1\" encoding='utf-8' standalone='no'?>{}", policy("")));
}
