//! Documents that people write by hand, and the help for each kind of mistake.

use flash_policy_core::diagnostics::Diagnostic;
use rstest::rstest;

use super::{policy, rejected};

const RULE: &str = r#"<allow-access-from domain="*.example.com" to-ports="5000"/>"#;

/// Returns the diagnostic for which the document is rejected, and checks its rule and its help.
fn fatal(document: &str, id: &str, help: &str) -> Diagnostic {
    let malformed = rejected(document);
    let fatal = malformed.diagnostic().clone();
    assert_eq!(fatal.rule().id(), id, "{fatal}");
    assert!(fatal.help().contains(help), "{fatal}");
    fatal
}

#[rstest]
#[case::a_blank(r#"<? xml version="1.0"?>"#, "FSP-L12")]
#[case::upper_case(r#"<?XML version="1.0"?>"#, "FSP-L12")]
#[case::mixed_case(r#"<?Xml version="1.0"?>"#, "FSP-L12")]
#[case::no_question_marks(r#"<xml version="1.0">"#, "FSP-D23")]
#[case::no_first_question_mark(r#"<xml version="1.0"?>"#, "FSP-D23")]
#[case::no_last_question_mark(r#"<?xml version="1.0">"#, "FSP-D22")]
#[case::a_slash_for_the_last_question_mark(r#"<?xml version="1.0"/>"#, "FSP-D22")]
#[case::no_end(r#"<?xml version="1.0" encoding="utf-8""#, "FSP-D22")]
#[case::no_greater_than_sign(r#"<?xml version="1.0" ?"#, "FSP-D22")]
#[case::question_mark_too_early(r#"<?xml version="1.0"? encoding = "utf-8">"#, "FSP-D22")]
#[case::an_exclamation_mark(r#"<!xml version="1.0">"#, "FSP-D22")]
#[case::no_quotation_marks("<?xml version=1.0?>", "FSP-D22")]
#[case::no_quotation_marks_around_the_encoding(
    r#"<?xml version="1.0" encoding=utf-8?>"#,
    "FSP-D22"
)]
#[case::an_open_quotation_mark(r#"<?xml version="1.0?>"#, "FSP-D22")]
#[case::curly_quotation_marks("<?xml version=“1.0”?>", "FSP-D22")]
#[case::no_version(r#"<?xml encoding="utf-8"?>"#, "FSP-D22")]
#[case::encoding_before_version(r#"<?xml encoding="utf-8" version="1.0"?>"#, "FSP-D22")]
#[case::no_blank(r#"<?xmlversion="1.0"?>"#, "FSP-L12")]
#[case::misspelt(r#"<?xlm version="1.0"?>"#, "FSP-L12")]
#[case::no_less_than_sign(r#"?xml version="1.0"?>"#, "FSP-L12")]
#[case::only_words(r#"xml version="1.0"?>"#, "FSP-L12")]
fn a_misspelt_declaration_is_told_as_such(#[case] declaration: &str, #[case] id: &str) {
    let document = format!("{declaration}{}", policy(RULE));
    let fatal = fatal(&document, id, r#"<?xml version="1.0"?>"#);
    assert!(!fatal.help().contains("only a declaration"), "{fatal}");
}

#[test]
fn a_second_declaration_has_a_help_of_its_own() {
    let declaration = r#"<?xml version="1.0"?>"#;
    fatal(&format!("{declaration}{declaration}{}", policy(RULE)), "FSP-D22", "first XML decl");
    fatal(&policy(declaration), "FSP-D22", "move <?xml");
}

#[rstest]
#[case::in_the_declaration(r#"<?xml version=\"1.0\"?><cross-domain-policy/>"#, "FSP-D22")]
#[case::in_an_attribute(
    r#"<cross-domain-policy><allow-access-from domain=\"*\"/></cross-domain-policy>"#,
    "FSP-D22"
)]
#[case::single_quotes(
    r"<cross-domain-policy><allow-access-from domain=\'*\'/></cross-domain-policy>",
    "FSP-D22"
)]
#[case::line_end_between_tags(r"<cross-domain-policy>\n</cross-domain-policy>", "FSP-L06")]
#[case::line_ends_between_tags(r"<cross-domain-policy>\r\n\t</cross-domain-policy>", "FSP-L06")]
#[case::line_end_before_the_root(r#"<?xml version="1.0"?>\n<cross-domain-policy/>"#, "FSP-L12")]
#[case::line_end_in_a_tag(r"<cross-domain-policy \n></cross-domain-policy>", "FSP-D22")]
#[case::slash_of_json(r"<cross-domain-policy><\/cross-domain-policy>", "FSP-D22")]
fn escapes_of_source_code_are_told_as_such(#[case] document: &str, #[case] id: &str) {
    fatal(document, id, "escape sequences of source code");
}

