//! What a subcommand comes to, as the JSON that is an interface (`flash-policy/report@1`), and as the entries that the
//! formats for machines of other people share.

mod verdict;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::exit::Exit;
use crate::excerpt::shown;
use crate::rules::{Position, Severity};

pub(super) use verdict::Verdict;

/// A subcommand's result, ready for every format.
pub(super) struct Done {
    pub(super) exit: Exit,
    pub(super) report: Report,
    pub(super) entries: Vec<Entry>,
    /// For people, in colour.
    pub(super) human: String,
    /// For people too, whatever the format: said on stderr when the reports are written.
    pub(super) aside: String,
}

/// One line of a result, for JUnit, SARIF, TAP and annotations.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) file: String,
    pub(super) place: Option<Position>,
    /// What was examined or tested.
    pub(super) name: String,
    pub(super) state: State,
    /// The public id that SARIF and annotations show: a rule, or a cause.
    pub(super) id: String,
    /// One line.
    pub(super) message: String,
    /// The whole block that people read, perhaps in colour.
    pub(super) detail: String,
}

/// What became of an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
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
#[schemars(title = "flash-policy/report@1", description = "The report of `flash-policy --format json`.")]
pub(super) struct Report {
    /// Always `flash-policy/report@1`.
    pub(super) schema: &'static str,
    /// The subcommand.
    pub(super) command: &'static str,
    /// The counts.
    pub(super) summary: Summary,
    /// The cases that `test` ran, the combinations that `eval` decided, or the attempts of `probe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cases: Option<Vec<Case>>,
    /// With `test --list`: the cases that would be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listed: Option<Vec<Listed>>,
    /// Files of `test` of which nothing could be run; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<Wrong>,
    /// What `check` found and nobody suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) findings: Option<Vec<Finding>>,
    /// What `check` found and somebody suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suppressed: Option<Vec<Suppressed>>,
    /// With `check --fix` or `--diff`: what was mended, or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mends: Option<Mends>,
    /// What `diff` found to be permitted or denied newly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Vec<Change>>,
    /// With `--torture`: the conformance checks, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checks: Option<Vec<Checked>>,
    /// Of `run`: the server under test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<Server>,
    /// With `test --coverage`: every rule, and how often it decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) coverage: Option<Vec<Covered>>,
}

/// Counts; each subcommand has its own.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Summary {
    /// Documents or scenario files that were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cases: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) passed: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<usize>,
    /// Cases that `run` left out: they change what stands where the server under test is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<usize>,
    /// Conformance checks that were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checks: Option<usize>,
    /// Of these, those with something that players cope with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tolerated: Option<usize>,
    /// Of these, those that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checks_failed: Option<usize>,
    /// Findings that are errors; of `test`, files of which nothing could be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) errors: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) infos: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suppressed: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) newly_permitted: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) newly_denied: Option<usize>,
}

/// One finding of `check`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Finding {
    /// The rule's id, such as `FSP-D01`.
    pub(super) rule: String,
    /// `error`, `warning` or `info`.
    pub(super) severity: String,
    pub(super) file: String,
    /// From 1; null where the finding is about the document as a whole.
    pub(super) line: Option<u32>,
    /// In characters, from 1.
    pub(super) column: Option<u32>,
    pub(super) message: String,
    pub(super) help: String,
}

/// A finding that somebody suppressed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Suppressed {
    #[serde(flatten)]
    pub(super) finding: Finding,
    /// Why.
    pub(super) reason: String,
}

/// Mechanical mends of documents.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Mends {
    /// Whether the files were changed; otherwise it is what would be.
    pub(super) written: bool,
    pub(super) mended: Vec<Mended>,
    /// What the mends change of what the policies grant, in words.
    pub(super) changes: Vec<String>,
}

/// One finding that is met no more.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Mended {
    pub(super) rule: String,
    pub(super) file: String,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
}

/// One case of `test`, one combination of `eval`, or one attempt of `probe`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Case {
    /// The scenario file, or the policy document; of `probe`, the destination as a URL.
    pub(super) file: String,
    pub(super) name: String,
    pub(super) passed: bool,
    /// Why it was left out, which is neither passed nor failed; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<String>,
    /// What the case expects; absent where nothing is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<serde_json::Value>,
    /// What came of it; null for a matrix, and where it could not be decided.
    pub(super) got: Option<Verdict>,
    /// Of `probe`: the address that the host was taken to have, where it was not mapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    /// What differs, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) mismatches: Vec<String>,
}

