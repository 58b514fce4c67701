//! The typed result of a command. As JSON, it is an interface: `flash-policy/report@2`.
//!
//! Every format is rendered from it. It knows no format and prints nothing.

mod case;
mod change;
mod conformance;
mod error;
mod finding;
mod id;
mod note;
mod server;
mod source;
mod verdict;

use flash_policy_conformance::{CheckId, CheckVerdict};
use flash_policy_scenario::Status;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use case::{
    Case, CaseSummary, CoveredRule, Difference, Expected, ListedCase, MatrixResult, Mismatch, Route,
};
pub(crate) use change::{Change, DiffSummary};
pub(crate) use conformance::{ConformanceCheck, ConformanceOverview};
pub(crate) use error::{ErrorKind, ErrorPlace, ReportedError};
pub(crate) use finding::{
    CheckSummary, Examined, ExaminedDocument, Finding, FixedFinding, Fixes, PolicyPair,
    SkippedFiles, SuppressedFinding, Suppressor,
};
pub(crate) use id::Id;
pub(crate) use note::Note;
pub(crate) use server::ServerUnderTest;
pub(crate) use source::{ElementPlace, SourceLine};
pub(crate) use verdict::{AskedLocation, Diagnostic, Verdict, fingerprint, millis};

use crate::exit::Exit;

/// The name and version of the format.
pub(crate) const SCHEMA: &str = "flash-policy/report@2";

/// A whole report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(
    title = "flash-policy/report@2",
    description = "The report of `flash-policy --format json`."
)]
pub(crate) struct Report {
    /// Always `flash-policy/report@2`.
    #[schemars(extend("const" = "flash-policy/report@2"))]
    schema: &'static str,
    /// The exit code of the command.
    #[serde(rename = "exit")]
    exit_code: u8,
    #[serde(skip)]
    exit: Exit,
    #[serde(flatten)]
    pub(crate) result: CommandResult,
    /// The errors that kept the command, or a part of it, from having a result; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<ReportedError>,
}

/// The result of one command, tagged by its name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub(crate) enum CommandResult {
    Check(CheckResult),
    Eval(EvalResult),
    Test(TestResult),
    Probe(ProbeResult),
    Run(RunResult),
    Diff(DiffResult),
    Explain(ExplainResult),
}

/// The result of `check`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct CheckResult {
    pub(crate) summary: CheckSummary,
    pub(crate) documents: Vec<ExaminedDocument>,
    /// The findings that count.
    pub(crate) findings: Vec<Finding>,
    /// The findings that do not count.
    pub(crate) suppressed: Vec<SuppressedFinding>,
    /// The files in folders that were not examined, by reason; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) skipped: Vec<SkippedFiles>,
    /// With `--master`: the differences between the two policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pair: Option<PolicyPair>,
    /// With `--fix` or `--diff`: the fixes that were made, or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fixes: Option<Fixes>,
}

/// The result of `eval`: a case for each combination.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct EvalResult {
    pub(crate) summary: CaseSummary,
    /// The cases in order of the SWFs, and for each SWF in order of the targets.
    pub(crate) cases: Vec<Case>,
    /// With `--fail-on`, `--allow` or `--baseline`: the diagnostics of the policies. Those that
    /// make the command fail say so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) answer_findings: Vec<AnswerFinding>,
}

/// The result of `test`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct TestResult {
    pub(crate) summary: CaseSummary,
    pub(crate) cases: Vec<Case>,
    /// With `--list`: the cases that would run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listed: Option<Vec<ListedCase>>,
    /// With `--coverage`: every rule, with the number of cases that it decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coverage: Option<Vec<CoveredRule>>,
    /// The `*.toml` files of folders that are not scenario files; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) skipped_files: Vec<String>,
    /// With `--partition`: the part, as in `1/2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) partition: Option<String>,
}

/// The result of `probe`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ProbeResult {
    #[serde(flatten)]
    pub(crate) live: LiveResult,
    /// With `--nagios`: the time after which a permitted connection is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) warning_ms: Option<u64>,
}

/// The result of `run`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct RunResult {
    #[serde(flatten)]
    pub(crate) live: LiveResult,
    /// The server under test; absent if it did not start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<ServerUnderTest>,
    /// The endpoints that flash-policy played itself, because no port of the server is mapped to
    /// them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) played: Vec<String>,
}

/// The result of `diff`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct DiffResult {
    pub(crate) summary: DiffSummary,
    /// The new policy.
    pub(crate) file: String,
    pub(crate) changes: Vec<Change>,
}

/// The results at live servers: attempts, scenarios and conformance checks.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct LiveResult {
    pub(crate) summary: CaseSummary,
    /// The attempts, and the cases of scenarios.
    pub(crate) cases: Vec<Case>,
    /// Diagnostics of the host as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) host_diagnostics: Vec<Diagnostic>,
    /// Diagnostics of the servers' answers. Those that make the command fail say so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) answer_findings: Vec<AnswerFinding>,
    /// With `--torture`: the conformance checks as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conformance: Option<ConformanceOverview>,
    /// With `--torture`: each check, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Vec<ConformanceCheck>>,
}

/// A diagnostic of a live server's answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AnswerFinding {
    /// The location that answered.
    pub(crate) endpoint: String,
    #[serde(flatten)]
    pub(crate) diagnostic: Diagnostic,
    /// True if it makes the command fail, by `--fail-on` and its exceptions.
    pub(crate) fails: bool,
    /// The reason why it does not count; absent if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suppressed: Option<Suppression>,
}

