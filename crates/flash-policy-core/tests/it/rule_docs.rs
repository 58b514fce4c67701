//! The reference of the diagnostics. Every rule and every cause has a section in the form that
//! `explain` and readers rely on, and its examples show what they claim to show.

use flash_policy_core::document::PolicyFile;
use flash_policy_core::{Cause, diagnostics::rules};

const DOCUMENT: &str = flash_policy_core::diagnostics::REFERENCE;

/// Rules whose wrong examples depend on the requester, on the location that serves them, or on
/// several rules together. The parse alone cannot find them.
const NOT_BY_PARSE: [&str; 22] = [
    "FSP-D02", "FSP-D03", "FSP-D10", "FSP-D11", "FSP-D12", "FSP-D14", "FSP-D15", "FSP-S02",
    "FSP-S03", "FSP-S10", "FSP-L16", "FSP-L17", "FSP-L18", "FSP-L19", "FSP-L20", "FSP-L21",
    "FSP-L22", "FSP-L23", "FSP-L24", "FSP-L25", "FSP-L26", "FSP-L27",
];

struct Section {
    group: &'static str,
    /// The text after `## `.
    heading: &'static str,
    body: &'static str,
}

fn sections() -> Vec<Section> {
    let groups = DOCUMENT.split("\n# ").skip(1);
    let of_group = |text: &'static str| {
        let mut parts = text.split("\n## ");
        let group = parts.next().and_then(|head| head.lines().next()).unwrap();
        parts.map(move |part| {
            let (heading, body) = part.split_once('\n').unwrap();
            Section { group, heading, body }
        })
    };
    groups.flat_map(of_group).collect()
}

fn is_of_a_rule(section: &Section) -> bool {
    section.group != "Causes"
}

impl Section {
    fn id(&self) -> &'static str {
        self.heading.split(' ').next().unwrap()
    }

    /// Returns the paragraphs outside of code, each as its label and its text.
    fn paragraphs(&self) -> Vec<(&'static str, &'static str)> {
        let mut is_code = false;
        let outside = self.body.lines().filter(|line| {
            let is_fence = line.starts_with("```");
            is_code ^= is_fence;
            !is_code && !is_fence && !line.is_empty()
        });
        outside.map(|line| line.split_once(':').unwrap_or((line, ""))).collect()
    }

    /// Returns the documents in the `xml` blocks that follow this label.
    fn examples(&self, label: &str) -> Vec<&'static str> {
        let opening = format!("\n{label}\n\n```xml\n");
        let blocks = self.body.split(opening.as_str()).skip(1);
        blocks.map(|rest| rest.split("```").next().unwrap()).collect()
    }
}

/// Returns the rules that the parse of a document names.
fn named(document: &str) -> Vec<&'static str> {
    let found = match PolicyFile::parse(document) {
        Ok(policy) => policy.diagnostics().to_vec(),
        Err(malformed) => malformed.diagnostics().to_vec(),
    };
    found.iter().map(|diagnostic| diagnostic.rule().id()).collect()
}

#[test]
fn every_rule_has_its_section_in_the_order_of_the_table() {
    let documented: Vec<_> =
        sections().into_iter().filter(is_of_a_rule).map(|section| section.heading).collect();
    let table: Vec<_> =
        rules::ALL.iter().map(|rule| format!("{} {}", rule.id(), rule.name())).collect();
    assert_eq!(documented, table, "left: rules.md, right: the table");
}

#[test]
fn every_rule_stands_in_the_group_of_its_letter() {
    for section in sections().iter().filter(|section| is_of_a_rule(section)) {
        let letter = &section.id()[4..5];
        assert!(
            section.group.ends_with(&format!(" ({letter})")),
            "{} in {}",
            section.heading,
            section.group
        );
    }
}