#[rstest]
#[case::ampersand(r#"domain="a&b.example""#, "&amp;")]
#[case::ampersand_and_blank(r#"domain="a & b""#, "&amp;")]
#[case::entity_of_html(r#"domain="a&nbsp;b""#, "write the character itself")]
#[case::reference_to_nothing(r#"domain="&#0;""#, "remove the reference")]
#[case::unquoted("domain=*.example.com", r#"write domain="*.example.com""#)]
#[case::unquoted_number(r#"domain="*" to-ports=5000"#, r#"write to-ports="5000""#)]
#[case::references_for_marks("domain=&quot;*&quot;", "not &quot;")]
#[case::curly("domain=“*”", "straight quotation marks")]
#[case::low_and_high("domain=„*“", "straight quotation marks")]
#[case::angles("domain=«*»", "straight quotation marks")]
#[case::accent("domain=´*´", "straight quotation marks")]
#[case::no_value("domain to-ports=\"5\"", "with a value")]
#[case::no_value_at_the_end("domain='*' secure", "write secure=\"…\" with a value")]
#[case::no_equals_sign("domain\"*\"", "a = before the value")]
#[case::half_a_character(r#"domain="&#xD800;""#, "remove the reference")]
#[case::no_character(r#"domain="&#x110000;""#, "remove the reference")]
#[case::no_character_in_decimal(r#"domain="&#1114112;""#, "remove the reference")]
#[case::a_name_in_two_words(r#"domain="*" to ports="5""#, "did you mean to-ports?")]
#[case::a_colon_for_the_equals_sign(r#"domain:"*""#, r#"name="value""#)]
#[case::no_blank_between(r#"domain="*"to-ports="5""#, "put a blank between")]
#[case::a_comma_between(r#"domain="*", to-ports="5""#, "blanks separate attributes")]
#[case::a_semicolon_between(r#"domain="*"; to-ports="5""#, "blanks separate attributes")]
#[case::no_closing_mark(r#"domain="* to-ports="5""#, "end of the value of domain")]
#[case::two_kinds_of_marks(r#"domain="*' to-ports="5""#, "end of the value of domain")]
#[case::no_closing_mark_at_the_end(r#"domain="*" to-ports="5"#, "end of the value of to-ports")]
#[case::a_mark_inside(r#"domain="*.exa"mple.com""#, "quotation mark inside the value")]
#[case::a_blank_in_a_name(r#"do main="*""#, "did you mean domain?")]
#[case::doubled_marks(r#"domain=""*"""#, "one quotation mark on each side")]
#[case::less_than_sign(r#"domain="a<b""#, "&lt;")]
#[case::a_template(r#"domain="<%= domain %>""#, "render the template")]
#[case::a_template_of_php(r#"domain="<?=$domain?>""#, "render the template")]
fn a_faulty_attribute_has_the_help_that_fits(#[case] attributes: &str, #[case] help: &str) {
    let document = policy(&format!("<allow-access-from {attributes}/>"));
    let fatal = fatal(&document, "FSP-D22", help);
    assert!(!fatal.message().contains("expected"), "{fatal}");
}

