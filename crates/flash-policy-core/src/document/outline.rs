//! Checks the structure around and inside the root element (rulebook X1), and the depth of nesting.
//! Runs before the XML parser, so that a document made to exhaust the parser never reaches it.

use super::decode::{BLANKS, Source, excerpt};
use super::tokens::{Markup, Token, tokens};
use crate::diagnostics::{Diagnostic, rules};

pub(super) const ROOT: &str = "cross-domain-policy";

const MAX_DEPTH: usize = 64;
const MAX_ATTRIBUTES: usize = 64;
const MAX_NAMESPACES: usize = 64;

/// The result of the check: the part of the document that the XML parser should see.
pub(super) struct Outline {
    /// The end of that part: the byte after the last token that was checked.
    pub(super) end: usize,
    /// The fault found at the end, which counts unless the parser finds one earlier.
    pub(super) fault: Option<Diagnostic>,
}

impl Outline {
    /// Checks a document token by token. Rejects at once a document that must not reach the parser.
    pub(super) fn of(
        source: &Source<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Outline, Diagnostic> {
        // The parser copies namespaces from element to element, so many of them cost cubic time.
        if source.text().matches("xmlns").count() > MAX_NAMESPACES {
            return Err(over_limit(MAX_NAMESPACES, "namespace declarations"));
        }
        let mut walk = Walk { source, open: Vec::new(), root_seen: false, comment_seen: false };
        for token in tokens(source.text()) {
            let fault = match walk.take(&token, found)? {
                OutlineStep::Next => continue,
                OutlineStep::LeaveToParser => None,
                OutlineStep::StopAt(fault) => Some(fault),
            };
            return Ok(Outline { end: token.start + token.text.len(), fault });
        }
        Ok(Outline { end: source.text().len(), fault: walk.at_end()? })
    }
}

/// A walk over the tokens, with the elements that are open and what was seen so far.
struct Walk<'a> {
    source: &'a Source<'a>,
    open: Vec<&'a str>,
    root_seen: bool,
    comment_seen: bool,
}

impl<'a> Walk<'a> {
    fn take(
        &mut self,
        token: &Token<'a>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<OutlineStep, Diagnostic> {
        // The source of a script that did not run says more than its missing end.
        let script = !self.root_seen && token.text.starts_with("<?") && token.name() != "xml";
        if token.kind == Markup::Unfinished && !script {
            return Ok(OutlineStep::StopAt(self.truncated(Some(token.name()))));
        }
        match (self.root_seen, self.open.is_empty()) {
            (false, _) => self.before_root(token, found),
            (true, false) => self.inside(token),
            (true, true) => Ok(self.after_root(token)),
        }
    }

    fn before_root(
        &mut self,
        token: &Token<'a>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<OutlineStep, Diagnostic> {
        match token.kind {
            Markup::Comment => self.comment_seen = true,
            Markup::Text if is_blank(token.text) => {}
            Markup::Instruction if token.name() == "xml" => self.declaration(token)?,
            Markup::Text | Markup::Instruction | Markup::Cdata | Markup::Unfinished => {
                return Err(self.at(token, rules::text_before_root(excerpt(token.text))));
            }
            Markup::InternalSubset => {
                return Err(self.at(token, rules::entity_dtd_internal_subset()));
            }
            Markup::Doctype => found.extend(self.unusual_dtd(token)),
            // `<!doctype html>`: the diagnostic of the root element says more.
            Markup::Open if token.name().starts_with('!') => {}
            Markup::Open | Markup::Empty => {
                self.root_seen = true;
                self.element(token)?;
                if token.name() != ROOT {
                    return Err(self.at(token, rules::wrong_root_case(token.name())));
                }
            }
            Markup::Close => return Ok(OutlineStep::LeaveToParser),
        }
        Ok(OutlineStep::Next)
    }

    fn declaration(&self, token: &Token<'a>) -> Result<(), Diagnostic> {
        if token.start == self.source.body() {
            Ok(())
        } else if self.comment_seen {
            Err(self.at(token, rules::comment_before_xmldecl()))
        } else {
            Err(self.at(token, rules::missing_close_tag_typo("a second XML declaration")))
        }
    }

