//! Checks the structure around and inside the root element (rulebook X1), and the depth of nesting.
//! Runs before the XML parser, so that a document made to exhaust the parser never reaches it.

use super::around_root;
use super::declaration;
use super::decode::{BLANKS, Source, excerpt};
use super::tokens::{Markup, Token, tokens};
use super::vocabulary::{ELEMENTS, ROOT, is_like_root};
use super::xml_fault::DOCTYPE_HELP;
use crate::diagnostics::{Diagnostic, rules};

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
        let mut walk = Walk::new(source);
        for token in tokens(source.text()) {
            let fault = match walk.take(&token, found)? {
                OutlineStep::Next => continue,
                OutlineStep::LeaveToParser => None,
                OutlineStep::StopAt(fault) => Some(fault),
                OutlineStep::CutAt(fault) => {
                    return Ok(Outline { end: token.start, fault: Some(fault) });
                }
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
    /// True if the root is an empty-element tag.
    is_root_empty: bool,
    comment_seen: bool,
    /// True if another root opened inside the root, which was perhaps meant to close it.
    has_root_inside: bool,
}

impl<'a> Walk<'a> {
    fn new(source: &'a Source<'a>) -> Self {
        Walk {
            source,
            open: Vec::new(),
            root_seen: false,
            is_root_empty: false,
            comment_seen: false,
            has_root_inside: false,
        }
    }

    fn take(
        &mut self,
        token: &Token<'a>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<OutlineStep, Diagnostic> {
        let is_after_root = self.root_seen && self.open.is_empty();
        if token.kind == Markup::Unfinished && !is_after_root && is_cut_markup(token.text) {
            return Ok(OutlineStep::CutAt(self.truncated(Some(token))));
        }
        // The source of a script that did not run says more than its missing end.
        let script = !self.root_seen && token.text.starts_with("<?") && token.name() != "xml";
        if token.kind == Markup::Unfinished && !script && !is_after_root {
            if self.is_another_root(token) {
                return Err(self.at(token, around_root::wrong_root(token.name(), "")));
            }
            return Ok(OutlineStep::StopAt(self.truncated(Some(token))));
        }
        match (self.root_seen, self.open.is_empty()) {
            (false, _) => self.before_root(token, found),
            (true, false) => self.inside(token, found),
            (true, true) => Ok(self.after_root(token)),
        }
    }

    /// Returns true for an unfinished tag before the root whose name is whole and another one.
    fn is_another_root(&self, token: &Token<'a>) -> bool {
        let name = token.name();
        let is_whole = token.text.len() > name.len() + 1;
        !self.root_seen
            && is_whole
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && token.text.starts_with(&format!("<{name}"))
            && !is_like_root(name)
    }

    fn before_root(
        &mut self,
        token: &Token<'a>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<OutlineStep, Diagnostic> {
        match token.kind {
            Markup::Comment => self.comment_seen = true,
            Markup::Text if is_blank(token.text) => {}
            // A byte order mark here is reported already.
            Markup::Text if token.start + token.text.len() <= self.source.body() => {}
            Markup::Instruction if token.name() == "xml" => self.declaration(token, found)?,
            Markup::Text | Markup::Instruction | Markup::Cdata | Markup::Unfinished => {
                return Err(self.at(
                    token,
                    around_root::before_root(token, self.before(token), self.after(token)),
                ));
            }
            Markup::InternalSubset => {
                return Err(self.at(token, rules::entity_dtd_internal_subset()));
            }
            Markup::Doctype if token.text[1..].contains('<') => {
                let diagnostic = rules::missing_close_tag_typo("the DOCTYPE has no >");
                return Err(self.at(token, diagnostic.with_help(DOCTYPE_HELP)));
            }
            Markup::Doctype if around_root::has_html_doctype(token.text) => {}
            Markup::Doctype => found.extend(self.unusual_dtd(token)),
            // `<!doctype html>`: the diagnostic of the root element says more.
            Markup::Open if token.name().starts_with('!') => {}
            Markup::Open | Markup::Empty => self.root(token)?,
            Markup::Close => return Ok(OutlineStep::LeaveToParser),
        }
        Ok(OutlineStep::Next)
    }

    fn root(&mut self, token: &Token<'a>) -> Result<(), Diagnostic> {
        self.root_seen = true;
        self.is_root_empty = token.kind == Markup::Empty;
        let name = token.name();
        if let Some((name, _)) = name.split_once('<').filter(|(name, _)| is_like_root(name)) {
            let diagnostic = rules::missing_close_tag_typo(format!("the tag <{name}> has no >"));
            let help = format!("end the tag <{name}> with >");
            return Err(self.at(token, diagnostic.with_help(help)));
        }
        let is_policy_in_a_namespace = name
            .rsplit_once(':')
            .is_some_and(|(_, local)| is_like_root(local) || ELEMENTS.contains(&local));
        if name == ROOT || is_policy_in_a_namespace {
            return self.element(token);
        }
        Err(self.at(token, around_root::wrong_root(name, self.after(token))))
    }

    /// Returns the text before a token.
    fn before(&self, token: &Token<'a>) -> &'a str {
        &self.source.text()[..token.start]
    }

    /// Returns the text that follows a token.
    fn after(&self, token: &Token<'_>) -> &'a str {
        &self.source.text()[token.start + token.text.len()..]
    }

    fn declaration(
        &self,
        token: &Token<'a>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<(), Diagnostic> {
        if token.start == self.source.body() {
            let doubtful = declaration::foreign_encoding(token.text)
                .or_else(|| declaration::forbidden_value(token.text));
            found.extend(doubtful.map(|one| self.at(token, one)));
            Ok(())
        } else if self.comment_seen {
            Err(self.at(token, rules::comment_before_xmldecl()))
        } else {
            let diagnostic = rules::missing_close_tag_typo("a second XML declaration");
            Err(self.at(token, diagnostic.with_help("keep only the first XML declaration")))
        }
    }

    fn inside(
        &mut self,
        token: &Token<'a>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<OutlineStep, Diagnostic> {
        match token.kind {
            Markup::Instruction if !token.name().eq_ignore_ascii_case("xml") => {
                found.push(self.at(token, around_root::inside_root(token, self.innermost())));
            }
            Markup::Open | Markup::Empty => {
                self.has_root_inside |= token.name() == ROOT;
                self.element(token)?;
            }
            Markup::Close if self.open.pop() != Some(token.name()) => {
                return Ok(OutlineStep::LeaveToParser);
            }
            Markup::Doctype | Markup::InternalSubset => return Ok(OutlineStep::LeaveToParser),
            _ => {}
        }
        Ok(OutlineStep::Next)
    }

    fn after_root(&self, token: &Token<'a>) -> OutlineStep {
        match around_root::after_root(token, self.is_root_empty) {
            Some(diagnostic) => OutlineStep::StopAt(self.at(token, diagnostic)),
            None => OutlineStep::Next,
        }
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
            (false, _) => {
                let diagnostic = around_root::without_root(self.source.text(), self.source.cut());
                Err(diagnostic.at(self.source.end()))
            }
            (true, false) => Ok(Some(self.truncated(None))),
            (true, true) => Ok(None),
        }
    }

    /// Returns the diagnostic of a document that ends inside an element, or inside `token`.
    fn truncated(&self, token: Option<&Token<'_>>) -> Diagnostic {
        let tag = match token.map(|token| (token.text, token.name())) {
            Some((text, _)) if text.starts_with("<!--") => "!-- … --",
            Some((text, _)) if text.starts_with("<?") => "?xml … ?",
            Some((_, name)) if !name.is_empty() => name,
            _ => self.innermost(),
        };
        let help = match token.map(|token| token.text) {
            _ if self.source.cut().is_some() => {
                Some("remove the NUL inside the document, which ends it early")
            }
            Some(text) if text.starts_with("<!--") => {
                Some("send all bytes of the policy, or end the comment with -->")
            }
            Some(_) => None,
            None if self.has_root_inside => {
                Some("write the closing tag as </cross-domain-policy>, with the slash before it")
            }
            None if self.innermost() == ROOT => {
                Some("send all bytes of the policy, or add the missing </cross-domain-policy>")
            }
            None => Some("send all bytes of the policy, or close each element that it opens"),
        };
        let diagnostic = rules::truncated(excerpt(tag)).at(self.source.end());
        match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    }

    /// Returns the name of the innermost element that is open.
    fn innermost(&self) -> &'a str {
        self.open.last().copied().unwrap_or(ROOT)
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
    /// The document ends here, at the beginning of markup that has not told its kind.
    CutAt(Diagnostic),
}

/// Returns true if the text is the beginning of markup, cut before its kind is known.
fn is_cut_markup(text: &str) -> bool {
    ["<!--", "<![CDATA[", "<!DOCTYPE", "<?xml", "</"].iter().any(|open| open.starts_with(text))
}

fn over_limit(limit: usize, of_what: &str) -> Diagnostic {
    rules::document_over_limit(format!("{limit} {of_what}"))
}

pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| BLANKS.contains(&c))
}

fn system_id(doctype: &str) -> Option<&str> {
    let declaration = doctype.trim_end_matches('>').trim_end();
    // After PUBLIC the first literal is the public id.
    if doctype.contains("PUBLIC") && declaration.matches(['"', '\'']).count() < 4 {
        return None;
    }
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
