//! Tells policy documents from other XML, by name and content. No I/O.
//!
//! In a folder, a file counts as a policy document unless it is clearly something else. It may be
//! broken in any way, because that is what `check` is to find.

use std::path::Path;

use flash_policy_scenario::values::nearest;

/// The elements of policies.
const ELEMENTS: [&str; 6] = [
    "cross-domain-policy",
    "allow-access-from",
    "allow-http-request-headers-from",
    "allow-access-from-identity",
    "site-control",
    "policy-file-request",
];

/// Returns whether an XML file of a folder counts as a policy document:
///
/// - its name says so, as in `crossdomain.xml` or `flash-policy.xml`;
/// - its root element, or a child of it, is an element of policies, perhaps misspelt;
/// - or it has no root element at all: it is empty, or broken text.
pub(super) fn is_policy_document(path: &Path, bytes: &[u8]) -> bool {
    if has_name_of_a_policy(path) {
        return true;
    }
    // UTF-16 has a NUL beside each letter.
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&text);
    let elements = first_elements(&text);
    match elements.first() {
        Some(_) => elements.iter().any(|name| is_policy_element(name)),
        None if mentions_policy_elements(&text) => true,
        None => is_text(&text),
    }
}

fn has_name_of_a_policy(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    ["crossdomain", "flashpolicy", "socketpolicy", "policyfile"]
        .iter()
        .any(|word| letters.contains(word))
}

/// Returns whether an element belongs to policies, or is misspelt. A prefix does not count.
fn is_policy_element(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or(name);
    // Short names, such as `site`, have no typing errors in common with these.
    nearest(local, &ELEMENTS).is_some()
        || ["crossdomain", "cross-domain", "crossdomainpolicy"]
            .contains(&local.to_ascii_lowercase().as_str())
}

fn mentions_policy_elements(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["cross-domain-policy", "allow-access-from"].iter().any(|word| text.contains(word))
}

/// Returns whether this is text, and not the content of a compiled or compressed file.
fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c == char::REPLACEMENT_CHARACTER || c.is_control() && !c.is_whitespace())
}

/// Returns the names of the first element and of its children. It stops at the first thing that is
/// not XML.
fn first_elements(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")]
            .iter()
            .find(|(start, _)| rest.starts_with(start))
            .map(|(_, end)| rest.find(end).map(|at| at + end.len()));
        if let Some(end) = skipped {
            let Some(end) = end else { break };
            rest = &rest[end..];
            continue;
        }
        let Some(end) = tag_end(rest) else { break };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
            continue;
        }
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        if name.is_empty() {
            break;
        }
        if depth < 2 {
            names.push(name);
        }
        if !tag.ends_with('/') {
            depth += 1;
        }
    }
    names
}

/// Returns the position of the `>` that ends a tag. One in quotes, or in the brackets of a DOCTYPE,
/// does not. In a tag whose quotes do not match, the first one does.
fn tag_end(tag: &str) -> Option<usize> {
    let (mut quote, mut brackets) = (None, 0_i32);
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => brackets += 1,
            (None, ']') => brackets -= 1,
            (None, '>') if brackets <= 0 => return Some(at),
            _ => {}
        }
    }
    tag.find('>')
}
