//! Cuts a text into markup. Tolerates documents that are not well-formed.

/// Cuts a text into tokens that together make up the whole text.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = Some(&text[start..]).filter(|rest| !rest.is_empty())?;
        let (kind, length) = first(rest);
        let token = Token { kind, start, text: &rest[..length] };
        start += length;
        Some(token)
    })
}

/// A piece of markup, or the text between two pieces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Markup,
    /// The byte at which the token begins.
    pub(crate) start: usize,
    pub(crate) text: &'a str,
}

impl<'a> Token<'a> {
    /// Returns the name in a tag, or the target of an instruction. For other markup, returns the
    /// text after its `<`.
    pub(crate) fn name(&self) -> &'a str {
        let inner = self.text.trim_start_matches(['<', '/', '?']);
        inner.split([' ', '\t', '\r', '\n', '/', '>', '?']).next().unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    Text,
    Comment,
    Cdata,
    /// `<?…?>`, including the XML declaration.
    Instruction,
    Doctype,
    /// A DOCTYPE up to the `[` of its internal subset.
    InternalSubset,
    /// A start tag.
    Open,
    /// An empty-element tag.
    Empty,
    Close,
    /// Markup that is not finished at the end of the text.
    Unfinished,
}

fn first(rest: &str) -> (Markup, usize) {
    if !rest.starts_with('<') {
        return (Markup::Text, rest.find('<').unwrap_or(rest.len()));
    }
    let delimited = [
        ("<!--", "-->", Markup::Comment),
        ("<![CDATA[", "]]>", Markup::Cdata),
        ("<?", "?>", Markup::Instruction),
    ];
    for (open, close, kind) in delimited {
        if let Some(inner) = rest.strip_prefix(open) {
            let end = inner.find(close).map(|at| open.len() + at + close.len());
            return end.map_or((Markup::Unfinished, rest.len()), |end| (kind, end));
        }
    }
    let doctype = rest.starts_with("<!DOCTYPE");
    match tag_end(rest, doctype) {
        None => (Markup::Unfinished, rest.len()),
        Some(end) if doctype && rest[..end].ends_with('[') => (Markup::InternalSubset, end),
        Some(end) if doctype => (Markup::Doctype, end),
        Some(end) if rest.starts_with("</") => (Markup::Close, end),
        Some(end) if rest[..end].ends_with("/>") => (Markup::Empty, end),
        Some(end) => (Markup::Open, end),
    }
}

/// Returns the byte after the `>` that ends a tag, or in a DOCTYPE after the `[`, whichever comes
/// first outside quotes.
fn tag_end(rest: &str, doctype: bool) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'>') => return Some(at + 1),
            (None, b'[') if doctype => return Some(at + 1),
            _ => {}
        }
    }
    None
}
