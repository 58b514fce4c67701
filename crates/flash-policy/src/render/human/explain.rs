//! Renders `explain` for people.

use flash_policy_core::printable::printable_lines;

use crate::render::Style;
use crate::report::{ExplainResult, Topic, TopicKind};

pub(super) fn explain(explain: &ExplainResult, style: &Style) -> String {
    let explained: Vec<_> = explain.topics.iter().filter_map(|topic| block(topic, style)).collect();
    if explained.is_empty() {
        return explain.topics.iter().map(|topic| line(topic, style)).collect();
    }
    explained.join("\n")
}

/// Renders the explanation of a topic, below its heading.
fn block(topic: &Topic, style: &Style) -> Option<String> {
    let text = printable_lines(topic.text.as_ref()?);
    let Topic { id, .. } = topic;
    let level = topic.level.as_deref().unwrap_or_default();
    let name = topic.name.as_deref().unwrap_or_default();
    Some(match topic.kind {
        TopicKind::Rule => format!("{}\n{text}", style.heading(&format!("{id} {name} ({level})"))),
        TopicKind::Cause => {
            format!("{}\n\n{text}", style.heading(&format!("{id} (cause: {level})")))
        }
        kind => format!("{}\n\n{text}", style.heading(&format!("{id} ({})", kind.words()))),
    })
}

/// Renders a topic as one line of a list.
fn line(topic: &Topic, style: &Style) -> String {
    let level = format!("{:<11}", topic.level.as_deref().unwrap_or_default());
    match (topic.kind, &topic.name) {
        (TopicKind::Rule, Some(name)) => {
            format!("{}  {level}  {name}\n", style.heading(&topic.id))
        }
        (TopicKind::Cause, _) => format!("cause    {level}  {}\n", style.heading(&topic.id)),
        (TopicKind::Check, _) => format!("check    {level}  {}\n", style.heading(&topic.id)),
        (kind, _) => {
            let kind = kind.words().split([' ', ',']).next().unwrap_or_default();
            format!("{kind:<7}  {level}  {}\n", style.heading(&topic.id))
        }
    }
}
