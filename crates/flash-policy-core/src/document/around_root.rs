//! Says what stands before the root element, in its place and after it, where none of it belongs.

use super::decode::excerpt;
use super::outline::is_blank;
use super::tokens::{Markup, Token};
use super::vocabulary::{ELEMENTS, ROOT, is_like_root, meant_element};
use super::xml_fault::DOCTYPE_HELP;
use super::{declaration, fake_nul, other_answer, source_code};
use crate::diagnostics::{Diagnostic, rules};

/// Returns the diagnostic of text or an instruction before the root element. `before` and `rest`
/// are what stands around it.
pub(super) fn before_root(token: &Token<'_>, before: &str, rest: &str) -> Diagnostic {
    let diagnostic = rules::text_before_root(excerpt(token.text));
    if has_html_doctype(before) {
        return diagnostic.with_help(HTML_HELP);
    }
    match before_root_help(token.text.trim()) {
        Some(help) => diagnostic.with_help(help),
        None if !rest.contains('<') => {
            diagnostic.with_help("serve a <cross-domain-policy> document instead of this text")
        }
        None => diagnostic,
    }
}

fn before_root_help(text: &str) -> Option<String> {
    if declaration::is_meant(text) {
        return Some(declaration::help());
    }
    if let Some(service) = other_answer::service(text) {
        let help = format!("let a policy server answer here: this looks like {service}");
        return Some(help);
    }
    if let Some(help) = other_answer::help(text).or_else(|| source_code::help(text)) {
        return Some(help.to_owned());
    }
    let help = if text.starts_with(ROOT) {
        "write <cross-domain-policy> with the < before it"
    } else if is_invisible(text) {
        INVISIBLE_HELP
    } else if fake_nul::is_fake_nul(text) {
        "send the byte 0x00 after the document, not its escape sequence before it"
    } else if text.starts_with("<![CDATA[") {
        "send the document itself, without <![CDATA[ and ]]> around it"
    } else if ["<?php", "<?=", "<? ", "<?\n", "<?\r", "<%"]
        .iter()
        .any(|mark| text.starts_with(mark))
    {
        "run the script, whose source was sent, or remove it"
    } else if text.starts_with("<?") {
        "remove the instruction"
    } else if text.starts_with('\u{feff}') || text.starts_with("ï»¿") {
        "save the file without a byte order mark: here it is text before the document"
    } else if text.starts_with("&lt;") || text.starts_with("%3C") || text.starts_with("%3c") {
        "send the document itself, with < and > unescaped"
    } else if text.starts_with(['{', '[']) {
        "serve a policy: this is probably JSON"
    } else if text.starts_with("HTTP/") || is_header(text) {
        "send the document alone, without the headers of HTTP"
    } else if !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit()) {
        "send the document alone: the number before it may be its length or the size of a chunk"
    } else {
        return None;
    };
    Some(help.to_owned())
}

/// Returns true if a text has only characters that cannot be seen, none of which is a blank of XML.
pub(super) fn is_invisible(text: &str) -> bool {
    let zero_width = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];
    text.chars().all(|c| c.is_whitespace() || zero_width.contains(&c))
}

/// The help for invisible characters.
pub(super) const INVISIBLE_HELP: &str =
    "remove the invisible characters, such as a no-break space: XML takes them for text";

/// Returns true if the first line is a header of HTTP, such as `Content-Type: text/xml`.
fn is_header(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    line.split_once(':').is_some_and(|(name, value)| {
        name.len() > 2
            && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
            && value.starts_with(' ')
    })
}

