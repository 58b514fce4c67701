//! Reads a baseline: an earlier report, whose findings do not count again.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::input::read_text;
use crate::report::{ErrorKind, Finding, ReportedError, SCHEMA};

/// The findings of an earlier report, each with its count.
#[derive(Clone, Default)]
pub(crate) struct Baseline {
    name: String,
    known: HashMap<Key, usize>,
}

/// The identity of a finding. Its line and its wording may change, so they are not part of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash)]
struct Key {
    file: String,
    fingerprint: String,
}

#[derive(Deserialize)]
struct BaselineHead {
    schema: String,
    command: String,
}

#[derive(Deserialize)]
struct BaselineReport {
    findings: Vec<Key>,
    suppressed: Vec<BaselineSuppressed>,
}

impl BaselineReport {
    /// Returns the findings. A report that was made with a baseline lists the findings of that one
    /// as suppressed.
    fn known(self) -> impl Iterator<Item = Key> {
        let suppressed = self.suppressed.into_iter();
        let still_known =
            suppressed.filter(|one| one.suppressed_by == "baseline").map(|one| one.key);
        self.findings.into_iter().chain(still_known)
    }
}

#[derive(Deserialize)]
struct BaselineSuppressed {
    #[serde(flatten)]
    key: Key,
    suppressed_by: String,
}

impl Baseline {
    pub(crate) fn read(path: &Path) -> Result<Self, ReportedError> {
        let (name, report): (_, BaselineReport) = read_report(path, &["check"])?;
        let mut known = HashMap::new();
        let folder = path.parent().unwrap_or(Path::new(""));
        for key in report.known() {
            let file = real_file(&key.file, &[Path::new(""), folder]);
            *known.entry(Key { file, ..key }).or_default() += 1;
        }
        Ok(Self { name, known })
    }

    /// Returns the reason to suppress a finding, if the baseline has it. Each finding of the
    /// baseline suppresses one finding only.
    pub(crate) fn suppress(&mut self, finding: &Finding) -> Option<String> {
        let file = real_file(&finding.file, &[Path::new("")]);
        let key = Key { file, fingerprint: finding.fingerprint.clone() };
        let left = self.known.get_mut(&key).filter(|left| **left > 0)?;
        *left -= 1;
        Some(reason(&self.name))
    }
}

/// The diagnostics of answers in an earlier report of `probe`, `run`, `eval` or `check`.
#[derive(Default)]
pub(crate) struct LiveBaseline {
    name: String,
    /// The locations and fingerprints. A finding of `check` is about a document, which may be
    /// served anywhere, so it has no location.
    known: HashSet<(Option<String>, String)>,
}

/// The part of a report that is a baseline for answers. Each command has its own lists.
#[derive(Deserialize)]
struct LiveReport {
    #[serde(default)]
    answer_findings: Vec<AnswerKey>,
    #[serde(default)]
    checks: Vec<CheckKey>,
    #[serde(default)]
    findings: Vec<Key>,
    #[serde(default)]
    suppressed: Vec<BaselineSuppressed>,
}

#[derive(Deserialize)]
struct AnswerKey {
    endpoint: String,
    fingerprint: String,
}

#[derive(Deserialize)]
struct CheckKey {
    endpoint: String,
    id: String,
    verdict: String,
}

impl LiveBaseline {
    pub(crate) fn read(path: &Path) -> Result<Self, ReportedError> {
        let (name, report): (_, LiveReport) =
            read_report(path, &["probe", "run", "eval", "check"])?;
        let LiveReport { answer_findings, checks, findings, suppressed } = report;
        let answers = answer_findings.into_iter().map(|one| (Some(one.endpoint), one.fingerprint));
        let checks = checks.into_iter();
        let checks = checks.map(|one| (Some(one.endpoint), of_check(&one.id, &one.verdict)));
        let documents = BaselineReport { findings, suppressed }.known();
        let documents = documents.map(|key| (None, key.fingerprint));
        Ok(Self { name, known: answers.chain(checks).chain(documents).collect() })
    }

    /// Returns the reason to suppress a diagnostic of an answer, if the baseline has it.
    pub(crate) fn suppress(&self, endpoint: &str, fingerprint: &str) -> Option<String> {
        let has = |place: Option<&str>| {
            self.known.contains(&(place.map(str::to_owned), fingerprint.to_owned()))
        };
        (has(Some(endpoint)) || has(None)).then(|| reason(&self.name))
    }

    /// Returns whether the baseline has this verdict of a conformance check.
    pub(crate) fn has_check(&self, endpoint: &str, id: &str, verdict: &str) -> bool {
        self.known.contains(&(Some(endpoint.to_owned()), of_check(id, verdict)))
    }
}

fn of_check(id: &str, verdict: &str) -> String {
    format!("{id}: {verdict}")
}

fn reason(name: &str) -> String {
    format!("it is in the baseline {name}")
}

/// Reads a report of one of these commands. Returns its name, too.
fn read_report<T: DeserializeOwned>(
    path: &Path,
    commands: &[&str],
) -> Result<(String, T), ReportedError> {
    let name = path.display().to_string();
    let text = read_text(path)?;
    let wrong = |problem: String| {
        let command = commands.first().copied().unwrap_or_default();
        let help = format!("write it again: flash-policy {command} … --format json={name}");
        let message = format!("it is not a baseline: {problem}");
        ReportedError::new(ErrorKind::InvalidInput, message).help(help).in_file(&name)
    };
    let whole: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if !whole.is_object() {
        return Err(wrong("it is JSON, but not a report".to_owned()));
    }
    let head: BaselineHead =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if head.schema != SCHEMA {
        return Err(wrong(format!("it is a {}, and {SCHEMA} is needed", head.schema)));
    }
    if !commands.contains(&head.command.as_str()) {
        return Err(wrong(format!("it is a report of {}", head.command)));
    }
    let report = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Ok((name, report))
}

/// Returns a name for a file that is the same however its path is written: its canonical path, in
/// the first of these folders that has it. A baseline may have been written from its own folder.
fn real_file(file: &str, folders: &[&Path]) -> String {
    let found = folders.iter().find_map(|folder| folder.join(file).canonicalize().ok());
    let plain = || Path::new(file).components().collect::<PathBuf>();
    let plain = || plain().strip_prefix(".").map(Path::to_owned).unwrap_or_else(|_| plain());
    found.unwrap_or_else(plain).display().to_string()
}
