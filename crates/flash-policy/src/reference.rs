//! Looks up rules, causes and conformance checks in the references that the binary contains.

use std::fmt::Write;

use flash_policy_conformance::CheckId;
use flash_policy_core::Cause;
use flash_policy_core::diagnostics::{self, Rule, rules};
use flash_policy_scenario::values;

use crate::report::{Topic, TopicKind};

mod words;

/// Returns every topic with this name, with its explanation. A rule is found by its id, with or
/// without `FSP-`, and by its name. If several topics have the name, all are returned. ASCII case
/// does not matter.
///
/// A message of the player, such as `Error #2048: Security sandbox violation`, is found by the
/// number in it.
pub(crate) fn topics(name: &str) -> Vec<Topic> {
    let dashed = name.split_whitespace().collect::<Vec<_>>().join("-");
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() == 4);
    let mut readings = [name, &dashed].into_iter().chain(numbers);
    readings
        .find_map(|reading| Some(topics_named(reading)).filter(|found| !found.is_empty()))
        .unwrap_or_default()
}

fn topics_named(name: &str) -> Vec<Topic> {
    let name = words::canonical(name);
    let has_name =
        |section: &Section| section.names().iter().any(|one| one.eq_ignore_ascii_case(&name));
    let rules_and_causes = sections().filter(has_name).map(|section| section.topic());
    rules_and_causes.chain(check(&name)).chain(words::topics(&name)).collect()
}

/// Returns all topics, without their explanations.
pub(crate) fn list() -> Vec<Topic> {
    let rules = rules::ALL.iter().map(|rule| Topic { text: None, ..rule_topic(rule) });
    let causes = Cause::ALL.iter().map(|cause| Topic { text: None, ..cause_topic(*cause) });
    let checks = CheckId::ALL.iter().map(|check| check_topic(*check, None));
    rules.chain(causes).chain(checks).chain(words::list()).collect()
}

fn rule_topic(rule: &Rule) -> Topic {
    Topic {
        id: rule.id().to_owned(),
        kind: TopicKind::Rule,
        level: Some(rule.severity().to_string()),
        name: Some(rule.name().to_owned()),
        text: None,
    }
}

fn cause_topic(cause: Cause) -> Topic {
    Topic {
        id: cause.to_string(),
        kind: TopicKind::Cause,
        level: Some(cause.verdict().to_string()),
        name: None,
        text: None,
    }
}

fn check_topic(check: CheckId, text: Option<String>) -> Topic {
    Topic { id: check.to_string(), kind: TopicKind::Check, level: None, name: None, text }
}

/// Returns the id or name that was most likely meant.
pub(crate) fn nearest(name: &str) -> Option<String> {
    let name = words::canonical(name);
    let checks = CheckId::ALL.iter().map(|check| check.as_str());
    let names = sections().flat_map(|section| section.names()).chain(checks).chain(words::names());
    let near = values::nearest(&name, &names.collect::<Vec<_>>())?;
    let rule = rules::ALL.iter().find(|rule| rule.name() == near);
    Some(rule.map_or(near.to_owned(), ToString::to_string))
}

/// Returns the explanation of a rule. It leaves out the rule's text, which has placeholders.
pub(crate) fn explain_rule(rule: &Rule) -> Option<String> {
    let section =
        sections().find(|section| matches!(section.about, About::Rule(one) if one == rule));
    section.map(|section| plain(section.body))
}

/// Returns the explanation of a cause.
pub(crate) fn explain_cause(cause: Cause) -> Option<String> {
    let section =
        sections().find(|section| matches!(section.about, About::Cause(one) if one == cause));
    section.map(|section| plain(section.body))
}

/// Returns the explanation of a conformance check, from its row in the reference.
pub(crate) fn explain_check(id: CheckId) -> Option<String> {
    let row = flash_policy_conformance::REFERENCE
        .lines()
        .find_map(|line| line.strip_prefix(&format!("| `{id}` | "))?.strip_suffix(" |"))?;
    let named = ["sent", "passes", "is tolerated", "fails"].iter().zip(row.split(" | "));
    Some(named.map(|(name, text)| format!("{name:<13} {}\n", text.replace('`', ""))).collect())
}

fn check(name: &str) -> Option<Topic> {
    let id = *CheckId::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(name))?;
    let text = explain_check(id)?;
    Some(check_topic(id, Some(text)))
}

/// A section of the reference, about a rule or a cause.
struct Section {
    about: About,
    body: &'static str,
}

enum About {
    Rule(&'static Rule),
    Cause(Cause),
}

fn sections() -> impl Iterator<Item = Section> {
    diagnostics::REFERENCE.split("\n## ").skip(1).filter_map(|text| {
        let (heading, body) = text.split_once('\n').unwrap_or((text, ""));
        let id = heading.split(' ').next().unwrap_or(heading);
        let cause = || Cause::ALL.iter().find(|cause| cause.as_str() == id).copied();
        let about = rules::find(id).map(About::Rule).or_else(|| cause().map(About::Cause))?;
        // The heading and the introduction of the next group may follow.
        let body = body.split("\n# ").next().unwrap_or(body);
        Some(Section { about, body: body.trim_matches('\n') })
    })
}

impl Section {
    /// Returns every name by which the topic is found.
    fn names(&self) -> Vec<&'static str> {
        match self.about {
            About::Rule(rule) => {
                let number = rule.id().strip_prefix("FSP-");
                [rule.id(), rule.name()].into_iter().chain(number).collect()
            }
            About::Cause(cause) => vec![cause.as_str()],
        }
    }

    fn topic(&self) -> Topic {
        let body = plain(self.body);
        match self.about {
            About::Rule(rule) => {
                let (message, help) = (words::filled(rule.text()), words::filled(rule.help()));
                let text = format!("{message}\nhelp: {help}\n\n{body}");
                Topic { text: Some(text), ..rule_topic(rule) }
            }
            About::Cause(cause) => Topic { text: Some(body), ..cause_topic(cause) },
        }
    }
}

/// Turns Markdown into plain text: indents code and leaves out emphasis.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    let mut is_code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code && !line.is_empty() {
            let _ = writeln!(text, "    {line}");
        } else {
            let _ = writeln!(text, "{}", line.replace("**", ""));
        }
    }
    text
}
