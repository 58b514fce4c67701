//! Compares an outcome with what a case expects, fact by fact.

use std::fmt;

use flash_policy_core::diagnostics::{Diagnostic, Rule};
use flash_policy_core::player::{Endpoint, Outcome, PlayerEvent};

use super::model::Expectation;

/// A fact that is not as a case expects it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The fact.
    pub fact: ExpectedFact,
    /// The expected value.
    pub expected: String,
    /// The actual value.
    pub got: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.fact, self.expected, self.got)
    }
}

/// A fact that a case can expect. Its `Display` is the key of the scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedFact {
    /// `expect`.
    Verdict,
    /// `cause`.
    Cause,
    /// `event`.
    Event,
    /// `then`.
    SecondEvent,
    /// `granted-by`.
    Grantor,
    /// `requests`, for this endpoint.
    Requests(Endpoint),
    /// `diagnostics`.
    Diagnostics,
}

impl fmt::Display for ExpectedFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict => f.write_str("verdict"),
            Self::Cause => f.write_str("cause"),
            Self::Event => f.write_str("event"),
            Self::SecondEvent => f.write_str("then"),
            Self::Grantor => f.write_str("granted-by"),
            Self::Requests(endpoint) => write!(f, "requests to {endpoint}"),
            Self::Diagnostics => f.write_str("diagnostics"),
        }
    }
}

/// Returns the facts of an outcome that are not as expected.
pub(super) fn mismatches(expected: &Expectation, outcome: &Outcome<()>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut check = |fact: ExpectedFact, expected: Option<String>, got: String| {
        if let Some(expected) = expected.filter(|expected| *expected != got) {
            found.push(Mismatch { fact, expected, got });
        }
    };
    let nothing = || "nothing".to_owned();
    let event = |index| outcome.events().get(index).map_or_else(nothing, PlayerEvent::to_string);
    let grantor = || outcome.granted_by().map_or_else(nothing, ToString::to_string);
    let verdict = outcome.verdict().to_string();
    check(ExpectedFact::Verdict, Some(expected.verdict.to_string()), verdict);
    let cause = expected.cause.map(|cause| cause.to_string());
    check(ExpectedFact::Cause, cause, outcome.cause().to_string());
    check(ExpectedFact::Event, expected.event.map(|event| event.to_string()), event(0));
    check(ExpectedFact::SecondEvent, expected.then.map(|event| event.to_string()), event(1));
    let granted_by = expected.granted_by.as_ref().map(ToString::to_string);
    check(ExpectedFact::Grantor, granted_by, grantor());
    for (at, count) in &expected.requests {
        let got = outcome.requests_to(at).to_string();
        check(ExpectedFact::Requests(at.clone()), Some(count.to_string()), got);
    }
    let diagnostics = expected.diagnostics.as_deref().map(ids);
    check(ExpectedFact::Diagnostics, diagnostics, ids(&reported_rules(outcome)));
    found
}

/// Returns the rules of an outcome's diagnostics, each once, in the order of their ids.
fn reported_rules(outcome: &Outcome<()>) -> Vec<&'static Rule> {
    let mut rules: Vec<_> = outcome.diagnostics().map(Diagnostic::rule).collect();
    rules.sort_unstable_by_key(|rule| rule.id());
    rules.dedup();
    rules
}

fn ids(rules: &[&Rule]) -> String {
    match rules {
        [] => "none".to_owned(),
        rules => rules.iter().map(|rule| rule.id()).collect::<Vec<_>>().join(", "),
    }
}
