//! Reads a baseline: an earlier report of `check`, whose findings do not count again.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

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

#[derive(Deserialize)]
struct BaselineSuppressed {
    #[serde(flatten)]
    key: Key,
    suppressed_by: String,
}

impl Baseline {
    pub(crate) fn read(path: &Path) -> Result<Self, ReportedError> {
        let name = path.display().to_string();
        let text = read_text(path)?;
        let wrong = |problem: String| {
            let help = format!("write it again: flash-policy check … --format json={name}");
            let message = format!("it is not a baseline: {problem}");
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
        // A report that was made with a baseline lists the findings of that one as suppressed.
        let suppressed = report.suppressed.into_iter();
        let still_known =
            suppressed.filter(|one| one.suppressed_by == "baseline").map(|one| one.key);
        let mut known = HashMap::new();
        for key in report.findings.into_iter().chain(still_known) {
            *known.entry(Key::new(&key.file, &key.fingerprint)).or_default() += 1;
        }
        Ok(Self { name, known })
    }

    /// Returns the reason to suppress a finding, if the baseline has it. Each finding of the
    /// baseline suppresses one finding only.
    pub(crate) fn suppress(&mut self, finding: &Finding) -> Option<String> {
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
