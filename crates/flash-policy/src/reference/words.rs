//! The words that people see and look up: events and numbers of the player, answers, ends of
//! connections, verdicts, errors and exit codes. Their texts are in `reference.md`.

use super::plain;
use crate::report::{Topic, TopicKind};

/// The document. A heading of the first level is a group; one of the second level has the names of
/// a word, the id first.
const WORDS: &str = include_str!("../reference.md");

/// A word, with its other names and its text.
struct Word {
    kind: TopicKind,
    /// The id comes first.
    names: Vec<&'static str>,
    body: &'static str,
}

/// Returns the words with this canonical name, explained.
pub(super) fn topics(name: &str) -> Vec<Topic> {
    let has_name = |word: &Word| word.names.iter().any(|known| canonical(known) == name);
    words()
        .filter(has_name)
        .map(|word| Topic { text: Some(plain(word.body)), ..word.topic() })
        .collect()
}

/// Returns every word, without the explanation.
pub(super) fn list() -> impl Iterator<Item = Topic> {
    words().map(|word| word.topic())
}

/// Returns every name of every word.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    words().flat_map(|word| word.names)
}

/// Returns a name without what people copy along with it, in lower case: `Error #2048` is `2048`,
/// and `exit code 3` is `exit 3`.
pub(super) fn canonical(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().map(str::to_ascii_lowercase).collect();
    let words: Vec<_> =
        words.iter().map(|word| word.trim_matches(['"', '\'', '`', ',', '.'])).collect();
    let bare = match words.as_slice() {
        ["error" | "error:", number] => *number,
        ["exit" | "status", number] | ["exit", "code" | "status", number] => {
            return format!("exit {number}");
        }
        words => return bare_number(&words.join(" ")).to_owned(),
    };
    bare_number(bare).to_owned()
}

/// Removes the `#` before a number.
fn bare_number(name: &str) -> &str {
    name.strip_prefix('#').unwrap_or(name).trim_end_matches(':')
}

fn words() -> impl Iterator<Item = Word> {
    let groups = WORDS.split("\n# ").map(|group| group.strip_prefix("# ").unwrap_or(group));
    groups.flat_map(|group| {
        let kind = kind_of(group.lines().next().unwrap_or_default());
        group.split("\n## ").skip(1).map(move |section| {
            let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
            let names = heading.split('|').map(str::trim).collect();
            Word { kind, names, body: body.trim_matches('\n') }
        })
    })
}

fn kind_of(group: &str) -> TopicKind {
    match group {
        "Events" => TopicKind::Event,
        "Answers" => TopicKind::Answer,
        "Ends of connections" => TopicKind::End,
        "Verdicts" => TopicKind::Verdict,
        "Results of cases" => TopicKind::Result,
        "Exit codes" => TopicKind::ExitCode,
        "Errors of the command" => TopicKind::Error,
        _ => TopicKind::Term,
    }
}

impl Word {
    fn topic(&self) -> Topic {
        let id = self.names.first().copied().unwrap_or_default().to_owned();
        Topic { id, kind: self.kind, level: None, name: None, text: None }
    }
}

/// Replaces the placeholders of a rule's text, such as `{to_ports}`, by words in capitals, such as
/// `TO-PORTS`.
pub(super) fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        match after.split_once('}') {
            Some((name, after)) if is_placeholder(name) => {
                let name = name.split(':').next().unwrap_or_default();
                filled += &name.replace('_', "-").to_ascii_uppercase();
                rest = after;
            }
            _ => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

fn is_placeholder(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:?".contains(c))
}
