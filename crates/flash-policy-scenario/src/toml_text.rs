//! The parser of TOML, and its errors reworded for the author of a scenario or settings file.

use std::ops::Range;
use std::path::Path;
use std::thread;

use flash_policy_core::printable::printable_within;
use serde::de::DeserializeOwned;

use super::ScenarioError;
use super::values::{shown, suggest};

/// Keys of the format whose part is not there yet: policies for data over HTTP.
const URL_KEYS: [&str; 6] = ["origin", "load", "api", "method", "headers", "body"];

/// The parser recurses into what is nested, and stops after some thousand levels only: more than fit on a small stack.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Parses a file of this project that is written in TOML.
///
/// # Errors
///
/// The text is not TOML, or not of the shape of `T`; the error has the place and the advice.
pub fn parse<T: DeserializeOwned + Send>(text: &str, path: &Path) -> Result<T, ScenarioError> {
    let parsed = thread::scope(|scope| {
        let parser = thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || toml::from_str(text));
        parser.map(|parser| parser.join())
    });
    match parsed {
        Ok(Ok(parsed)) => parsed.map_err(|error| explain(&error, text, path)),
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => Err(ScenarioError::unreadable(
            path,
            format!("this machine cannot start a thread: {error}"),
            None,
        )),
    }
}

fn explain(error: &toml::de::Error, text: &str, path: &Path) -> ScenarioError {
    let span = error.span().unwrap_or(0..0);
    let (message, help) = reworded(error.message(), &Written::at(&span, text));
    ScenarioError::invalid(path, text, span, message, help)
}

/// What is wrong at a place of a file, in the words of who reads its values.
pub fn wrong(
    path: &Path,
    text: &str,
    span: Range<usize>,
    message: &str,
    help: &str,
) -> ScenarioError {
    ScenarioError::invalid(path, text, span, message.to_owned(), Some(help.to_owned()))
}

/// What is wrong, as it is written.
struct Written<'a> {
    key: &'a str,
    value: &'a str,
}

impl<'a> Written<'a> {
    fn at(span: &Range<usize>, text: &'a str) -> Self {
        let before = text
            .get(..span.start)
            .unwrap_or_default()
            .trim_end()
            .strip_suffix('=')
            .unwrap_or_default();
        let key = before.trim_end().rsplit(|c: char| c.is_whitespace() || ",.{".contains(c)).next();
        Self { key: key.unwrap_or_default(), value: text.get(span.clone()).unwrap_or_default() }
    }

    /// What to write where a value of another type stands.
    fn instead(&self, expected: &str, found: &str) -> Option<String> {
        let is_scalar = !["map", "sequence"].contains(&found);
        let text = match expected {
            "a sequence" if found == "map" => {
                "write an entry of a list with two brackets, such as [[case]]"
            }
            "a sequence" => return Some(format!("put it in brackets: [{}]", shown(self.value))),
            "a string" if is_scalar && self.key == "timeout" => {
                "write a duration in quotes, such as \"20s\""
            }
            "a string" if is_scalar => {
                return Some(format!("put it in quotes: \"{}\"", shown(self.value)));
            }
            "a string" => "write one value in quotes",
            "usize" => "write a count from 0 on, without quotes",
            "i64" => "write the number without quotes",
            _ if expected == "a map" || expected.starts_with("struct ") => {
                "write a table, such as { KEY = VALUE }"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}

fn reworded(said: &str, written: &Written<'_>) -> (String, Option<String>) {
    if let Some((key, legal)) =
        said.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        if URL_KEYS.contains(&key) {
            let message = format!(
                "`{key}` is about data over HTTP, and URL policies are not part of this version"
            );
            return (message, Some("test what a socket may do: `connect`".to_owned()));
        }
        let legal = legal.split('`').skip(1).step_by(2);
        return (format!("unknown key `{}`", shown(key)), Some(suggest(key, legal)));
    }
    if let Some(field) = said.strip_prefix("missing field ") {
        return (format!("{field} is missing"), Some("add it to this table".to_owned()));
    }
    let (_, mistyped) = said
        .split_once("invalid type: ")
        .or(said.split_once("invalid value: "))
        .unwrap_or_default();
    if let Some((found, expected)) = mistyped.rsplit_once(", expected ") {
        let help = written.instead(expected, found);
        return (format!("expected {}, found {}", in_toml(expected), shown(in_toml(found))), help);
    }
    let help = match said {
        "duplicate key" => Some("leave one of them, for a key stands once in its table"),
        said if said.contains("recursion") => {
            Some("write it flat: nothing of this format is nested like that")
        }
        _ => None,
    };
    (printable_within(&said.replace('\n', ", "), 300), help.map(str::to_owned))
}

/// What serde calls by the types of Rust.
fn in_toml(kind: &str) -> &str {
    match kind {
        "i64" => "a whole number",
        "usize" => "a whole number from 0 on",
        "a sequence" => "a list",
        "sequence" => "list",
        "a map" => "a table",
        "map" => "table",
        _ if kind.starts_with("struct ") => "a table",
        kind => kind.strip_suffix(" as i128").unwrap_or(kind),
    }
}