#[test]
fn every_cause_has_its_section_and_begins_with_its_verdict() {
    let causes = sections().into_iter().filter(|section| !is_of_a_rule(section));
    let told = causes.map(|section| {
        let (_, seen) = section.paragraphs()[0];
        format!(
            "{}: {}",
            section.heading,
            seen.trim_start().split('.').next().unwrap().to_lowercase()
        )
    });
    let expected = Cause::ALL.iter().map(|cause| format!("{cause}: {}", cause.verdict()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        expected.collect::<Vec<_>>(),
        "left: rules.md, right: the causes"
    );
}

#[test]
fn every_section_has_its_paragraphs_in_order() {
    let of_rules = [
        "**You see**",
        "**Because**",
        "**On the wire**",
        "**In the document**",
        "**Fix**",
        "Wrong",
        "Right",
    ];
    let of_causes = ["**You see**", "**Because**", "**Fix**", "**Rules**"];
    for section in sections() {
        let order: &[&str] = if is_of_a_rule(&section) { &of_rules } else { &of_causes };
        let labels: Vec<_> = section.paragraphs().iter().map(|(label, _)| *label).collect();
        let sorted: Vec<_> = order.iter().copied().filter(|label| labels.contains(label)).collect();
        assert_eq!(labels, sorted, "{}", section.heading);
        assert!(
            ["**You see**", "**Because**", "**Fix**"].iter().all(|label| labels.contains(label)),
            "{labels:?}"
        );
        let labelled = labels.iter().filter(|label| label.starts_with("**")).count();
        assert!(labelled <= 4, "{}: {labelled} paragraphs", section.heading);
        let is_empty =
            |(label, text): &&(&str, &str)| label.starts_with("**") && text.trim().len() < 5;
        assert_eq!(section.paragraphs().iter().find(is_empty), None, "{}", section.heading);
    }
}

#[test]
fn no_line_is_too_long_to_read() {
    let long: Vec<_> = DOCUMENT.lines().filter(|line| line.chars().count() > 400).collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// Markdown would treat it as HTML and leave it out.
#[test]
fn no_element_stands_outside_of_code() {
    for section in sections() {
        for (label, text) in section.paragraphs() {
            let outside: String = text.split('`').step_by(2).collect();
            assert!(!outside.contains('<'), "{} {label}: {text}", section.heading);
        }
    }
}

#[test]
fn every_rule_that_is_mentioned_exists() {
    let mentioned: Vec<_> =
        DOCUMENT.match_indices("FSP-").map(|(at, _)| &DOCUMENT[at..at + 7]).collect();
    let unknown: Vec<_> = mentioned.iter().filter(|id| rules::find(id).is_none()).collect();
    assert!(unknown.is_empty() && mentioned.len() > rules::ALL.len(), "{unknown:?}");
}

#[test]
fn the_parse_shows_what_the_wrong_examples_show() {
    let mut unseen = NOT_BY_PARSE.to_vec();
    for section in sections() {
        for example in section.examples("Wrong:") {
            let is_seen = named(example).contains(&section.id());
            let expected = !NOT_BY_PARSE.contains(&section.id());
            assert_eq!(
                is_seen,
                expected,
                "{}: {:?} in\n{example}",
                section.heading,
                named(example)
            );
            unseen.retain(|id| *id != section.id());
        }
    }
    assert!(unseen.is_empty(), "no example of {unseen:?}");
}

#[test]
fn the_right_examples_are_mended() {
    let (mut wrong, mut right) = (0, 0);
    for section in sections() {
        wrong += section.examples("Wrong:").len();
        for example in section.examples("Right:") {
            right += 1;
            assert!(PolicyFile::parse(example).is_ok(), "{}:\n{example}", section.heading);
            assert!(
                !named(example).contains(&section.id()),
                "{}: {:?}",
                section.heading,
                named(example)
            );
        }
    }
    let fences = DOCUMENT.matches("```xml\n").count();
    assert_eq!(wrong + right, fences, "each block of XML follows `Wrong:` or `Right:`");
}

#[cfg(feature = "lint")]
mod examined {
    use flash_policy_core::analysis::Linter;
    use flash_policy_core::document::PolicyKind;

    use super::sections;

    /// Rules whose wrong examples fail only for a certain SWF, or where another policy is asked.
    const NOT_BY_THE_DOCUMENT: [&str; 4] = ["FSP-D02", "FSP-D03", "FSP-D11", "FSP-S02"];
    const OF_URL_POLICIES: [&str; 3] = ["FSP-L23", "FSP-L24", "FSP-L27"];

    #[test]
    fn the_linter_shows_what_the_wrong_examples_show() {
        for section in sections() {
            let kind = match OF_URL_POLICIES.contains(&section.id()) {
                true => PolicyKind::Url,
                false => PolicyKind::Socket,
            };
            let linter = Linter::new(kind).served_from("game.example.com:843".parse().unwrap());
            for (label, expected) in
                [("Wrong:", !NOT_BY_THE_DOCUMENT.contains(&section.id())), ("Right:", false)]
            {
                for example in section.examples(label) {
                    let found = linter.examine(example);
                    let ids: Vec<_> =
                        found.iter().map(|judged| judged.diagnostic().rule().id()).collect();
                    assert_eq!(
                        ids.contains(&section.id()),
                        expected,
                        "{}: {ids:?} in\n{example}",
                        section.heading
                    );
                }
            }
        }
    }
}
