//! What came of a probe, for the report, for the other formats, and in words.

use std::fmt::Write;

use flash_policy_core::diagnostics::{Diagnostic, Severity, rules};
use flash_policy_core::player::{AnswerKind, Asked};

use super::Probed;
use super::addresses::Family;
use crate::exit::Exit;
use crate::report::{Case, Done, Entry, Report, State, Summary, Verdict as Json};

/// All attempts of one player, one for each address family of the host.
pub(crate) fn done(command: &'static str, probed: &[Probed]) -> Done {
    let passed = probed.iter().filter(|probed| probed.is_permitted()).count();
    let summary = Summary {
        cases: Some(probed.len()),
        passed: Some(passed),
        failed: Some(probed.len() - passed),
        ..Summary::default()
    };
    let report =
        Report { cases: Some(probed.iter().map(case).collect()), ..Report::new(command, summary) };
    let exit = if passed == probed.len() { Exit::Expected } else { Exit::Finding };
    let mut human: Vec<_> = probed.iter().map(Probed::in_words).collect();
    human.extend(apart(probed).map(|text| text + "\n"));
    Done::new(exit, report, probed.iter().map(entry).collect(), human.join("\n"))
}

/// What is to be said of a host that answers over one address family and not over the other.
fn apart(probed: &[Probed]) -> Option<String> {
    let [first, second] = probed else { return None };
    let (family, other) = (first.address.map(Family::of)?, second.address.map(Family::of)?);
    if first.is_permitted() == second.is_permitted() {
        return None;
    }
    if !first.is_permitted() && first.address.is_some_and(|address| address.is_ipv6()) {
        let (v6, v4) = (first.address?.to_string(), second.address?.to_string());
        let met = Diagnostic::new(
            rules::T30,
            &[("name", first.outcome.target().host()), ("v6", &v6), ("v4", &v4)],
        );
        return Some(met.to_string());
    }
    let (good, bad) = if first.is_permitted() { (family, other) } else { (other, family) };
    Some(format!(
        "over {good} it may connect, and over {bad} it may not: players that get that address first fail"
    ))
}

fn case(probed: &Probed) -> Case {
    Case {
        file: probed.place(),
        name: probed.name(),
        passed: probed.is_permitted(),
        skipped: None,
        expected: None,
        got: Some(Json::from(&probed.outcome)),
        address: probed.address.map(|address| address.to_string()),
        mismatches: Vec::new(),
    }
}

fn entry(probed: &Probed) -> Entry {
    let outcome = &probed.outcome;
    let found = State::Found { severity: Severity::Error, fails: true };
    Entry {
        file: probed.place(),
        place: None,
        name: probed.name(),
        state: if probed.is_permitted() { State::Passed } else { found },
        id: outcome.cause().to_string(),
        message: format!("{}: {}", outcome.verdict(), outcome.cause()),
        detail: probed.in_words(),
    }
}

impl Probed {
    /// The destination, as a URL.
    fn place(&self) -> String {
        format!("xmlsocket://{}", self.outcome.target())
    }

    pub(super) fn name(&self) -> String {
        let (swf, target) = (self.outcome.swf(), self.outcome.target());
        match self.address {
            Some(address) => format!("{swf} to {target} over {} ({address})", Family::of(address)),
            None => format!("{swf} to {target}"),
        }
    }

    /// The diagnosis, and how long each answer took.
    fn in_words(&self) -> String {
        let mut text = format!("{}\n{}\n", self.name(), self.outcome.to_string().trim_end());
        if let Some(unresolved) = &self.unresolved {
            let _ = writeln!(text, "  resolver {}: {unresolved}", self.outcome.target().host());
        }
        for asked in self.outcome.asked().iter().filter(|asked| is_heard(asked)) {
            let waits = match self.waits_for(asked) {
                Some(budget) => format!("of the {} ms that a player waits", budget.as_millis()),
                None => "and a player waits for it without an end".to_owned(),
            };
            let _ = writeln!(
                text,
                "  latency  {} in {} ms, {waits}",
                asked.endpoint(),
                asked.took().as_millis()
            );
        }
        text
    }
}

/// Whether the answer says how fast the server is.
pub(super) fn is_heard(asked: &Asked) -> bool {
    use AnswerKind::{Malformed, NotAPolicy, Policy};
    matches!(asked.answer(), Policy | Malformed | NotAPolicy)
}