/// One case of `test --list`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Listed {
    /// The scenario file.
    pub(super) file: String,
    /// The case's name, or `matrix`.
    pub(super) name: String,
}

/// A file of which nothing could be run.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Wrong {
    pub(super) file: String,
    /// From 1; null where the error is about the file as a whole.
    pub(super) line: Option<u32>,
    /// In characters, from 1.
    pub(super) column: Option<u32>,
    pub(super) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help: Option<String>,
}

/// One difference in meaning.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Change {
    /// `newly-permitted` or `newly-denied`.
    pub(super) direction: String,
    /// In words.
    pub(super) text: String,
    /// Whom it concerns, as domain patterns; empty where other policy files are concerned.
    pub(super) origins: Vec<String>,
    /// The exceptions from these patterns.
    pub(super) except: Vec<String>,
    /// `any`, `http` or `https`: how the SWF was loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scheme: Option<String>,
    /// As in `to-ports`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ports: Option<String>,
    /// A SWF and a port for which the two policies differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) witness: Option<Witness>,
}

/// For whom two policies differ.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Witness {
    pub(super) swf: String,
    pub(super) port: u16,
}

/// One conformance check.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Checked {
    /// Where the server stands, logically.
    pub(super) endpoint: String,
    /// As docs/torture.md has it.
    pub(super) id: String,
    /// `pass`, `tolerated`, `fail` or `not-run`.
    pub(super) verdict: String,
    /// What was observed, in one line.
    pub(super) reason: String,
    /// The id of the rule that explains it; null where there is none.
    pub(super) rule: Option<String>,
}

/// The server that `run` has started.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Server {
    /// The line that the shell was given.
    pub(super) command: String,
    /// The picked ports, by the names of their placeholders.
    pub(super) ports: BTreeMap<String, u16>,
    /// What it wrote to stdout and stderr: the last MiB.
    pub(super) output: String,
    /// What was odd about it, a sentence each: that it ended by itself, had to be killed, or left its process group.
    pub(super) remarks: Vec<String>,
}

/// One rule of a policy that was tested.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Covered {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
    /// The element, as XML.
    pub(super) element: String,
    /// How many cases it granted.
    pub(super) granted: usize,
    /// How many cases it decided otherwise: as the nearest miss, or as the meta-policy.
    pub(super) denied: usize,
    /// Whether it did what it is there for: a rule has granted, a meta-policy that can deny has denied.
    pub(super) exercised: bool,
}

impl Done {
    pub(super) fn new(exit: Exit, report: Report, entries: Vec<Entry>, human: String) -> Self {
        Self { exit, report, entries, human, aside: String::new() }
    }

    /// What a subcommand comes to that has not asked anything yet.
    pub(super) fn nothing(command: &'static str) -> Self {
        let report = Report::new(command, Summary::default());
        Self::new(Exit::Expected, report, Vec::new(), String::new())
    }

    /// Adds what came of something else that the subcommand has asked.
    pub(super) fn and(mut self, other: Self) -> Self {
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
    pub(super) fn new(command: &'static str, summary: Summary) -> Self {
        Self { schema: SCHEMA, command, summary, ..Self::default() }
    }
}

/// One line for each mend, and for each change that they make.
impl fmt::Display for Mends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = if self.written { "mended" } else { "would mend" };
        for Mended { rule, file, line, column } in &self.mended {
            let place = line.zip(*column).map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            writeln!(f, "{done} {rule} in {}{place}", shown(file))?;
        }
        for change in &self.changes {
            writeln!(f, "this changes what the policy grants: {change}")?;
        }
        if self.mended.is_empty() { Ok(()) } else { writeln!(f) }
    }
}

/// The JSON schema of reports.
pub(super) fn schema() -> serde_json::Value {
    // Of what is written: what is left out there is not required.
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Report>().into()
}

/// A message without the number of another line in it: what a finding says wherever its file's lines move.
pub(super) fn without_lines(message: &str) -> String {
    match message.split_once("on line ") {
        Some((before, after)) => format!("{before}on line {}", after.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => message.to_owned(),
    }
}

const SCHEMA: &str = "flash-policy/report@1";
