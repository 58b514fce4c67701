//! Renders `explain` for people.

use std::fmt::Write;

use flash_policy_core::printable::printable_lines;

use crate::render::Style;
use crate::report::{ExplainResult, Topic, TopicKind};

pub(super) fn explain(explain: &ExplainResult, style: &Style) -> String {
    let texts: Vec<_> = explain.topics.iter().filter_map(|topic| topic.text.as_ref()).collect();
    if texts.is_empty() {
        return explain.topics.iter().map(line).collect();
    }
    let blocks: Vec<_> = texts.into_iter().map(|text| block(text, style)).collect();
    blocks.join("\n")
}

/// Renders an explanation. Its first line is its heading.
fn block(text: &str, style: &Style) -> String {
    let text = printable_lines(text);
    match text.split_once('\n') {
        Some((heading, rest)) => format!("{}\n{rest}", style.heading(heading)),
        None => style.heading(&text),
    }
}

fn line(topic: &Topic) -> String {
    let mut text = String::new();
    let level = topic.level.as_deref().unwrap_or_default();
    let _ = match (topic.kind, &topic.name) {
        (TopicKind::Rule, Some(name)) => writeln!(text, "{}  {level:<11}  {name}", topic.id),
        (TopicKind::Cause, _) => writeln!(text, "cause    {level:<11}  {}", topic.id),
        _ => writeln!(text, "check    {level:<11}  {}", topic.id),
    };
    text
}
