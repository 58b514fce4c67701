//! Turns an error of the XML parser into a message in plain English, with the help that fits.

use roxmltree::Error;

use super::declaration::{self, DECLARATION};
use super::source_code;
use super::tokens::{Markup, Token, tokens};
use super::vocabulary::{ELEMENTS, ROOT, attributes_of};
use crate::diagnostics::{Diagnostic, rules};

/// Returns the diagnostic of an error that the parser met at a byte of the text.
pub(super) fn xml_fault(error: &Error, text: &str, at: usize) -> Diagnostic {
    let raw = error.to_string().replace(&format!(" at {}", error.pos()), "");
    let fault = Fault::at(text, at);
    let (what, help) =
        fault.explained(error).unwrap_or_else(|| (fault.in_words_of_xml(error, &raw), None));
    let (what, help) = (shortened(&what), help.as_deref().map(shortened));
    // The words of the parser identify the finding, as they did before it had words of its own.
    let diagnostic = rules::missing_close_tag_typo(what).identified_by(&[&raw]);
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

/// Shortens a text that quotes a very long name.
fn shortened(text: &str) -> String {
    const LIMIT: usize = 200;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The fault in words, and its help if there is any.
type Explained = Option<(String, Option<String>)>;

/// The place of an error.
struct Fault<'a> {
    /// The markup or text in which the error lies.
    token: Token<'a>,
    /// The text before the token.
    outside: &'a str,
    /// The part of the token before the error.
    before: &'a str,
    /// The rest of the text, from the error on.
    rest: &'a str,
}

impl<'a> Fault<'a> {
    fn at(text: &'a str, at: usize) -> Self {
        let empty = Token { kind: Markup::Text, start: 0, text: "" };
        let token = tokens(text).take_while(|token| token.start <= at).last().unwrap_or(empty);
        Fault {
            token,
            outside: &text[..token.start],
            before: &text[token.start..at],
            rest: &text[at..],
        }
    }

    fn explained(&self, error: &Error) -> Explained {
        self.of_source_code()
            .or_else(|| self.of_declaration(error))
            .or_else(|| self.of_doctype())
            .or_else(|| self.of_template())
            .or_else(|| self.of_quotation_mark())
            .or_else(|| self.of_entity(error))
            .or_else(|| self.of_tags(error))
            .or_else(|| self.of_attribute(error))
            .or_else(|| self.of_markup(error))
    }

    /// Says what XML expects at the error. `raw` is the error in the words of the parser.
    fn in_words_of_xml(&self, error: &Error, raw: &str) -> String {
        let here = match self.rest.chars().next() {
            Some(c) => format!("where \"{c}\" stands"),
            None => "where the document ends".to_owned(),
        };
        match error {
            Error::InvalidChar(expected, ..) => {
                format!("\"{}\" is expected {here}", char::from(*expected))
            }
            Error::InvalidChar2(expected, ..) => format!("{expected} is expected {here}"),
            Error::InvalidString(expected, _) => format!("\"{expected}\" is expected {here}"),
            Error::InvalidName(_) => format!("a name is expected {here}"),
            Error::UnknownToken(_) => format!("no markup of XML begins {here}"),
            _ => raw.to_owned(),
        }
    }

    /// Escapes of a programming language that were not resolved.
    fn of_source_code(&self) -> Explained {
        let escape = source_code::escape_in(self.rest).or_else(|| {
            let tag = self.before.strip_prefix('<').filter(|name| name.is_empty());
            tag.and_then(|_| source_code::escape_in(self.rest))
        })?;
        let what = format!("{escape} is an escape sequence of source code, not XML");
        Some((what, Some(source_code::ESCAPE_HELP.to_owned())))
    }

    fn of_declaration(&self, error: &Error) -> Explained {
        if let Error::UnexpectedDeclaration(_) = error {
            let help = format!("move {DECLARATION} to the very beginning, or remove it");
            return Some(("an XML declaration stands inside the document".to_owned(), Some(help)));
        }
        let declaration = [self.token.text, self.open_markup()];
        let written = declaration.into_iter().find(|text| declaration::is_meant(text))?;
        Some((declaration::fault(written), Some(declaration::help())))
    }

    fn of_doctype(&self) -> Explained {
        let is_doctype = |text: &&str| {
            let inner = text.strip_prefix("<!").map(str::trim_start);
            inner.is_some_and(|inner| inner.to_ascii_lowercase().starts_with("doctype"))
        };
        let _ = [self.token.text, self.open_markup()].iter().find(|text| is_doctype(text))?;
        let what = "a DOCTYPE is misspelt or in the wrong place";
        Some((what.to_owned(), Some(DOCTYPE_HELP.to_owned())))
    }

    fn of_template(&self) -> Explained {
        let marks = ["<%", "<?=", "<?php", "<#", "<$", "${", "{{", "{%"];
        let begins = |mark: &str| self.rest.starts_with(mark) || self.token.text.starts_with(mark);
        let mark = marks.iter().find(|mark| begins(mark))?;
        let what = format!("{mark} is a placeholder of a template that was not filled in");
        Some((what, Some("render the template before serving it".to_owned())))
    }

    fn of_quotation_mark(&self) -> Explained {
        let mark = self.rest.chars().next().filter(|c| CURLY.contains(*c))?;
        let what = format!("the quotation mark {mark} means nothing in XML");
        Some((what, Some("write straight quotation marks, \" or '".to_owned())))
    }

    fn of_entity(&self, error: &Error) -> Explained {
        match error {
            Error::UnknownEntityReference(name, _) => Some((
                format!("the entity &{name}; is not defined"),
                Some("write the character itself, or &amp; for an &".to_owned()),
            )),
            Error::MalformedEntityReference(_) if self.rest.starts_with("&#") => Some((
                "a character reference names no character that XML allows".to_owned(),
                Some("remove the reference".to_owned()),
            )),
            Error::MalformedEntityReference(_) => Some((
                "an & stands alone".to_owned(),
                Some("write &amp; for each & that is meant as itself".to_owned()),
            )),
            Error::InvalidCharacterData(_) => {
                Some(("]]> stands in the text".to_owned(), Some("remove the ]]>".to_owned())))
            }
            Error::NonXmlChar(c, _) => Some((
                format!("the character U+{:04X} is not allowed in XML", u32::from(*c)),
                Some("remove the character".to_owned()),
            )),
            _ => None,
        }
    }

    /// Tags that do not match or do not end.
    fn of_tags(&self, error: &Error) -> Explained {
        if let Error::UnexpectedCloseTag(open, closing, _) = error {
            let what = format!("</{closing}> stands where </{open}> is expected");
            return Some((what, Some(close_help(open, closing))));
        }
        let name = self.token.name();
        if self.token.text.starts_with("<<") {
            let what = "a < stands twice before a name".to_owned();
            return Some((what, Some("remove one of the two <".to_owned())));
        }
        let is_close_expected = matches!(error, Error::InvalidChar(b'>', ..));
        if self.token.kind == Markup::Unfinished
            && self.token.text.starts_with("</")
            && is_close_expected
        {
            let what = "a closing tag holds more than a name".to_owned();
            return Some((what, Some("write nothing but the name in a closing tag".to_owned())));
        }
        if self.token.kind == Markup::Close && name.starts_with(char::is_alphabetic) {
            let what = format!("the closing tag of <{name}> holds more than the name");
            return Some((what, Some(format!("write the closing tag as </{name}>"))));
        }
        let is_tag = !matches!(self.token.kind, Markup::Text | Markup::Instruction)
            && name.starts_with(char::is_alphabetic);
        if is_tag && !self.before.is_empty() && self.rest.starts_with('<') {
            return Some(self.unended(name));
        }
        None
    }

    /// A `<` inside a tag: the tag before has no end, or a value has no closing quotation mark.
    fn unended(&self, name: &str) -> (String, Option<String>) {
        match self.open_value() {
            None => (
                format!("the tag <{name}> has no >"),
                Some(format!("end the tag <{name}> with > or />")),
            ),
            Some(attribute) if looks_like_a_tag(self.rest) => (
                format!("the value of {attribute} has no closing quotation mark"),
                Some(format!("put a quotation mark at the end of the value of {attribute}")),
            ),
            Some(attribute) => (
                format!("the value of {attribute} contains <"),
                Some("write &lt; for a < inside a value, or remove it".to_owned()),
            ),
        }
    }

    /// Attributes without quotation marks, without a value, or without a blank between them.
    fn of_attribute(&self, error: &Error) -> Explained {
        match error {
            Error::InvalidChar2("a quote", ..) if self.rest.starts_with('&') => Some((
                "a value has references for its quotation marks".to_owned(),
                Some("write the quotation marks themselves, not &quot;".to_owned()),
            )),
            Error::InvalidChar2("a quote", ..) => {
                let name = last_word(self.before.trim_end().trim_end_matches('='));
                let value = self.rest.split([' ', '\t', '\r', '\n', '>']).next()?;
                let value = value
                    .trim_end_matches('/')
                    .trim_matches(|c: char| !c.is_alphanumeric() && c != '*');
                let help = if value.is_empty() || value.chars().count() > 60 {
                    format!("put the value of {name} between quotation marks")
                } else {
                    format!("write {name}=\"{value}\"")
                };
                Some((format!("the value of {name} has no quotation marks"), Some(help)))
            }
            Error::InvalidChar(b'=', ..) => Some(self.without_value()),
            Error::InvalidChar2("a whitespace", ..) => Some(self.without_blank()),
            _ => None,
        }
    }

    fn without_value(&self) -> (String, Option<String>) {
        let name = last_word(self.before);
        if self.rest.trim_start().starts_with(['"', '\'']) {
            let what = format!("no = stands between {name} and its value");
            return (what, Some(format!("write {name}=\"…\", with a = before the value")));
        }
        let what = format!("the attribute {name} has no value");
        let next: String = self.rest.chars().take_while(|c| is_name(*c)).collect();
        let joined = format!("{name}-{next}");
        let element = self.token.name();
        let unbroken = format!("{name}{next}");
        let words = [format!("{element}-{name}"), format!("{element}-{name}-{next}")];
        let whole = words.iter().find(|name| ELEMENTS.contains(&name.as_str()));
        let help = if next.is_empty() {
            format!("write {name}=\"…\" with a value, or remove it")
        } else if attributes_of(element).contains(&joined.as_str()) {
            format!("did you mean {joined}?")
        } else if attributes_of(element).contains(&unbroken.as_str()) {
            format!("did you mean {unbroken}?")
        } else if let Some(whole) = whole {
            format!("did you mean <{whole}>?")
        } else {
            format!("write {name}=\"…\" with a value, or remove it")
        };
        (what, Some(help))
    }

    fn without_blank(&self) -> (String, Option<String>) {
        if self.rest.starts_with("\\>") {
            let what = format!("the tag <{}> ends with a backslash", self.token.name());
            return (what, Some("end the tag with />".to_owned()));
        }
        if let Some(sign @ (',' | ';' | '/' | '\\' | '|' | '&')) = self.rest.chars().next() {
            let what =
                format!("\"{sign}\" stands between the attributes of <{}>", self.token.name());
            return (what, Some(format!("remove the \"{sign}\": blanks separate attributes")));
        }
        let value = last_value(self.before);
        let name = self.token.name();
        if let Some((element, attribute)) = joined_name(name) {
            let what = format!("no blank stands between {element} and {attribute}");
            return (what, Some(format!("write <{element} {attribute}=…")));
        }
        if let Some((attribute, "")) = value {
            let what = format!("the value of {attribute} has doubled quotation marks");
            return (what, Some("write one quotation mark on each side of a value".to_owned()));
        }
        if value.is_some_and(|(_, value)| value.contains('=')) {
            let (attribute, _) = value.unwrap_or_default();
            return (
                format!("the value of {attribute} has no closing quotation mark"),
                Some(format!("put a quotation mark at the end of the value of {attribute}")),
            );
        }
        let after = value.map_or("a value", |(attribute, _)| attribute);
        let word = self.rest.split([' ', '\t', '\r', '\n', '>']).next().unwrap_or_default();
        let is_attribute = word.split_once('=').is_some_and(|(name, _)| name.chars().all(is_name));
        if !is_attribute {
            let what = format!("a quotation mark ends the value of {after} too early");
            let help = "remove the quotation mark inside the value, or write &quot; for it";
            return (what, Some(help.to_owned()));
        }
        (
            format!("no blank follows the value of {after}"),
            Some("put a blank between the attributes".to_owned()),
        )
    }

    /// Everything else that begins with `<`, and comments.
    fn of_markup(&self, error: &Error) -> Explained {
        let text = self.token.text;
        let help = |what: &str, help: &str| Some((what.to_owned(), Some(help.to_owned())));
        if let Error::InvalidComment(_) = error {
            return help(
                "a comment contains --",
                "write no -- inside a comment, and end it with -->",
            );
        }
        if let Error::UnknownNamespace(prefix, _) = error {
            let help = format!("remove the prefix {prefix}:, or declare it with xmlns:{prefix}");
            return Some((format!("the prefix {prefix}: is not declared"), Some(help)));
        }
        if is_like_a_comment(text) {
            return help("a comment is misspelt", "write comments as <!-- … -->");
        }
        let inner = text.strip_prefix('<')?;
        let name = inner.trim_start_matches(|c: char| c == '/' || c.is_whitespace());
        let is_element = ELEMENTS.iter().chain([&ROOT]).any(|element| name.starts_with(element));
        let has_blank = inner.trim_start_matches('/').starts_with(char::is_whitespace);
        if is_element && has_blank {
            return help("a blank follows the < of a tag", "write the name right after < or </");
        }
        if let Some(name) = inner.strip_prefix('\\') {
            let name: String = name.chars().take_while(|c| is_name(*c)).collect();
            let help = format!("write the closing tag with the other slash: </{name}>");
            return Some(("a closing tag has a backslash".to_owned(), Some(help)));
        }
        if !inner.starts_with(|c: char| c.is_alphabetic() || c == '/') {
            return help(
                "a < begins no tag",
                "write &lt; for a < that begins no tag, or remove it",
            );
        }
        if let Error::InvalidName(_) = error {
            return self.of_name();
        }
        if self.token.kind == Markup::Empty || self.before.trim_end().ends_with('/') {
            let what = format!("the tag <{}> does not end with />", self.token.name());
            return Some((
                what,
                Some("write /> at the end of the tag, without a blank inside".to_owned()),
            ));
        }
        None
    }

    fn of_name(&self) -> Explained {
        let ends = |c: char| c.is_whitespace() || "<>\"'=".contains(c);
        let rest = if self.rest.starts_with(':') {
            last_word(self.before).to_owned() + self.rest
        } else {
            self.rest.to_owned()
        };
        let shown: String = rest.chars().take_while(|c| !ends(*c)).take(40).collect();
        if self.token.name().is_empty() {
            let help = "write the name of the element at the start of the tag, or remove the tag";
            return Some(("a tag has no name".to_owned(), Some(help.to_owned())));
        }
        let what = match shown.is_empty() {
            true => format!("an attribute of <{}> has no name", self.token.name()),
            false => format!("\"{shown}\" in <{}> is no name of an attribute", self.token.name()),
        };
        Some((what, Some("write each attribute as name=\"value\"".to_owned())))
    }

    /// Returns the last piece of markup that begins before the token, up to the token.
    fn open_markup(&self) -> &'a str {
        self.outside.rfind('<').map_or("", |start| &self.outside[start..])
    }

    /// Returns the attribute whose value is open at the error.
    fn open_value(&self) -> Option<&'a str> {
        let mut open = None;
        for (at, c) in self.before.char_indices() {
            match open {
                Some((mark, _)) if mark == c => open = None,
                None if c == '"' || c == '\'' => open = Some((c, at)),
                _ => {}
            }
        }
        let (_, at) = open?;
        Some(last_word(self.before[..at].trim_end().trim_end_matches('=')))
    }
}

