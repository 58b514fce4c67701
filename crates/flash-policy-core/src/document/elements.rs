//! Reads the elements of a well-formed document. Does not know what they mean.

use roxmltree::{Document, Error, Node, ParsingOptions, TextPos};

use super::around_root::{INVISIBLE_HELP, is_invisible};
use super::decode::{BLANKS, Source, excerpt};
use super::fake_nul::is_fake_nul;
use super::outline::{Outline, is_blank};
use super::source_code;
use super::tokens::{Markup, Token, tokens};
use super::vocabulary::ELEMENTS;
use super::xml_fault::xml_fault;
use crate::diagnostics::{Diagnostic, Position, rules};
use crate::source_text::offset;

const MAX_NODES: u32 = 8192;
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Returns all elements in document order, the root first.
pub(super) fn elements(source: &Source<'_>, outline: Outline) -> Result<Vec<Element>, Diagnostic> {
    let options =
        ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let seen = &source.text()[source.body()..outline.end];
    match (Document::parse_with_options(seen, options), outline.fault) {
        (Err(error), fault) => Err(rejected(source, &error, fault)),
        (Ok(_), Some(fault)) => Err(fault),
        (Ok(document), None) => {
            if let Some(fault) = forbidden_character(source, outline.end) {
                return Err(fault);
            }
            let elements = document.descendants().filter_map(|node| read(source, node));
            elements.collect()
        }
    }
}

/// An element with its attributes.
pub(super) struct Element {
    pub(super) name: String,
    /// The names of the elements around it, outermost first; empty for the root.
    pub(super) ancestors: Vec<String>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) position: Position,
}

impl Element {
    /// Returns the name of the element around it, which is empty for the root.
    pub(super) fn parent(&self) -> &str {
        self.ancestors.last().map(String::as_str).unwrap_or_default()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|attribute| attribute.value.as_str())
    }
}

/// An attribute. The name of a namespaced one begins with its prefix.
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) position: Position,
}

fn read(source: &Source<'_>, node: Node<'_, '_>) -> Option<Result<Element, Diagnostic>> {
    if node.is_element() { Some(element(source, node)) } else { stray_text(source, node).map(Err) }
}

fn element(source: &Source<'_>, node: Node<'_, '_>) -> Result<Element, Diagnostic> {
    let place = |offset| source.position(source.body() + offset);
    let name = node.tag_name().name().to_owned();
    let position = place(node.range().start);
    if node.tag_name().namespace().is_some() {
        return Err(rules::namespaced_element(name).at(position));
    }
    let outer = node.ancestors().skip(1).filter(Node::is_element);
    let mut ancestors: Vec<_> = outer.map(|outer| outer.tag_name().name().to_owned()).collect();
    ancestors.reverse();
    // The location of a schema is not an attribute of the policy (rulebook X4).
    let own = node.attributes().filter(|own| own.namespace() != Some(SCHEMA_INSTANCE));
    let attributes = own.map(|own| Attribute {
        name: match own.namespace() {
            Some(_) => written_name(source, source.body() + own.range().start),
            None => own.name().to_owned(),
        },
        value: own.value().to_owned(),
        position: place(own.range().start),
    });
    Ok(Element { name, ancestors, attributes: attributes.collect(), position })
}

/// Returns the name that stands at a byte of the text, with its prefix.
fn written_name(source: &Source<'_>, start: usize) -> String {
    let ends = |c: char| c == '=' || c.is_whitespace();
    source.text()[start..].split(ends).next().unwrap_or_default().to_owned()
}