#[rstest]
#[case::one_hyphen("<!- a ->", "<!-- … -->")]
#[case::no_exclamation_mark("<- a ->", "<!-- … -->")]
#[case::dash("<!– a –>", "<!-- … -->")]
#[case::long_dash("<!— a —>", "<!-- … -->")]
#[case::two_hyphens_inside("<!-- a -- b -->", "no -- inside")]
#[case::three_hyphens_at_the_end("<!-- a --->", "no -- inside")]
#[case::blank_before_a_name("< allow-access-from/>", "right after <")]
#[case::a_name_in_words("<allow access from domain='*'/>", "did you mean <allow-access-from>?")]
#[case::no_blank_after_the_name("<allow-access-fromdomain='*'/>", "<allow-access-from domain=")]
#[case::no_end_of_a_tag("<allow-access-from domain='*' <b/>", "with > or />")]
#[case::less_than_sign("1 < 2", "&lt;")]
#[case::less_than_sign_twice("<<allow-access-from/>", "remove one of the two <")]
#[case::end_of_cdata("]]>", "remove the ]]>")]
#[case::a_doctype("<!DOCTYPE a>", "remove the DOCTYPE")]
#[case::a_template("<% if a %>", "render the template")]
#[case::backslash("<allow-access-from domain='*'\\>", "end the tag with />")]
#[case::undeclared_prefix("<a p:b='1'/>", "remove the prefix p:")]
#[case::not_closed("<allow-access-from domain='*'>", "end <allow-access-from> with />")]
#[case::closed_twice("<allow-access-from/></allow-access-from>", "closes nothing that is open")]
#[case::control_character("\u{1}", "remove the character")]
fn faulty_markup_has_the_help_that_fits(#[case] inside: &str, #[case] help: &str) {
    fatal(&policy(inside), "FSP-D22", help);
}

#[rstest]
#[case::misspelt("</cross-domain-polcy>", "did you mean </cross-domain-policy>?")]
#[case::case("</Cross-Domain-Policy>", "in the same case")]
#[case::backslash(r"<\cross-domain-policy>", "with the other slash")]
#[case::a_quotation_mark("</cross-domain-policy\">", "nothing but the name")]
#[case::two_slashes("</cross-domain-policy/>", "the closing tag as </cross-domain-policy>")]
#[case::attribute("</cross-domain-policy a='1'>", "the closing tag as </cross-domain-policy>")]
#[case::blank("</ cross-domain-policy>", "right after < or </")]
fn a_faulty_closing_tag_has_the_help_that_fits(#[case] tag: &str, #[case] help: &str) {
    fatal(&format!("<cross-domain-policy>{RULE}{tag}"), "FSP-D22", help);
}

#[rstest]
#[case::cut_in_a_tag(r#"<cross-domain-policy><allow-access-from dom"#, "send all bytes")]
#[case::no_closing_tag("<cross-domain-policy>", "add the missing </cross-domain-policy>")]
#[case::no_slash("<cross-domain-policy><cross-domain-policy>", "with the slash")]
#[case::slash_at_the_end("<cross-domain-policy><cross-domain-policy/>", "with the slash")]
#[case::in_a_comment("<cross-domain-policy><!-- a -></cross-domain-policy>", "with -->")]
#[case::a_nul_inside("<cross-domain-policy>\0</cross-domain-policy>", "remove the NUL")]
fn a_document_without_its_end_has_the_help_that_fits(#[case] document: &str, #[case] help: &str) {
    fatal(document, "FSP-D21", help);
}