/// Returns the help for a closing tag that does not match.
fn close_help(open: &str, closing: &str) -> String {
    if open.eq_ignore_ascii_case(closing) {
        return format!("write the closing tag in the same case: </{open}>");
    }
    let is_typo =
        crate::spelling::nearest(closing, &[open]).is_some() && !ELEMENTS.contains(&closing);
    if is_typo {
        return format!("did you mean </{open}>?");
    }
    if open == ROOT {
        return format!("remove </{closing}>, which closes nothing that is open");
    }
    format!("end <{open}> with /> or add </{open}>")
}

/// Returns true for a rest of the text that begins with a tag, rather than with a `<` in a value.
fn looks_like_a_tag(rest: &str) -> bool {
    let name = rest.trim_start_matches(['<', '/']);
    rest.starts_with("</")
        || rest.starts_with("<!")
        || rest.starts_with("<?")
        || ELEMENTS.iter().any(|element| name.starts_with(element))
}

/// Returns true for `<!- … ->`, `<- … ->`, `<!– … –>` and the like.
fn is_like_a_comment(text: &str) -> bool {
    let inner = text.trim_start_matches(['<', '!']);
    inner.len() < text.len() && inner.starts_with(['-', '–', '—', '*']) && !text.starts_with("<!--")
}

/// Cuts the beginning of a tag such as `allow-access-fromdomain="*"` into its two names.
fn joined_name(written: &str) -> Option<(&str, &str)> {
    let (names, _) = written.split_once('=')?;
    let element = ELEMENTS.iter().filter(|element| names.starts_with(**element));
    let longest = element.max_by_key(|element| element.len())?;
    Some((&names[..longest.len()], &names[longest.len()..]))
}

/// Returns the attribute that was closed last, and its value.
fn last_value(before: &str) -> Option<(&str, &str)> {
    let before = before.trim_end();
    let mark = before.chars().next_back().filter(|c| ['"', '\''].contains(c))?;
    let (start, value) = before[..before.len() - 1].rsplit_once(mark)?;
    Some((last_word(start.trim_end().trim_end_matches('=')), value))
}

/// Returns the name at the end of a text.
fn last_word(text: &str) -> &str {
    text.trim_end().rsplit(|c: char| !is_name(c)).next().unwrap_or_default()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || "-_:.".contains(c)
}

/// The help for a DOCTYPE that is faulty.
pub(super) const DOCTYPE_HELP: &str = "remove the DOCTYPE: a policy needs none";

/// Quotation marks of word processors.
const CURLY: &str = "“”„‟‘’‚«»″′´`＂";
