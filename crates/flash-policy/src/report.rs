//! What a subcommand comes to, as the JSON that is an interface (`flash-policy/report@1`), and as the entries that the
//! formats for machines of other people share.

mod verdict;

use std::collections::BTreeMap;
use std::fmt;

use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::printable::printable;
use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::Exit;

pub(crate) use verdict::Verdict;

/// A subcommand's result, ready for every format.
pub(crate) struct Done {
    pub(crate) exit: Exit,
    pub(crate) report: Report,
    pub(crate) entries: Vec<Entry>,
    /// For people, in colour.
    pub(crate) human: String,
    /// For people too, whatever the format: said on stderr when the reports are written.
    pub(crate) aside: String,
}

/// One line of a result, for JUnit, SARIF, TAP and annotations.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) file: String,
    pub(crate) place: Option<Position>,
    /// What was examined or tested.
    pub(crate) name: String,
    pub(crate) state: State,
    /// The public id that SARIF and annotations show: a rule, or a cause.
    pub(crate) id: String,
    /// One line.
    pub(crate) message: String,
    /// The whole block that people read, perhaps in colour.
    pub(crate) detail: String,
}

/// What became of an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Passed,
    /// Something was found; `fails` is whether it makes the command fail.
    Found {
        severity: Severity,
        fails: bool,
    },
    /// Something was found that somebody suppressed, for this reason.
    Suppressed {
        severity: Severity,
        reason: String,
        in_source: bool,
    },
    /// It was left out, for the reason that is its message.
    Skipped,
    /// It could not be judged: its file, the machine or this program is at fault.
    NotRun,
}

/// A whole report.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(
    title = "flash-policy/report@1",
    description = "The report of `flash-policy --format json`."
)]
pub(crate) struct Report {
    /// Always `flash-policy/report@1`.
    pub(crate) schema: &'static str,
    /// The subcommand.
    pub(crate) command: &'static str,
    /// The counts.
    pub(crate) summary: Summary,
    /// The cases that `test` ran, the combinations that `eval` decided, or the attempts of `probe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cases: Option<Vec<Case>>,
    /// With `test --list`: the cases that would be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listed: Option<Vec<Listed>>,
    /// Files of `test` of which nothing could be run; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Wrong>,
    /// What `check` found and nobody suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) findings: Option<Vec<Finding>>,
    /// What `check` found and somebody suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suppressed: Option<Vec<Suppressed>>,
    /// With `check --fix` or `--diff`: what was mended, or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mends: Option<Mends>,
    /// What `diff` found to be permitted or denied newly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changes: Option<Vec<Change>>,
    /// With `--torture`: the conformance checks, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Vec<Checked>>,
    /// Of `run`: the server under test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Server>,
    /// With `test --coverage`: every rule, and how often it decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coverage: Option<Vec<Covered>>,
}

/// Counts; each subcommand has its own.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Summary {
    /// Documents or scenario files that were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cases: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passed: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<usize>,
    /// Cases that `run` left out: they change what stands where the server under test is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<usize>,
    /// Conformance checks that were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<usize>,
    /// Of these, those with something that players cope with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tolerated: Option<usize>,
    /// Of these, those that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks_failed: Option<usize>,
    /// Findings that are errors; of `test`, files of which nothing could be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errors: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) warnings: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) infos: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suppressed: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) newly_permitted: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) newly_denied: Option<usize>,
}

/// One finding of `check`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// The rule's id, such as `FSP-D01`.
    pub(crate) rule: String,
    /// `error`, `warning` or `info`.
    pub(crate) severity: String,
    pub(crate) file: String,
    /// From 1; null where the finding is about the document as a whole.
    pub(crate) line: Option<u32>,
    /// In characters, from 1.
    pub(crate) column: Option<u32>,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// A finding that somebody suppressed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Suppressed {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    /// Why.
    pub(crate) reason: String,
}

/// Mechanical mends of documents.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Mends {
    /// Whether the files were changed; otherwise it is what would be.
    pub(crate) written: bool,
    pub(crate) mended: Vec<Mended>,
    /// What the mends change of what the policies grant, in words.
    pub(crate) changes: Vec<String>,
}

/// One finding that is met no more.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Mended {
    pub(crate) rule: String,
    pub(crate) file: String,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

/// One case of `test`, one combination of `eval`, or one attempt of `probe`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Case {
    /// The scenario file, or the policy document; of `probe`, the destination as a URL.
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) passed: bool,
    /// Why it was left out, which is neither passed nor failed; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
    /// What the case expects; absent where nothing is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<serde_json::Value>,
    /// What came of it; null for a matrix, and where it could not be decided.
    pub(crate) got: Option<Verdict>,
    /// Of `probe`: the address that the host was taken to have, where it was not mapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// What differs, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) mismatches: Vec<String>,
}

/// One case of `test --list`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Listed {
    /// The scenario file.
    pub(crate) file: String,
    /// The case's name, or `matrix`.
    pub(crate) name: String,
}

