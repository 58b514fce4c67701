//! Policy documents, written short.

/// The document of `SC=none G(*|*)`. Text that does not begin so is the document itself.
pub(crate) fn document(notation: &str) -> String {
    if !(notation.starts_with("G(") || notation.starts_with("SC=")) {
        return notation.to_owned();
    }
    let elements: String = notation.split_inclusive(')').flat_map(elements).collect();
    format!("<?xml version=\"1.0\"?>\n<cross-domain-policy>\n{elements}</cross-domain-policy>\n")
}

fn elements(written: &str) -> Vec<String> {
    let (controls, rule) = written.split_once("G(").unwrap_or((written, ""));
    let control =
        |value: &str| format!("<site-control permitted-cross-domain-policies=\"{value}\"/>\n");
    let mut elements: Vec<_> =
        controls.split_whitespace().map(|word| control(&word["SC=".len()..])).collect();
    if let Some(rule) = rule.strip_suffix(')') {
        let values: Vec<_> = rule.split('|').map(|value| value.trim_matches('"')).collect();
        let secure = values.get(2).map(|value| format!(" secure=\"{value}\"")).unwrap_or_default();
        elements.push(format!(
            "<allow-access-from domain=\"{}\" to-ports=\"{}\"{secure}/>\n",
            values[0], values[1]
        ));
    }
    elements
}
