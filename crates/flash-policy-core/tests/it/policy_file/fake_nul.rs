//! Text after the root element that stands for a NUL byte, and text that does not.

use flash_policy_core::diagnostics::rules;
use rstest::rstest;

use super::{ids_and_positions, policy, rejected};

fn after_the_root(text: impl AsRef<[u8]>) -> Vec<u8> {
    [policy("").as_bytes(), text.as_ref()].concat()
}

#[rstest]
#[case::single_quotes(r"\0")]
#[case::twice(r"\0\0")]
#[case::two_backslashes(r"\\0")]
#[case::two_backslashes_twice(r"\\0\\0")]
#[case::octal(r"\000")]
#[case::two_zeros(r"\00")]
#[case::parenthesis(r"\0)")]
#[case::end_of_a_call(r#"\0");"#)]
#[case::end_of_a_call_in_single_quotes(r"\0');")]
#[case::end_of_a_call_and_more(r#"\0"); socket.end();"#)]
#[case::beside_a_line_end(r"\r\n\0")]
#[case::before_a_line_end(r"\0\n")]
#[case::hexadecimal_of_one_digit(r"\x0")]
#[case::hexadecimal(r"\x00")]
#[case::hexadecimal_in_upper_case(r"\X00")]
#[case::hexadecimal_behind_a_nul(r"\0x00")]
#[case::hexadecimal_in_braces(r"\x{0}")]
#[case::rust(r"\u{0}")]
#[case::rust_four_digits(r"\u{0000}")]
#[case::java(r"\u0000")]
#[case::java_without_backslash("u0000")]
#[case::python_long(r"\U00000000")]
#[case::plus(r"\u+0000")]
#[case::perl_octal(r"\o{0}")]
#[case::perl_control(r"\c@")]
#[case::perl_name(r"\N{NULL}")]
#[case::number_in_hexadecimal("0x00")]
#[case::number_in_short_hexadecimal("0x0")]
#[case::hexadecimal_without_backslash("x00")]
#[case::pascal("#0")]
#[case::chr("chr(0)")]
#[case::chr_of_hexadecimal("chr(0x00)")]
#[case::chr_with_a_dot(" . chr(0)")]
#[case::chr_in_basic("Chr$(0)")]
#[case::chr_in_basic_with_its_operator(" & Chr$(0)")]
#[case::chr_in_sql("CHAR(0)")]
#[case::wide_chr("ChrW(0)")]
#[case::javascript("String.fromCharCode(0)")]
#[case::basic_constant("vbNullChar")]
#[case::caret("^@")]
#[case::carets("^@^@")]
#[case::percent("%00")]
#[case::percent_unicode("%u0000")]
#[case::reference("&#0;")]
#[case::reference_in_hexadecimal("&#x0;")]
#[case::reference_of_two_digits("&#x00;")]
#[case::reference_without_semicolon("&#00")]
#[case::slash("/0")]
#[case::slash_hexadecimal("/x00")]
#[case::slash_unicode("/u0000")]
#[case::newline_escape(r"\n")]
#[case::newline_with_a_slash("/n")]
#[case::concatenated(r#"" + "\0""#)]
#[case::concatenated_with_single_quotes(r"' + '\0'")]
#[case::in_double_quotes(r#""\0""#)]
#[case::name("NUL")]
#[case::name_in_lower_case("nul")]
#[case::null("null")]
#[case::null_of_printf("(null)")]
#[case::name_in_brackets("[NUL]")]
#[case::name_as_a_tag("<NUL>")]
#[case::name_as_an_empty_tag("<nul/>")]
#[case::number_as_a_tag("<00>")]
#[case::escape_as_a_tag(r"<\0>")]
#[case::picture("\u{2400}")]
#[case::blanks_around("\r\n  \\0  \r\n")]
#[case::another_document_behind(r"\0<cross-domain-policy/>")]
#[case::a_message_behind(r"\0hello")]
#[case::javas_modified_utf8(b"\xc0\x80")]
fn a_nul_that_is_written_as_text_is_recognised(#[case] text: impl AsRef<[u8]>) {
    let malformed = rejected(after_the_root(text));
    assert_eq!(malformed.diagnostic().rule(), &rules::FAKE_NUL, "{malformed}");
    assert!(malformed.diagnostic().help().contains("0x00"), "{malformed}");
}

#[rstest]
#[case::a_message("hello")]
#[case::a_message_of_a_game("LOGIN 0 0")]
#[case::digits("12")]
#[case::zero("0")]
#[case::zeros("00")]
#[case::ten("10")]
#[case::a_date("2008-00-00")]
#[case::an_octal_escape_of_another_character(r"\01")]
#[case::a_hexadecimal_escape_of_another_character(r"\x0a")]
#[case::a_unicode_escape_of_another_character(r"\u000a")]
#[case::a_reference_to_another_character("&#10;")]
#[case::an_encoded_character("%0a")]
#[case::chr_of_another_character("chr(10)")]
#[case::a_path("/news")]
#[case::a_path_of_digits("/01")]
#[case::a_word_that_begins_like_null("nullable")]
#[case::a_word_that_begins_like_an_escape("u0000x")]
#[case::json(r#"{"null": 0}"#)]
#[case::punctuation("...")]
#[case::a_quotation_mark("\"")]
#[case::words_behind_an_ambiguous_spelling("/n hello")]
#[case::http("HTTP/1.1 400 Bad Request")]
fn other_text_is_not_taken_for_a_nul(#[case] text: &str) {
    let malformed = rejected(after_the_root(text));
    assert_eq!(malformed.diagnostic().rule(), &rules::TRAILING_JUNK, "{malformed}");
}

#[rstest]
#[case::zero("0")]
#[case::zeros("000")]
fn zeros_may_be_meant_as_a_nul_and_the_help_says_so(#[case] text: &str) {
    let malformed = rejected(after_the_root(text));
    assert!(malformed.diagnostic().help().contains("if it is meant as the NUL"), "{malformed}");
}

#[test]
fn another_document_is_not_taken_for_a_nul() {
    let malformed = rejected(after_the_root("<null-policy/>"));
    assert_eq!(malformed.diagnostic().rule(), &rules::TWO_ROOTS);
}

#[test]
fn a_fake_nul_stands_at_its_first_character() {
    let malformed = rejected("<cross-domain-policy/>\n  \\0\n");
    assert_eq!(ids_and_positions(malformed.diagnostics()).last().unwrap(), "FSP-T16 at 2:3");
}

#[rstest]
#[case::source_code(r#"\0");"#, "not the source code that stands for it")]
#[case::an_escape_alone(r"\0", "not its escape sequence")]
fn the_help_tells_source_code_from_an_escape(#[case] text: &str, #[case] expected: &str) {
    let malformed = rejected(after_the_root(text));
    assert!(malformed.diagnostic().help().ends_with(expected), "{malformed}");
}