/// A file of which nothing could be run.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Wrong {
    pub(crate) file: String,
    /// From 1; null where the error is about the file as a whole.
    pub(crate) line: Option<u32>,
    /// In characters, from 1.
    pub(crate) column: Option<u32>,
    pub(crate) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

/// One difference in meaning.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Change {
    /// `newly-permitted` or `newly-denied`.
    pub(crate) direction: String,
    /// In words.
    pub(crate) text: String,
    /// Whom it concerns, as domain patterns; empty where other policy files are concerned.
    pub(crate) origins: Vec<String>,
    /// The exceptions from these patterns.
    pub(crate) except: Vec<String>,
    /// `any`, `http` or `https`: how the SWF was loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scheme: Option<String>,
    /// As in `to-ports`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ports: Option<String>,
    /// A SWF and a port for which the two policies differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) witness: Option<Witness>,
}

/// For whom two policies differ.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Witness {
    pub(crate) swf: String,
    pub(crate) port: u16,
}

/// One conformance check.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Checked {
    /// Where the server stands, logically.
    pub(crate) endpoint: String,
    /// As docs/torture.md has it.
    pub(crate) id: String,
    /// `pass`, `tolerated`, `fail` or `not-run`.
    pub(crate) verdict: String,
    /// What was observed, in one line.
    pub(crate) reason: String,
    /// The id of the rule that explains it; null where there is none.
    pub(crate) rule: Option<String>,
}

/// The server that `run` has started.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Server {
    /// The line that the shell was given.
    pub(crate) command: String,
    /// The picked ports, by the names of their placeholders.
    pub(crate) ports: BTreeMap<String, u16>,
    /// What it wrote to stdout and stderr: the last MiB.
    pub(crate) output: String,
    /// What was odd about it, a sentence each: that it ended by itself, had to be killed, or left its process group.
    pub(crate) remarks: Vec<String>,
}

/// One rule of a policy that was tested.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Covered {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The element, as XML.
    pub(crate) element: String,
    /// How many cases it granted.
    pub(crate) granted: usize,
    /// How many cases it decided otherwise: as the nearest miss, or as the meta-policy.
    pub(crate) denied: usize,
    /// Whether it did what it is there for: a rule has granted, a meta-policy that can deny has denied.
    pub(crate) exercised: bool,
}

impl Done {
    pub(crate) fn new(exit: Exit, report: Report, entries: Vec<Entry>, human: String) -> Self {
        Self { exit, report, entries, human, aside: String::new() }
    }

    /// What a subcommand comes to that has not asked anything yet.
    pub(crate) fn nothing(command: &'static str) -> Self {
        let report = Report::new(command, Summary::default());
        Self::new(Exit::Expected, report, Vec::new(), String::new())
    }

    /// Adds what came of something else that the subcommand has asked.
    pub(crate) fn and(mut self, other: Self) -> Self {
        if !self.human.is_empty() {
            self.human += "\n";
        }
        self.human += &other.human;
        self.exit = self.exit.or_worse(other.exit);
        self.entries.extend(other.entries);
        let Report { summary, cases, checks, errors, .. } = other.report;
        self.report.summary.add(&summary);
        self.report.errors.extend(errors);
        if let Some(cases) = cases {
            self.report.cases.get_or_insert_default().extend(cases);
        }
        if let Some(checks) = checks {
            self.report.checks.get_or_insert_default().extend(checks);
        }
        self
    }
}

impl Summary {
    fn add(&mut self, other: &Self) {
        let add = |sum: &mut Option<usize>, more: Option<usize>| {
            if let Some(more) = more {
                *sum.get_or_insert_default() += more;
            }
        };
        add(&mut self.files, other.files);
        add(&mut self.cases, other.cases);
        add(&mut self.passed, other.passed);
        add(&mut self.failed, other.failed);
        add(&mut self.skipped, other.skipped);
        add(&mut self.errors, other.errors);
        add(&mut self.checks, other.checks);
        add(&mut self.tolerated, other.tolerated);
        add(&mut self.checks_failed, other.checks_failed);
    }
}

impl Report {
    pub(crate) fn new(command: &'static str, summary: Summary) -> Self {
        Self { schema: SCHEMA, command, summary, ..Self::default() }
    }
}

/// One line for each mend, and for each change that they make.
impl fmt::Display for Mends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = if self.written { "mended" } else { "would mend" };
        for Mended { rule, file, line, column } in &self.mended {
            let place = line
                .zip(*column)
                .map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            writeln!(f, "{done} {rule} in {}{place}", printable(file))?;
        }
        for change in &self.changes {
            writeln!(f, "this changes what the policy grants: {change}")?;
        }
        if self.mended.is_empty() { Ok(()) } else { writeln!(f) }
    }
}

/// The JSON schema of reports.
pub(crate) fn schema() -> serde_json::Value {
    // Of what is written: what is left out there is not required.
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Report>().into()
}

/// A message without the number of another line in it: what a finding says wherever its file's lines move.
pub(crate) fn without_lines(message: &str) -> String {
    match message.split_once("on line ") {
        Some((before, after)) => {
            format!("{before}on line {}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => message.to_owned(),
    }
}

const SCHEMA: &str = "flash-policy/report@1";