    fn inside(&mut self, token: &Token<'a>) -> Result<OutlineStep, Diagnostic> {
        match token.kind {
            Markup::Open | Markup::Empty => self.element(token)?,
            Markup::Close if self.open.pop() != Some(token.name()) => {
                return Ok(OutlineStep::LeaveToParser);
            }
            Markup::Doctype | Markup::InternalSubset => return Ok(OutlineStep::LeaveToParser),
            _ => {}
        }
        Ok(OutlineStep::Next)
    }

    fn after_root(&self, token: &Token<'a>) -> OutlineStep {
        let text = excerpt(token.text);
        OutlineStep::StopAt(match token.kind {
            Markup::Comment => return OutlineStep::Next,
            Markup::Text if is_blank(token.text) => return OutlineStep::Next,
            Markup::Open | Markup::Empty => self.at(token, rules::two_roots(token.name())),
            Markup::Text if is_escaped_nul(&text) => self.at(token, rules::fake_nul(text)),
            _ => self.at(token, rules::trailing_junk(text)),
        })
    }

    fn element(&mut self, token: &Token<'a>) -> Result<(), Diagnostic> {
        if token.name().contains(':') {
            return Err(self.at(token, rules::namespaced_element(token.name())));
        }
        if token.kind == Markup::Open {
            self.open.push(token.name());
        }
        let position = self.source.position(token.start);
        if self.open.len() > MAX_DEPTH {
            return Err(over_limit(MAX_DEPTH, "nested elements").at(position));
        }
        // The parser compares every attribute of an element with every other.
        if token.text.matches('=').count() > MAX_ATTRIBUTES {
            return Err(over_limit(MAX_ATTRIBUTES, "attributes in one element").at(position));
        }
        Ok(())
    }

    fn at_end(&self) -> Result<Option<Diagnostic>, Diagnostic> {
        match (self.root_seen, self.open.is_empty()) {
            (false, _) => Err(rules::empty_document().at(self.source.end())),
            (true, false) => Ok(Some(self.truncated(None))),
            (true, true) => Ok(None),
        }
    }

    fn truncated(&self, tag: Option<&str>) -> Diagnostic {
        let innermost = self.open.last().copied();
        let tag = tag.filter(|tag| !tag.is_empty()).or(innermost).unwrap_or(ROOT);
        rules::truncated(excerpt(tag)).at(self.source.end())
    }

    fn unusual_dtd(&self, token: &Token<'a>) -> Option<Diagnostic> {
        let system_id = system_id(token.text).filter(|id| !is_usual_dtd(id))?;
        Some(self.at(token, rules::wrong_dtd_url(excerpt(system_id))))
    }

    /// Returns the diagnostic at the token's first character that is not blank.
    fn at(&self, token: &Token<'_>, diagnostic: Diagnostic) -> Diagnostic {
        let blanks = token.text.len() - token.text.trim_start_matches(BLANKS).len();
        diagnostic.at(self.source.position(token.start + blanks))
    }
}

enum OutlineStep {
    Next,
    /// Not well-formed. The XML parser will find the same fault and describe it better.
    LeaveToParser,
    StopAt(Diagnostic),
}

fn over_limit(limit: usize, of_what: &str) -> Diagnostic {
    rules::document_over_limit(format!("{limit} {of_what}"))
}

pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| BLANKS.contains(&c))
}

/// Returns true for texts that servers send when they try to send a NUL byte but quote it wrongly.
fn is_escaped_nul(text: &str) -> bool {
    [
        "u0000", "\\u0000", "\\0", "\\00", "\\000", "\\x00", "\\0x00", "0x00", "\\n", "/n", "/0",
        "%00", "&#0;",
    ]
    .contains(&text)
}

fn system_id(doctype: &str) -> Option<&str> {
    let declaration = doctype.trim_end_matches('>').trim_end();
    let quote = declaration.chars().next_back().filter(|c| ['"', '\''].contains(c))?;
    declaration[..declaration.len() - 1].rsplit_once(quote).map(|(_, id)| id)
}

/// Returns true for the spellings of rulebook X3.
fn is_usual_dtd(id: &str) -> bool {
    let without_scheme = id.trim_start_matches("http://").trim_start_matches("https://");
    let host_and_path = without_scheme.trim_start_matches("www.");
    ["adobe.com", "macromedia.com", ""]
        .iter()
        .any(|host| host_and_path.strip_prefix(host) == Some("/xml/dtds/cross-domain-policy.dtd"))
}
