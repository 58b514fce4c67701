//! Reads the elements of a well-formed document. Does not know what they mean.

use roxmltree::{Document, Error, Node, ParsingOptions, TextPos};

use super::decode::{BLANKS, Source, excerpt};
use super::outline::{Outline, is_blank};
use crate::diagnostics::{Diagnostic, Position, rules};

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
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|attribute| attribute.value.as_str())
    }
}

/// An attribute. The name of a namespaced one begins with its namespace.
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
            Some(namespace) => format!("{namespace}:{}", own.name()),
            None => own.name().to_owned(),
        },
        value: own.value().to_owned(),
        position: place(own.range().start),
    });
    Ok(Element { name, ancestors, attributes: attributes.collect(), position })
}

fn stray_text(source: &Source<'_>, node: Node<'_, '_>) -> Option<Diagnostic> {
    let text = node.text().filter(|text| node.is_text() && !is_blank(text))?;
    let start = source.body() + node.range().start;
    let written = &source.text()[start..];
    let blanks = written.len() - written.trim_start_matches(BLANKS).len();
    let parent = node.parent().map(|parent| parent.tag_name().name()).unwrap_or_default();
    let diagnostic = rules::text_in_element(parent, excerpt(text));
    Some(diagnostic.at(source.position(start + blanks)))
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
        _ => {
            let what = error.to_string().replace(&format!(" at {}", error.pos()), "");
            rules::missing_close_tag_typo(what)
        }
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
pub(super) fn escape(value: &str) -> String {
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
