//! What `explain` prints: the sections of docs/rules.md, from the binary itself.

use std::fmt;

use flash_policy_conformance::CheckId;
use flash_policy_core::Cause;
use flash_policy_core::diagnostics;
use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_scenario::values;

/// What is documented of a rule, a cause or a conformance check, as plain text that ends with a line end. A rule goes by its id, with or
/// without `FSP-`, and by its name; where a cause has that name too, both are explained. ASCII case does not matter.
///
/// # Errors
///
/// A sentence for the user, when nothing goes by that name.
pub(crate) fn explain(id: &str) -> Result<String, String> {
    let id = id.trim();
    let called = |section: &Section<'_>| section.names().any(|name| name.eq_ignore_ascii_case(id));
    let found: Vec<_> =
        sections().filter(called).map(|section| section.to_string()).chain(check(id)).collect();
    if found.is_empty() { Err(unknown(id)) } else { Ok(found.join("\n")) }
}

/// What is documented of a conformance check.
fn check(id: &str) -> Option<String> {
    let id = CheckId::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(id))?;
    let row = flash_policy_conformance::REFERENCE
        .lines()
        .find_map(|line| line.strip_prefix(&format!("| `{id}` | "))?.strip_suffix(" |"))?;
    let named = ["sent", "passes", "is tolerated", "fails"].iter().zip(row.split(" | "));
    let lines: String =
        named.map(|(name, text)| format!("{name:<13} {}\n", text.replace('`', ""))).collect();
    Some(format!("{id} (conformance check)\n\n{lines}"))
}

/// All ids, one a line: the rules with severity and name, and behind them the causes with their verdict.
pub(crate) fn list() -> String {
    let rules = rules::ALL
        .iter()
        .map(|rule| format!("{}  {:<11}  {}\n", rule.id(), rule.severity(), rule.name()));
    let causes =
        Cause::ALL.iter().map(|cause| format!("cause    {:<11}  {cause}\n", cause.verdict()));
    let checks = CheckId::ALL.iter().map(|check| format!("check                 {check}\n"));
    rules.chain(causes).chain(checks).collect()
}

/// One section of the document.
struct Section<'a> {
    /// `FSP-T01`, or the id of a cause.
    id: &'a str,
    /// `None` where it is about a cause.
    rule: Option<&'static Rule>,
    body: &'a str,
}

fn sections() -> impl Iterator<Item = Section<'static>> {
    diagnostics::REFERENCE.split("\n## ").skip(1).map(|text| {
        let (heading, body) = text.split_once('\n').unwrap_or((text, ""));
        let id = heading.split(' ').next().unwrap_or(heading);
        // What follows is the heading of the next group, and its introduction.
        let body = body.split("\n# ").next().unwrap_or(body);
        Section { id, rule: rules::find(id), body: body.trim_matches('\n') }
    })
}

impl<'a> Section<'a> {
    /// All that it goes by.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        [Some(self.id), self.id.strip_prefix("FSP-"), self.rule.map(Rule::name)]
            .into_iter()
            .flatten()
    }
}

impl fmt::Display for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => {
                writeln!(
                    f,
                    "{rule} ({})\n{}\nhelp: {}\n",
                    rule.severity(),
                    rule.text(),
                    rule.help()
                )?;
            }
            None => {
                let cause = Cause::ALL.iter().find(|cause| cause.as_str() == self.id);
                let verdict =
                    cause.map(|cause| format!(": {}", cause.verdict())).unwrap_or_default();
                writeln!(f, "{} (cause{verdict})\n", self.id)?;
            }
        }
        let mut is_code = false;
        for line in self.body.lines() {
            if line.starts_with("```") {
                is_code = !is_code;
            } else if is_code && !line.is_empty() {
                writeln!(f, "    {line}")?;
            } else {
                writeln!(f, "{}", line.replace("**", ""))?;
            }
        }
        Ok(())
    }
}

fn unknown(id: &str) -> String {
    let nearest = match nearest(id) {
        Some(Section { rule: Some(rule), .. }) => format!("did you mean {rule}? "),
        Some(cause) => format!("did you mean {}? ", cause.id),
        None => String::new(),
    };
    format!("no rule or cause is called {id:?}; {nearest}`flash-policy explain` lists all")
}

/// The section that goes by the nearest name.
fn nearest(id: &str) -> Option<Section<'static>> {
    let names: Vec<_> =
        sections().flat_map(|section| section.names().collect::<Vec<_>>()).collect();
    let near = values::nearest(id, &names)?;
    sections().find(|section| section.names().any(|name| name == near))
}
