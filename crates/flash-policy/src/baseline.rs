//! A baseline: an earlier report, whose findings do not count again.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use crate::input::text_of;
use crate::report::{ErrorKind, Finding, ReportedError, SCHEMA};

/// The findings of an earlier report, each with its count.
#[derive(Clone, Default)]
pub(crate) struct Baseline {
    name: String,
    known: HashMap<Key, usize>,
}

/// The identity of a finding: neither its line nor its wording, for both change.
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

#[derive(Deserialize)]
struct BaselineSuppressed {
    #[serde(flatten)]
    key: Key,
    suppressed_by: String,
}

impl Baseline {
    pub(crate) fn read(path: &Path) -> Result<Self, ReportedError> {
        let name = path.display().to_string();
        let text = text_of(path)?;
        let wrong = |problem: String| {
            let help = format!("write it again: flash-policy check … --format json={name}");
            let message = format!("it is no baseline: {problem}");
            ReportedError::new(ErrorKind::InvalidInput, message).help(help).in_file(&name)
        };
        let head: BaselineHead =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if head.schema != SCHEMA {
            return Err(wrong(format!("it is a {}, and {SCHEMA} is needed", head.schema)));
        }
        if head.command != "check" {
            return Err(wrong(format!("it is a report of {}", head.command)));
        }
        let report: BaselineReport =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        // A report that was made with a baseline has what that one had among the suppressed.
        let suppressed = report.suppressed.into_iter();
        let still = suppressed.filter(|one| one.suppressed_by == "baseline").map(|one| one.key);
        let mut known = HashMap::new();
        for key in report.findings.into_iter().chain(still) {
            *known.entry(Key::new(&key.file, &key.fingerprint)).or_default() += 1;
        }
        Ok(Self { name, known })
    }

    /// Returns why a finding does not count, if it was there before. Each of the baseline's counts once.
    pub(crate) fn takes(&mut self, finding: &Finding) -> Option<String> {
        let key = Key::new(&finding.file, &finding.fingerprint);
        let left = self.known.get_mut(&key).filter(|left| **left > 0)?;
        *left -= 1;
        Some(format!("it is in the baseline {}", self.name))
    }
}

impl Key {
    fn new(file: &str, fingerprint: &str) -> Self {
        let file = file.trim_start_matches("./").to_owned();
        Self { file, fingerprint: fingerprint.to_owned() }
    }
}