#[rstest]
#[case::closing_tag("</cross-domain-policy>", "FSP-D20", "closes nothing that is open")]
#[case::text("hello", "FSP-D20", "remove the text")]
#[case::quotation_mark("\";", "FSP-D20", "source code")]
#[case::a_second_document("<?xml version='1.0'?><a/>", "FSP-D20", "a second one begins here")]
#[case::a_second_doctype("<!DOCTYPE html>", "FSP-D20", "a second one begins here")]
#[case::http("HTTP/1.0 200 OK", "FSP-D20", "HTTP")]
#[case::a_script("<?php exit; ?>", "FSP-D20", "script")]
#[case::no_break_space("\u{a0}", "FSP-D20", "invisible")]
#[case::greater_than_sign(">", "FSP-D20", "ends no tag")]
#[case::an_open_comment("<!-- a", "FSP-D20", "end the comment")]
#[case::less_than_sign("<", "FSP-D20", "remove what follows")]
#[case::a_second_policy("<cross-domain-policy/>", "FSP-D24", "the rules of both")]
#[case::silverlight("<access-policy/>", "FSP-D24", "Silverlight")]
#[case::a_rule("<allow-access-from domain='*'/>", "FSP-D24", "move <allow-access-from> inside")]
#[case::a_site_control("<site-control/>", "FSP-D24", "move <site-control> inside")]
#[case::a_misspelt_rule("<allow-acces-from/>", "FSP-D24", "inside")]
#[case::html("<HTML><body>", "FSP-D24", "HTML")]
#[case::the_request("<policy-file-request/>", "FSP-D24", "without the request")]
#[case::anything("<a/>", "FSP-D24", "one root element")]
#[case::cut("<access-poli", "FSP-D24", "one root element")]
fn what_follows_the_root_has_the_help_that_fits(
    #[case] after: &str,
    #[case] id: &str,
    #[case] help: &str,
) {
    fatal(&format!("{}{after}", policy(RULE)), id, help);
}

#[test]
fn a_rule_after_an_empty_root_is_told_from_one_after_a_closed_root() {
    let document = format!("<cross-domain-policy/>{RULE}</cross-domain-policy>");
    fatal(&document, "FSP-D24", "instead of <cross-domain-policy/>");
}

#[rstest]
#[case::a_rule_before_the_root(
    "<allow-access-from domain='*'/><cross-domain-policy/>",
    "into the <cross-domain-policy> that follows"
)]
#[case::a_rule_alone("<allow-access-from domain='*'/>", "inside a <cross-domain-policy>")]
#[case::a_site_control_alone("<site-control/>", "inside a <cross-domain-policy>")]
#[case::html("<html><body/></html>", "HTML page, probably")]
#[case::html_in_upper_case("<HTML>", "HTML page, probably")]
#[case::html_with_a_doctype("<!DOCTYPE html><html lang='en'/>", "HTML page, probably")]
#[case::html_that_is_cut("<html lang='e", "HTML page, probably")]
#[case::html_with_a_namespace("<html xmlns='http://www.w3.org/1999/xhtml'/>", "HTML page")]
#[case::a_fragment_of_html("<h1>Not found</h1>", "HTML page, probably")]
#[case::silverlight("<access-policy/>", "Silverlight")]
#[case::the_request("<policy-file-request/>", "not with the request")]
#[case::an_error_message("<Error><Code>AccessDenied</Code></Error>", "probably an error message")]
#[case::an_element_around_the_root("<a><cross-domain-policy/></a>", "remove the <a>")]
#[case::another_protocol("<stream:error/>", "whose root element is <cross-domain-policy>")]
#[case::anything("<rss/>", "whose root element is <cross-domain-policy>")]
fn another_root_has_the_help_that_fits(#[case] document: &str, #[case] help: &str) {
    let fatal = fatal(document, "FSP-D23", help);
    assert!(!fatal.help().contains("name the root element"), "{fatal}");
}

#[rstest]
#[case::case("<Cross-Domain-Policy/>")]
#[case::underscores("<cross_domain_policy/>")]
#[case::one_word("<crossdomainpolicy/>")]
#[case::short("<cross-domain/>")]
#[case::shorter("<crossdomain/>")]
#[case::a_typing_error("<cross-domain-polcy/>")]
fn only_a_misspelt_root_is_to_be_named_exactly(#[case] document: &str) {
    fatal(document, "FSP-D23", "name the root element exactly cross-domain-policy");
}

