//! A TOML parser whose errors are worded for the author of the file.
//!
//! Scenario files and the command's settings file use it. The errors are text for people: they have
//! the place, TOML's own terms instead of Rust's, and advice such as "did you mean". The module
//! knows no format: the caller's type says which keys there are.

use std::ops::Range;
use std::path::Path;
use std::thread;

use flash_policy_core::printable::printable_within;
use serde::de::DeserializeOwned;

use super::ScenarioError;
use super::values::{shortened, suggest};

/// Keys about policies for data over HTTP, which this version does not support yet.
const URL_KEYS: [&str; 6] = ["origin", "load", "api", "method", "headers", "body"];

/// The stack of the parser, in bytes. The parser recurses into nested values and stops only after
/// some thousand levels, more than fit on a small stack.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Parses the text of a TOML file as a `T`. The path is for the errors; no file is read.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::path::Path;
/// use flash_policy_scenario::toml_text;
///
/// let path = Path::new("ports.toml");
/// let ports: BTreeMap<String, i64> = toml_text::parse("policy = 843", path)?;
/// assert_eq!(ports["policy"], 843);
///
/// let error = toml_text::parse::<BTreeMap<String, i64>>("policy = '843'", path).unwrap_err();
/// assert_eq!(error.help(), Some("write the number without quotes"));
/// # Ok::<(), flash_policy_scenario::ScenarioError>(())
/// ```
///
/// # Errors
///
/// Returns an error if the text is not TOML or does not have the shape of `T`. It has the place
/// and advice. Also returns an error if this machine cannot start a thread.
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
    let (message, help) = reword(error.message(), &Entry::at(&span, text));
    ScenarioError::invalid(path, text, span, message, help)
}

/// Creates the error of a value that parsed but is wrong. The span is its place in the text, in
/// bytes.
pub fn error_at(
    path: &Path,
    text: &str,
    span: Range<usize>,
    message: &str,
    help: &str,
) -> ScenarioError {
    ScenarioError::invalid(path, text, span, message.to_owned(), Some(help.to_owned()))
}

/// The key and the value at the place of an error, as the file spells them.
struct Entry<'a> {
    key: &'a str,
    value: &'a str,
}

impl<'a> Entry<'a> {
    /// Finds the entry whose value is at `span`.
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

    /// Returns the advice for a value of the wrong type.
    fn advice(&self, expected: &str, found: &str) -> Option<String> {
        let is_scalar = !["map", "sequence"].contains(&found);
        let text = match expected {
            "a sequence" if found == "map" => {
                "write an entry of a list with two brackets, such as [[case]]"
            }
            "a sequence" => {
                return Some(format!("put it in brackets: [{}]", shortened(self.value)));
            }
            "a string" if is_scalar && self.key == "timeout" => {
                "write a duration in quotes, such as \"20s\""
            }
            "a string" if is_scalar => {
                return Some(format!("put it in quotes: \"{}\"", shortened(self.value)));
            }
            "a string" => "write one value in quotes",
            "usize" => "write a count from 0 on, without quotes",
            "i64" => "write the number without quotes",
            "a boolean" => "write true or false, without quotes",
            _ if expected == "a map" || expected.starts_with("struct ") => {
                "write a table, such as { KEY = VALUE }"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// Turns an error of the parser into a message and advice.
fn reword(error: &str, entry: &Entry<'_>) -> (String, Option<String>) {
    if let Some((key, known)) =
        error.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        if URL_KEYS.contains(&key) {
            let message = format!(
                "`{key}` is about data over HTTP, and URL policies are not part of this version"
            );
            return (message, Some("test what a socket may do: `connect`".to_owned()));
        }
        let known = known.split('`').skip(1).step_by(2);
        return (format!("unknown key `{}`", shortened(key)), Some(suggest(key, known)));
    }
    if let Some(field) = error.strip_prefix("missing field ") {
        return (format!("{field} is missing"), Some("add it to this table".to_owned()));
    }
    let (_, mistyped) = error
        .split_once("invalid type: ")
        .or(error.split_once("invalid value: "))
        .unwrap_or_default();
    if let Some((found, expected)) = mistyped.rsplit_once(", expected ") {
        let help = entry.advice(expected, found);
        let found = shortened(in_toml(found));
        return (format!("expected {}, found {found}", in_toml(expected)), help);
    }
    let help = match error {
        "duplicate key" => Some("leave one of them, for a key stands once in its table"),
        error if error.contains("recursion") => {
            Some("write it flat: nothing of this format is nested like that")
        }
        _ => None,
    };
    (printable_within(&error.replace('\n', ", "), 300), help.map(str::to_owned))
}

/// Returns TOML's name of a type that serde names by its Rust or serde name.
fn in_toml(kind: &str) -> &str {
    match kind {
        "i64" => "a whole number",
        "usize" => "a whole number from 0 on",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "sequence" => "list",
        "a map" => "a table",
        "map" => "table",
        _ if kind.starts_with("struct ") => "a table",
        kind => kind.strip_suffix(" as i128").unwrap_or(kind),
    }
}
