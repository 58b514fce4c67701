//! The parser's errors, reworded for the author of a scenario file.

use std::path::Path;

use super::ScenarioError;
use super::legal::{shown, suggest};

/// Keys of the format whose part is not there yet: policies for data over HTTP.
const URL_KEYS: [&str; 6] = ["origin", "load", "api", "method", "headers", "body"];

pub(super) fn explain(error: &toml::de::Error, text: &str, path: &Path) -> ScenarioError {
    let span = error.span().unwrap_or(0..0);
    let (message, help) = reworded(error.message());
    ScenarioError::invalid(path, text, span, message, help)
}

fn reworded(said: &str) -> (String, Option<String>) {
    if let Some((key, legal)) = said.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected ")) {
        if URL_KEYS.contains(&key) {
            let message = format!("`{key}` is about data over HTTP, and URL policies are not part of this version");
            return (message, Some("test what a socket may do: `connect`".to_owned()));
        }
        let legal = legal.split('`').skip(1).step_by(2);
        return (format!("unknown key `{}`", shown(key)), Some(suggest(key, legal)));
    }
    if let Some(field) = said.strip_prefix("missing field ") {
        return (format!("{field} is missing"), Some("add it".to_owned()));
    }
    if said == "invalid type: map, expected a sequence" {
        let message = "here is a table, expected a list";
        return (message.to_owned(), Some("write an entry of a list with two brackets, such as [[case]]".to_owned()));
    }
    (said.replace('\n', ", "), None)
}
