//! The cases of `test`, the combinations of `eval`, and the attempts of `probe` and `run`.

use std::collections::BTreeMap;
use std::time::Duration;

use flash_policy_core::player::{self, Cause};
use flash_policy_core::source_text::Position;
use flash_policy_scenario::{self as scenario, Expectation, ExpectedFact, RuleCoverage, Status};
use schemars::JsonSchema;
use serde::Serialize;

use super::verdict::millis;
use super::{ElementPlace, Id, Note, Verdict};

/// One case of `test`, one combination of `eval`, or one attempt of `probe` or `run`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Case {
    /// The scenario file or the policy document; absent for an attempt at a live server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// The line of the case in its scenario file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    /// The column of the case, in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u32>,
    pub(crate) name: String,
    pub(crate) status: Id<Status>,
    pub(crate) passed: bool,
    /// The reason why the case was skipped; absent if it was not. A skipped case neither passed nor
    /// failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
    /// The reason why the case could not be run; absent if it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// The expectation; absent if nothing is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<Expected>,
    /// The actual verdict; null for a matrix, and if it could not be decided.
    pub(crate) got: Option<Verdict>,
    /// The facts of the case, or the cells of its matrix, that are not as expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) mismatches: Vec<Mismatch>,
    /// Facts on which the evaluator and the real sockets differ: a bug in flash-policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) differences: Vec<Difference>,
    /// Remarks that do not change the status: the case may pass for another reason than intended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<Note>,
    /// The element of a policy that decided, with its place in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decided_by: Option<ElementPlace>,
    /// The result of a matrix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) matrix: Option<MatrixResult>,
    /// The route of an attempt to the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<Route>,
    /// An explanation for people, with advice, in several lines; absent if there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) details: String,
    /// The time that the case took to run, in real milliseconds.
    pub(crate) took_ms: u64,
}

/// The expectation of a case. Facts that it does not mention may be anything.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Expected {
    pub(crate) expect: Id<player::Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<Id<Cause>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) then: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) granted_by: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) requests: BTreeMap<String, usize>,
    /// The ids of exactly the diagnostics that were expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) diagnostics: Option<Vec<&'static str>>,
}

/// A fact that is not as expected.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Mismatch {
    /// The key of the scenario file, or the cell of a matrix as `SWF to HOST:PORT`.
    pub(crate) what: String,
    /// The expected value; null for a new cell of a matrix.
    pub(crate) expected: Option<String>,
    /// The actual value; null for a cell that the matrix no longer has.
    pub(crate) got: Option<String>,
    /// True for the verdict and the cause, which are shown first.
    #[serde(skip)]
    pub(crate) is_verdict: bool,
}

/// A fact on which the evaluator and the real sockets differ.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Difference {
    pub(crate) fact: String,
    pub(crate) evaluated: String,
    pub(crate) real: String,
}

/// The result of a matrix.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MatrixResult {
    /// The file that pins the matrix.
    pub(crate) snapshot: String,
    /// The result in one line.
    pub(crate) summary: String,
    /// True if `--update` wrote the snapshot.
    pub(crate) written: bool,
}

/// The route of an attempt to the server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Route {
    pub(crate) host: String,
    /// The address that was used for the host; null if the host was mapped.
    pub(crate) address: Option<String>,
    /// `IPv4` or `IPv6`; null if the host was mapped.
    pub(crate) family: Option<String>,
    /// The answer of the resolver, if it knows no address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unresolved: Option<String>,
}

/// The counts of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct CaseSummary {
    /// The number of scenario files that were run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<usize>,
    pub(crate) cases: usize,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// The number of cases that were left out because they change an endpoint that the server under
    /// test replaces.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub(crate) skipped: usize,
    /// The number of times that the server under test ended by itself with a failure; absent if it
    /// never did.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub(crate) crashes: usize,
}

/// One case of `test --list`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListedCase {
    /// The scenario file.
    pub(crate) file: String,
    /// The case's name, or `matrix`.
    pub(crate) name: String,
}