#[rstest]
#[case::words("404 page not found", "instead of this text")]
#[case::json(r#"{"error": 404}"#, "probably JSON")]
#[case::headers("Content-Type: text/xml\r\n\r\n<cross-domain-policy/>", "headers of HTTP")]
#[case::escaped("&lt;cross-domain-policy/&gt;", "unescaped")]
#[case::encoded("%3Ccross-domain-policy/%3E", "unescaped")]
#[case::a_quotation_mark("\"<cross-domain-policy/>", "source code")]
#[case::an_assignment("String policy = \"<cross-domain-policy/>", "source code")]
#[case::a_number("217<cross-domain-policy/>", "length")]
#[case::a_chunk("a5\r\n<cross-domain-policy/>", "chunk")]
#[case::no_break_space("\u{a0}<cross-domain-policy/>", "invisible")]
#[case::no_less_than_sign("cross-domain-policy></cross-domain-policy>", "the < before it")]
#[case::a_stylesheet("<?xml-stylesheet href='a'?><cross-domain-policy/>", "the instruction")]
#[case::a_script("<?php echo 1; ?><cross-domain-policy/>", "run the script")]
#[case::a_mark_read_as_latin_1("ï»¿<cross-domain-policy/>", "byte order mark")]
#[case::words_of_a_page("<!doctype html>Not found", "HTML page, probably")]
#[case::a_fake_nul(r"\0<cross-domain-policy/>", "0x00 after the document")]
#[case::cdata("<![CDATA[<cross-domain-policy/>]]>", "CDATA")]
#[case::http(" HTTP/1.1 200 OK\r\n\r\n<cross-domain-policy/>", "headers of HTTP")]
#[case::a_word("hello <cross-domain-policy/>", "remove the text")]
#[case::bytes_of_python("b'<cross-domain-policy/>", "Python")]
#[case::an_object("[object Object]", "JavaScript")]
#[case::a_dump("3c 3f 78 6d 6c 20 76 65", "not their numbers")]
#[case::a_dump_with_offsets("00000000: 3c3f 786d 6c20 7665  <?xml ve", "not their numbers")]
#[case::a_dump_without_blanks("3c3f786d6c2076657273696f6e", "not their numbers")]
#[case::a_traceback(
    "Traceback (most recent call last):\n  File \"a.py\", line 1\nTypeError: a",
    "error message of a program"
)]
#[case::redis("-ERR unknown command '<policy-file-request/>'\r\n", "looks like Redis")]
#[case::ssh("SSH-2.0-OpenSSH_9.6\r\n", "looks like SSH")]
#[case::smtp("220 mail.example ESMTP\r\n", "looks like SMTP")]
#[case::ftp("220 FTP server ready\r\n", "looks like FTP")]
#[case::pop3("+OK ready", "looks like POP3")]
fn text_before_the_root_has_the_help_that_fits(#[case] document: &str, #[case] help: &str) {
    fatal(document, "FSP-L12", help);
}

#[rstest]
#[case::a_comment_of_another_language("// the game", "<!-- … -->")]
#[case::a_comment_of_c("/* the game */", "<!-- … -->")]
#[case::a_stray_sign(">", "ends no tag")]
#[case::a_rule_without_its_sign("allow-access-from domain='*'/>", "as a tag")]
#[case::concatenation("\" + \"", "source code")]
#[case::a_fake_nul(r"\0", "0x00")]
#[case::no_break_space("\u{a0}", "invisible")]
#[case::zero_width_space("\u{200b}", "invisible")]
#[case::cdata("<![CDATA[<allow-access-from/>]]>", "remove <![CDATA[")]
#[case::escaped("&lt;allow-access-from/&gt;", "themselves")]
#[case::a_template("{{ rules }}", "render the template")]
#[case::the_end_of_a_comment("-->", "ends no comment")]
#[case::words("hello", "remove the text, or make it a comment")]
fn text_between_tags_has_the_help_that_fits(#[case] text: &str, #[case] help: &str) {
    fatal(&policy(text), "FSP-L06", help);
}

#[rstest]
#[case::a_doctype_of_html("<!DOCTYPE html>", "HTML")]
#[case::everything_in_a_comment("<!-- <cross-domain-policy/> -->", "end the comment")]
#[case::a_nul_first("\0<cross-domain-policy/>", "remove the NUL")]
#[case::nothing("", "serve a <cross-domain-policy> document")]
fn a_document_without_a_root_has_the_help_that_fits(#[case] document: &str, #[case] help: &str) {
    fatal(document, "FSP-L11", help);
}