/// Returns the diagnostic of a reference to a character that XML forbids and the parser accepts.
fn forbidden_character(source: &Source<'_>, end: usize) -> Option<Diagnostic> {
    let text = &source.text()[..end];
    if !text.contains("&#") {
        return None;
    }
    let with_references =
        |token: &Token<'_>| matches!(token.kind, Markup::Text | Markup::Open | Markup::Empty);
    tokens(text).filter(with_references).find_map(|token| {
        let mut references = token.text.match_indices("&#");
        let (at, _) = references.find(|(at, _)| names_no_character(&token.text[at + 2..]))?;
        let what = "a character reference names no character that XML allows";
        let fault = rules::missing_close_tag_typo(what).with_help("remove the reference");
        Some(fault.at(source.position(token.start + at)))
    })
}

/// Returns true for the rest of a reference whose number is that of no character.
fn names_no_character(reference: &str) -> bool {
    let digits = reference.split(';').next().unwrap_or_default();
    let number = match digits.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number.map_or(true, |number| char::from_u32(number).is_none())
}

fn stray_text(source: &Source<'_>, node: Node<'_, '_>) -> Option<Diagnostic> {
    let text = node.text().filter(|text| node.is_text() && !is_blank(text))?;
    let start = source.body() + node.range().start;
    let written = &source.text()[start..];
    let blanks = written.len() - written.trim_start_matches(BLANKS).len();
    let parent = node.parent().map(|parent| parent.tag_name().name()).unwrap_or_default();
    let diagnostic = rules::text_in_element(parent, excerpt(text));
    let diagnostic = match stray_text_help(text.trim(), written.trim_start()) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    };
    Some(diagnostic.at(source.position(start + blanks)))
}

/// Returns the help for text inside an element, or `None` if it may be anything. `written` is the
/// text as it stands in the document, and all that follows it.
fn stray_text_help(text: &str, written: &str) -> Option<&'static str> {
    if is_invisible(text) {
        return Some(INVISIBLE_HELP);
    }
    if written.starts_with("<![CDATA[") {
        return Some("remove <![CDATA[ and ]]>, so that what is inside is read");
    }
    if written.starts_with("&lt;") {
        return Some("write < and > themselves, not &lt; and &gt;");
    }
    if ["{{", "{%", "${", "<%"].iter().any(|mark| text.starts_with(mark)) {
        return Some("render the template before serving it");
    }
    if text == "-->" {
        return Some("remove the -->, which ends no comment");
    }
    if let Some(help) = source_code::help(text) {
        return Some(help);
    }
    if is_fake_nul(text) {
        return Some("remove the text; to end the policy, send the byte 0x00 after its last tag");
    }
    if text.starts_with("//") || text.starts_with("/*") || text.starts_with('#') {
        return Some("write the comment as <!-- … -->");
    }
    if text.trim_matches('>').is_empty() {
        return Some("remove the >, which ends no tag");
    }
    if text.starts_with('<') || ELEMENTS.iter().any(|element| text.contains(element)) {
        return Some("write each element as a tag: <name …/>");
    }
    None
}

fn rejected(source: &Source<'_>, error: &Error, fault: Option<Diagnostic>) -> Diagnostic {
    let position = absolute(source, error.pos());
    let at_end =
        matches!(error, Error::NoRootNode | Error::UnclosedRootNode | Error::UnexpectedEndOfStream);
    if let Some(fault) = fault.filter(|fault| at_end || fault.position() <= Some(position)) {
        return fault;
    }
    match error {
        Error::DuplicatedAttribute(name, _) => rules::dup_attributes_unknown_attrs(name),
        Error::NodesLimitReached => rules::document_over_limit(format!("{MAX_NODES} nodes")),
        _ => xml_fault(error, source.text(), offset(source.text(), position)),
    }
    .at(position)
}

/// Converts a position of the parser, which counts from the end of the leading blanks.
fn absolute(source: &Source<'_>, relative: TextPos) -> Position {
    let body = source.position(source.body());
    let column = if relative.row == 1 { relative.col + body.column - 1 } else { relative.col };
    Position { line: relative.row + body.line - 1, column }
}

/// Escapes a value so that it can be written between double quotes.
pub(crate) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push_str(&format!("&#x{:x};", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}
