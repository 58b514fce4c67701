//! The names that a policy document may use, and what a misspelt name was meant to be.

use crate::spelling::nearest;

pub(super) const ROOT: &str = "cross-domain-policy";

pub(super) const ALLOW: &str = "allow-access-from";
pub(super) const ALLOW_HEADERS: &str = "allow-http-request-headers-from";
pub(super) const ALLOW_IDENTITY: &str = "allow-access-from-identity";
pub(super) const SITE_CONTROL: &str = "site-control";

pub(super) const DOMAIN: &str = "domain";
pub(super) const HEADERS: &str = "headers";
pub(super) const META_POLICY: &str = "permitted-cross-domain-policies";
pub(super) const SECURE: &str = "secure";
pub(super) const TO_PORTS: &str = "to-ports";

/// The elements that stand directly inside the root.
pub(super) const ELEMENTS: [&str; 4] = [ALLOW, SITE_CONTROL, ALLOW_HEADERS, ALLOW_IDENTITY];

/// Names that are further from the right one than a typing error, but mean it all the same.
const OTHER_ELEMENTS: [(&str, &str); 6] = [
    ("allow", ALLOW),
    ("allowfrom", ALLOW),
    ("allowdomain", ALLOW),
    ("accessfrom", ALLOW),
    ("sitecontrols", SITE_CONTROL),
    ("allowrequestheadersfrom", ALLOW_HEADERS),
];

const OTHER_ATTRIBUTES: [(&str, &str); 16] = [
    ("port", TO_PORTS),
    ("ports", TO_PORTS),
    ("toport", TO_PORTS),
    ("portrange", TO_PORTS),
    ("fromports", TO_PORTS),
    ("allowports", TO_PORTS),
    ("domains", DOMAIN),
    ("domainname", DOMAIN),
    ("host", DOMAIN),
    ("hosts", DOMAIN),
    ("from", DOMAIN),
    ("site", DOMAIN),
    ("header", HEADERS),
    ("permitted", META_POLICY),
    ("crossdomainpolicies", META_POLICY),
    ("permittedpolicies", META_POLICY),
];

/// Returns the element that a name was meant to be, or `None` if the name is right or unlike all.
pub(super) fn meant_element(written: &str) -> Option<&'static str> {
    meant(written, &ELEMENTS, &OTHER_ELEMENTS)
}

/// Returns true if the name is the root's, or a misspelling of it.
pub(super) fn is_like_root(written: &str) -> bool {
    let of_silverlight = ["access-policy", "cross-domain-access"].contains(&written);
    !of_silverlight
        && (folded(written).starts_with("crossdomain") || nearest(written, &[ROOT]).is_some())
}

/// Returns the attribute of an element that a name was meant to be.
pub(super) fn meant_attribute(element: &str, written: &str) -> Option<&'static str> {
    let known = attributes_of(element);
    let alias = OTHER_ATTRIBUTES.iter().filter(|(_, name)| known.contains(name));
    meant(written, known, &alias.copied().collect::<Vec<_>>())
}

/// Returns the attributes that an element may have.
pub(super) fn attributes_of(element: &str) -> &'static [&'static str] {
    match element {
        ALLOW => &[DOMAIN, TO_PORTS, SECURE],
        ALLOW_HEADERS => &[DOMAIN, HEADERS, SECURE],
        SITE_CONTROL => &[META_POLICY],
        _ => &[],
    }
}

/// Returns the word of the `known` ones that another word was meant to be: the same but for case
/// and punctuation, one of the `others`, or a few typing errors away.
pub(super) fn meant(
    written: &str,
    known: &[&'static str],
    others: &[(&str, &'static str)],
) -> Option<&'static str> {
    if known.contains(&written) {
        return None;
    }
    let written_folded = folded(written);
    let same = known.iter().find(|word| folded(word) == written_folded).copied();
    let other = || others.iter().find(|(word, _)| *word == written_folded).map(|(_, word)| *word);
    same.or_else(other).or_else(|| nearest(written, known))
}

/// Returns the letters and digits of a name, in lower case.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