/// One rule of a policy that was tested.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CoveredRule {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The element, as XML.
    pub(crate) element: String,
    /// The number of cases that it granted.
    pub(crate) granted: usize,
    /// The number of other cases that it decided: as the nearest miss, or as the meta-policy.
    pub(crate) denied: usize,
    /// True if it has served its purpose: a rule has granted, or a meta-policy that can deny has
    /// denied.
    pub(crate) exercised: bool,
}

impl Case {
    /// Creates a case that has only a name and a status.
    pub(crate) fn new(name: impl Into<String>, status: Status) -> Self {
        Self {
            file: None,
            line: None,
            column: None,
            name: name.into(),
            status: Id(status),
            passed: status == Status::Passed,
            skipped: None,
            error: None,
            expected: None,
            got: None,
            mismatches: Vec::new(),
            differences: Vec::new(),
            notes: Vec::new(),
            decided_by: None,
            matrix: None,
            route: None,
            details: String::new(),
            took_ms: 0,
        }
    }

    pub(crate) fn took(self, took: Duration) -> Self {
        Self { took_ms: millis(took), ..self }
    }

    pub(crate) fn position(&self) -> Option<Position> {
        Some(Position { line: self.line?, column: self.column? })
    }

    pub(crate) fn is_skipped(&self) -> bool {
        self.status.0 == Status::Skipped
    }
}

impl CaseSummary {
    pub(crate) fn of(cases: &[Case], files: Option<usize>) -> Self {
        let passed = cases.iter().filter(|case| case.passed).count();
        let skipped = cases.iter().filter(|case| case.is_skipped()).count();
        let failed = cases.len() - passed - skipped;
        Self { files, cases: cases.len(), passed, failed, skipped, crashes: 0 }
    }
}

impl CaseSummary {
    /// Counts one more case.
    pub(crate) fn add(&mut self, case: &Case) {
        let one = Self::of(std::slice::from_ref(case), None);
        self.cases += one.cases;
        self.passed += one.passed;
        self.failed += one.failed;
        self.skipped += one.skipped;
    }
}

impl From<&Expectation> for Expected {
    fn from(expected: &Expectation) -> Self {
        let requests = expected.requests.iter().map(|(at, count)| (at.to_string(), *count));
        Self {
            expect: Id(expected.verdict),
            cause: expected.cause.map(Id),
            event: expected.event.map(|event| event.to_string()),
            then: expected.then.map(|event| event.to_string()),
            granted_by: expected.granted_by.as_ref().map(ToString::to_string),
            requests: requests.collect(),
            diagnostics: expected.diagnostics.as_ref().map(|rules| {
                let ids = rules.iter().map(|rule| rule.id());
                ids.collect()
            }),
        }
    }
}

impl From<&scenario::Mismatch> for Mismatch {
    fn from(mismatch: &scenario::Mismatch) -> Self {
        Self {
            what: mismatch.fact.to_string(),
            expected: Some(mismatch.expected.clone()),
            got: Some(mismatch.got.clone()),
            is_verdict: matches!(mismatch.fact, ExpectedFact::Verdict | ExpectedFact::Cause),
        }
    }
}

impl From<&scenario::Difference> for Difference {
    fn from(difference: &scenario::Difference) -> Self {
        Self {
            fact: difference.fact.clone(),
            evaluated: difference.evaluated.clone(),
            real: difference.real.clone(),
        }
    }
}

impl From<&scenario::Place> for ElementPlace {
    fn from(place: &scenario::Place) -> Self {
        Self { file: place.path().display().to_string(), source: place.line().into() }
    }
}

impl From<&RuleCoverage> for CoveredRule {
    fn from(rule: &RuleCoverage) -> Self {
        Self {
            file: rule.file.display().to_string(),
            line: rule.position.line,
            column: rule.position.column,
            element: rule.element.clone(),
            granted: rule.granted,
            denied: rule.denied,
            exercised: rule.is_exercised,
        }
    }
}