#[rstest]
#[case::open_quotation_mark("<!DOCTYPE cross-domain-policy SYSTEM \"a>", "FSP-D22")]
#[case::no_quotation_marks("<!DOCTYPE cross-domain-policy SYSTEM a>", "FSP-D22")]
#[case::curly_quotation_marks("<!DOCTYPE cross-domain-policy SYSTEM “a”>", "FSP-D22")]
#[case::no_system_id("<!DOCTYPE cross-domain-policy PUBLIC \"a\">", "FSP-D22")]
#[case::no_end("<!DOCTYPE cross-domain-policy SYSTEM \"a\"", "FSP-D22")]
#[case::lower_case("<!doctype cross-domain-policy SYSTEM \"a\">", "FSP-D22")]
#[case::a_blank("<! DOCTYPE cross-domain-policy>", "FSP-D22")]
#[case::no_exclamation_mark("<DOCTYPE cross-domain-policy>", "FSP-D23")]
fn a_faulty_doctype_is_to_be_removed(#[case] doctype: &str, #[case] id: &str) {
    fatal(&format!("{doctype}{}", policy(RULE)), id, "remove the DOCTYPE");
}

#[test]
fn a_root_without_its_end_is_told_as_such() {
    let document = format!("<cross-domain-policy{RULE}</cross-domain-policy>");
    fatal(&document, "FSP-D22", "end the tag <cross-domain-policy> with >");
}

#[test]
fn the_doctype_of_a_web_page_is_not_said_to_be_harmless() {
    let page = "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN' \
                'http://www.w3.org/TR/html4/strict.dtd'><html/>";
    assert_eq!(rejected(page).diagnostics().len(), 1);
}

#[test]
fn a_document_that_ends_anywhere_inside_its_root_is_truncated() {
    let rules = "<!-- a --><allow-access-from domain=\"*.a\" to-ports='1'></allow-access-from>";
    let document = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE cross-domain-policy SYSTEM \"/x.dtd\">\n\
         <cross-domain-policy>\n  {rules}\n</cross-domain-policy>"
    );
    let root = document.find("<cross-domain-policy>").unwrap();
    let unfinished = (root + 1..document.len()).chain([1, 2, 4, 24, 26, 30]);
    for end in unfinished {
        let malformed = rejected(&document[..end]);
        assert_eq!(malformed.diagnostic().rule().id(), "FSP-D21", "{}", &document[..end]);
    }
    for cut in ["<!", "<!-", "<?", "<?x", "<![CDA"] {
        let malformed = rejected(format!("<cross-domain-policy>\n{cut}"));
        assert_eq!(malformed.diagnostic().rule().id(), "FSP-D21", "{cut}");
    }
}

#[test]
fn an_instruction_inside_the_root_is_ignored_and_reported() {
    let parsed = super::parse(policy(&format!("<?php echo 1 ?>{RULE}")));
    let found: Vec<_> = parsed.diagnostics().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["warning FSP-L02 at 1:22: <?php … ?> inside <cross-domain-policy> is a processing \
          instruction; it is ignored; help: run the script, whose source was sent, or remove it"]
    );
}

#[test]
fn the_public_id_of_a_doctype_is_not_taken_for_its_system_id() {
    let malformed =
        rejected(format!("<!DOCTYPE cross-domain-policy PUBLIC \"x\">{}", policy(RULE)));
    assert_eq!(malformed.diagnostics().len(), 1, "{:?}", malformed.diagnostics());
}

#[rstest]
#[case::a_line_end(r"\n")]
#[case::two(r"\r\n")]
#[case::between_quotation_marks(r#""\n""#)]
fn an_escaped_line_end_after_the_root_is_not_called_a_nul(#[case] text: &str) {
    let fatal = fatal(&(policy(RULE) + text), "FSP-T16", "remove it");
    assert!(fatal.message().contains("is an escape sequence, sent as text"), "{fatal}");
}