/// Returns the diagnostic of a root element with another name. `rest` is what follows its tag.
pub(super) fn wrong_root(name: &str, rest: &str) -> Diagnostic {
    let diagnostic = rules::wrong_root_case(name);
    match root_help(&excerpt(name), rest) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

/// Returns the help for a wrong root element, or `None` where its name is the problem.
fn root_help(name: &str, rest: &str) -> Option<String> {
    let has_root_inside = rest.contains("<cross-domain-policy");
    let lower = name.to_ascii_lowercase();
    if is_rule(name) && has_root_inside {
        return Some(format!("move <{name}> into the <{ROOT}> that follows it"));
    }
    if is_rule(name) {
        return Some(format!("put <{name}> inside a <{ROOT}> element"));
    }
    if is_like_root(name) {
        return None;
    }
    let help = match lower.as_str() {
        "access-policy" | "cross-domain-access" => {
            format!("serve Flash's <{ROOT}> here: <{name}> is Silverlight's")
        }
        "policy-file-request" => {
            "answer the request with a policy, not with the request".to_owned()
        }
        "xml" => declaration::help(),
        "doctype" => DOCTYPE_HELP.to_owned(),
        name if is_html(name) => HTML_HELP.to_owned(),
        "error" => "serve the policy itself: this is probably an error message".to_owned(),
        _ if has_root_inside => format!("remove the <{name}> around <{ROOT}>"),
        _ => format!("serve a document whose root element is <{ROOT}>"),
    };
    Some(help)
}

/// Returns the diagnostic of a document that is only a DOCTYPE of HTML, or has no root at all.
pub(super) fn without_root(text: &str, cut_at: Option<usize>) -> Diagnostic {
    let diagnostic = rules::empty_document();
    if cut_at.is_some() {
        return diagnostic.with_help("remove the NUL, which ends the document before it begins");
    }
    if has_html_doctype(text) {
        return diagnostic.with_help(HTML_HELP);
    }
    if text.contains("<cross-domain-policy") {
        return diagnostic.with_help("end the comment before <cross-domain-policy> begins");
    }
    diagnostic
}

/// Returns true if the text has the DOCTYPE of HTML.
pub(super) fn has_html_doctype(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split_once("<!doctype").is_some_and(|(_, rest)| rest.trim_start().starts_with("html"))
}

/// Returns the diagnostic of markup or text after the root element, or `None` for what may stand
/// there. `is_empty_root` is true if the root is an empty-element tag.
pub(super) fn after_root(token: &Token<'_>, is_empty_root: bool) -> Option<Diagnostic> {
    let text = excerpt(token.text);
    let name = token.name();
    let is_nul = match token.kind {
        Markup::Text => fake_nul::is_fake_nul(token.text),
        Markup::Open | Markup::Empty => {
            fake_nul::is_fake_nul(name) || (!name.is_empty() && name.bytes().all(|b| b == b'0'))
        }
        _ => false,
    };
    if is_nul {
        return Some(fake_nul(token.text));
    }
    Some(match token.kind {
        Markup::Comment => return None,
        Markup::Text if is_blank(token.text) => return None,
        Markup::Open | Markup::Empty => second_root(name, is_empty_root),
        Markup::Unfinished
            if name.starts_with(char::is_alphabetic) && !token.text.starts_with("</") =>
        {
            second_root(name, is_empty_root)
        }
        _ => trailing(token, text),
    })
}

/// Returns the diagnostic of an instruction inside the root. A player ignores it.
pub(super) fn inside_root(token: &Token<'_>, parent: &str) -> Diagnostic {
    let name = excerpt(token.name());
    let is_script = token.text.starts_with("<?php")
        || token.text.starts_with("<?=")
        || token.text[2..].starts_with(char::is_whitespace);
    let help = match is_script {
        true => "run the script, whose source was sent, or remove it",
        false => "remove the instruction",
    };
    rules::unknown_element(format!("?{name} … ?"), parent, "is a processing instruction")
        .identified_by(&[&name, parent])
        .with_help(help)
}

fn fake_nul(text: &str) -> Diagnostic {
    let text = text.trim();
    let shown = excerpt(text);
    if source_code::is_escapes(text.trim_matches(['"', '\''])) {
        let help = "remove it: nothing but the byte 0x00 follows </cross-domain-policy>";
        let diagnostic = rules::fake_nul(&shown, "is an escape sequence, sent as text");
        return diagnostic.identified_by(&[&shown]).with_help(help);
    }
    let diagnostic = rules::fake_nul(&shown, "looks like an escaped NUL").identified_by(&[&shown]);
    if fake_nul::has_source_code(text) {
        let help = "send the byte 0x00, not the source code that stands for it";
        return diagnostic.with_help(help);
    }
    diagnostic
}

fn second_root(written: &str, is_empty_root: bool) -> Diagnostic {
    let name = excerpt(written);
    let name = name.as_str();
    let lower = name.to_ascii_lowercase();
    let help = match lower.as_str() {
        ROOT => "send one policy, with the rules of both".to_owned(),
        "access-policy" => {
            "serve Silverlight's <access-policy> on its own, as clientaccesspolicy.xml or on 943"
                .to_owned()
        }
        _ if is_rule(name) && is_empty_root => {
            format!(
                "write <{ROOT}> instead of <{ROOT}/> at the beginning, so that it holds <{name}>"
            )
        }
        _ if is_rule(name) => format!("move <{name}> inside, before </{ROOT}>"),
        "policy-file-request" => "send the policy alone, without the request".to_owned(),
        _ if is_html(&lower) => "remove the HTML after the policy".to_owned(),
        _ => format!("remove <{name}>: a document has one root element"),
    };
    rules::two_roots(written).with_help(help)
}

fn trailing(token: &Token<'_>, text: String) -> Diagnostic {
    let help = trailing_help(token, token.text.trim());
    let diagnostic = rules::trailing_junk(text);
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

fn trailing_help(token: &Token<'_>, text: &str) -> Option<String> {
    let help = match token.kind {
        Markup::Close => {
            return Some(format!("remove {}, which closes nothing that is open", excerpt(text)));
        }
        _ if declaration::is_meant(text) => "send one document: a second one begins here",
        Markup::Doctype | Markup::InternalSubset => "send one document: a second one begins here",
        Markup::Instruction => "remove the instruction, or run the script whose source was sent",
        Markup::Unfinished if text.starts_with("<!--") => "end the comment with -->, or remove it",
        Markup::Cdata | Markup::Unfinished => "remove what follows </cross-domain-policy>",
        _ if text.starts_with("HTTP/") => "send the policy alone, without an answer of HTTP",
        _ if is_invisible(text) => INVISIBLE_HELP,
        _ if text.trim_matches('>').is_empty() => "remove the >, which ends no tag",
        _ if text.bytes().all(|b| b == b'0') => {
            "remove the text; if it is meant as the NUL, send the byte 0x00"
        }
        _ => source_code::help(text)
            .unwrap_or("remove the text: the document ends at </cross-domain-policy>"),
    };
    Some(help.to_owned())
}

/// Returns true for an element that belongs inside the root, even if it is misspelt.
fn is_rule(name: &str) -> bool {
    ELEMENTS.contains(&name) || meant_element(name).is_some()
}

/// Returns true for an element of HTML that may begin a page. `name` is in lower case.
fn is_html(name: &str) -> bool {
    const ELEMENTS_OF_HTML: [&str; 23] = [
        "html", "head", "body", "title", "meta", "link", "script", "style", "center", "div", "h1",
        "h2", "h3", "pre", "br", "hr", "img", "font", "table", "iframe", "span", "form",
        "!doctype",
    ];
    ELEMENTS_OF_HTML.contains(&name)
}

const HTML_HELP: &str =
    "serve the policy itself: this is an HTML page, probably an error page of a web server";
