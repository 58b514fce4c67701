//! Policy documents, written element by element: `policy([allow("a.com", "5000-5010")])`.

/// An element of a policy document.
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
}

/// Returns the document that consists of these elements, one on each line from line 3 on.
pub(crate) fn policy(elements: impl IntoIterator<Item = Element>) -> String {
    let elements: String = elements.into_iter().map(|element| element.xml() + "\n").collect();
    format!("<?xml version=\"1.0\"?>\n<cross-domain-policy>\n{elements}</cross-domain-policy>\n")
}

/// Returns an `allow-access-from` element. Without [`Element::secure`] it has no `secure`
/// attribute.
pub(crate) fn allow(domain: &str, to_ports: &str) -> Element {
    let attributes = vec![("domain", domain.to_owned()), ("to-ports", to_ports.to_owned())];
    Element { name: "allow-access-from", attributes }
}

/// Returns a `site-control` element, which sets the meta-policy.
pub(crate) fn site_control(permitted_policies: &str) -> Element {
    let attributes = vec![("permitted-cross-domain-policies", permitted_policies.to_owned())];
    Element { name: "site-control", attributes }
}

impl Element {
    /// Adds a `secure` attribute to an `allow-access-from` element.
    pub(crate) fn secure(mut self, secure: &str) -> Self {
        self.attributes.push(("secure", secure.to_owned()));
        self
    }

    fn xml(&self) -> String {
        let attributes: String =
            self.attributes.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
        format!("<{}{attributes}/>", self.name)
    }
}
