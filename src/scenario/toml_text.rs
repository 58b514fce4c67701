//! The parser of TOML, and its errors reworded for the author of a scenario or settings file.

#[cfg(feature = "cli")]
use std::ops::Range;
use std::path::Path;
use std::thread;

use serde::de::DeserializeOwned;

use super::ScenarioError;
use super::legal::{harmless, shown, suggest};

/// Keys of the format whose part is not there yet: policies for data over HTTP.
const URL_KEYS: [&str; 6] = ["origin", "load", "api", "method", "headers", "body"];

/// The parser recurses into what is nested, and stops after some thousand levels only: more than fit on a small stack.
const STACK_BYTES: usize = 64 * 1024 * 1024;

pub(crate) fn parse<T: DeserializeOwned + Send>(text: &str, path: &Path) -> Result<T, ScenarioError> {
    let parsed = thread::scope(|scope| {
        let parser = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || toml::from_str(text));
        parser.map(|parser| parser.join())
    });
    match parsed {
        Ok(Ok(parsed)) => parsed.map_err(|error| explain(&error, text, path)),
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => {
            Err(ScenarioError::unreadable(path, format!("this machine cannot start a thread: {error}"), None))
        }
    }
}

fn explain(error: &toml::de::Error, text: &str, path: &Path) -> ScenarioError {
    let span = error.span().unwrap_or(0..0);
    let (message, help) = reworded(error.message());
    ScenarioError::invalid(path, text, span, message, help)
}

/// What is wrong at a place of a file, in the words of who reads its values.
#[cfg(feature = "cli")]
pub(crate) fn wrong(path: &Path, text: &str, span: Range<usize>, message: &str, help: &str) -> ScenarioError {
    ScenarioError::invalid(path, text, span, message.to_owned(), Some(help.to_owned()))
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
        return (format!("{field} is missing"), Some("add it to this table".to_owned()));
    }
    let (_, mistyped) = said.split_once("invalid type: ").or(said.split_once("invalid value: ")).unwrap_or_default();
    if let Some((found, expected)) = mistyped.rsplit_once(", expected ") {
        let help = (found, expected) == ("map", "a sequence");
        let help = help.then(|| "write an entry of a list with two brackets, such as [[case]]".to_owned());
        return (format!("expected {}, found {}", in_toml(expected), shown(in_toml(found))), help);
    }
    (harmless(&said.replace('\n', ", "), 300), None)
}

/// What serde calls by the types of Rust.
fn in_toml(kind: &str) -> &str {
    match kind {
        "i64" | "usize" => "a whole number",
        "a sequence" => "a list",
        "sequence" => "list",
        "a map" => "a table",
        "map" => "table",
        _ if kind.starts_with("struct ") => "a table",
        kind => kind,
    }
}