/// The reason why a diagnostic does not count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Suppression {
    pub(crate) reason: String,
    pub(crate) by: Suppressor,
}

/// The result of `explain`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ExplainResult {
    pub(crate) topics: Vec<Topic>,
}

/// A topic that `explain` knows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Topic {
    pub(crate) id: String,
    pub(crate) kind: TopicKind,
    /// The severity of a rule, or the verdict of a cause; absent for other topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<String>,
    /// The name of a rule; absent for other topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The explanation; absent in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

/// The kinds of topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TopicKind {
    Rule,
    Cause,
    Check,
    /// An event of the player, or the number of its error.
    Event,
    /// An answer to a policy request.
    Answer,
    /// The end of a connection.
    End,
    Verdict,
    /// The status of a case, or a note on it.
    Result,
    /// A kind of error, or a severity.
    Error,
    ExitCode,
    /// Any other word.
    Term,
}

impl TopicKind {
    /// Returns the kind in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Cause => "cause",
            Self::Check => "conformance check",
            Self::Event => "event or error of the player",
            Self::Answer => "answer to a policy request",
            Self::End => "end of a connection",
            Self::Verdict => "verdict",
            Self::Result => "result of a case",
            Self::Error => "error of the command, or severity",
            Self::ExitCode => "exit code",
            Self::Term => "term",
        }
    }
}

impl Report {
    /// Creates the report of a command. Its exit code follows from the result and the errors.
    pub(crate) fn new(result: CommandResult, errors: Vec<ReportedError>) -> Self {
        let exit = errors.iter().map(ReportedError::exit).fold(result.exit(), Exit::or_worse);
        Self { schema: SCHEMA, exit_code: exit as u8, exit, result, errors }
    }

    /// Returns the exit code of the command.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl CommandResult {
    fn exit(&self) -> Exit {
        match self {
            Self::Check(check) => fails(check.findings.iter().any(|finding| finding.fails)),
            Self::Eval(eval) => fails(
                !eval.cases.iter().all(|case| case.passed)
                    || eval.answer_findings.iter().any(|finding| finding.fails),
            ),
            Self::Test(test) => exit_of_cases(&test.cases),
            Self::Probe(probe) => probe.live.exit(),
            Self::Run(run) => {
                let has_crashed = run.server.as_ref().is_some_and(|server| server.has_crashed);
                run.live.exit().or_worse(fails(has_crashed))
            }
            Self::Diff(diff) => fails(diff.changes.iter().any(|change| change.fails)),
            Self::Explain(_) => Exit::Expected,
        }
    }
}

impl AnswerFinding {
    /// Returns whether another finding is this diagnostic of the same location.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.endpoint == other.endpoint
            && self.diagnostic.fingerprint == other.diagnostic.fingerprint
    }
}

impl LiveResult {
    /// Adds the diagnostics of answers to scenarios, unless an attempt has shown them.
    pub(crate) fn add_answers(&mut self, findings: Vec<AnswerFinding>) {
        for finding in findings {
            if !self.answer_findings.iter().any(|known| known.is_same(&finding)) {
                self.answer_findings.push(finding);
            }
        }
    }

    pub(crate) fn set_conformance(
        &mut self,
        (overview, checks): (ConformanceOverview, Vec<ConformanceCheck>),
    ) {
        self.conformance = Some(overview);
        self.checks = Some(checks);
    }

    /// Adds the checks that were repeated with a server that was started again: each replaces its
    /// earlier result.
    pub(crate) fn add_conformance(
        &mut self,
        (overview, checks): (ConformanceOverview, Vec<ConformanceCheck>),
    ) {
        let (Some(known), Some(all)) = (&mut self.conformance, &mut self.checks) else {
            return self.set_conformance((overview, checks));
        };
        for check in checks {
            if let Some(earlier) = all.iter_mut().find(|earlier| earlier.id.0 == check.id.0) {
                *earlier = check;
            }
        }
        known.recount(all, overview.took_ms);
    }

    /// Returns the checks that were not run.
    pub(crate) fn checks_not_run(&self) -> Vec<CheckId> {
        let not_run = |check: &&ConformanceCheck| check.verdict.0 == CheckVerdict::NotRun;
        self.checks.iter().flatten().filter(not_run).map(|check| check.id.0).collect()
    }

    pub(crate) fn exit(&self) -> Exit {
        let answer = self.answer_findings.iter().any(|finding| finding.fails);
        let check = self.checks.iter().flatten().any(|check| check.fails);
        exit_of_cases(&self.cases).or_worse(fails(answer || check))
    }
}

fn exit_of_cases(cases: &[Case]) -> Exit {
    let exit = |case: &Case| match case.status.0 {
        Status::Passed | Status::Skipped => Exit::Expected,
        Status::Failed => Exit::Finding,
        Status::NotRun => Exit::NotRun,
        Status::Disagreement => Exit::Bug,
    };
    cases.iter().map(exit).fold(Exit::Expected, Exit::or_worse)
}

fn fails(fails: bool) -> Exit {
    if fails { Exit::Finding } else { Exit::Expected }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Returns the JSON schema of reports.
pub(crate) fn schema() -> serde_json::Value {
    // The schema is that of written reports: a field that may be left out is not required.
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Report>().into()
}
