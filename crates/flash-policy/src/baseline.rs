//! A baseline: an earlier report, whose findings do not count again.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use crate::exit::{Exit, Failure};
use crate::input::text_of;
use crate::report::{Finding, without_lines};

/// How often a finding was there.
#[derive(Clone, Default)]
pub(crate) struct Baseline {
    name: String,
    known: HashMap<Key, usize>,
}

/// What a finding is known by: not by its line, for lines move.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash)]
struct Key {
    rule: String,
    file: String,
    message: String,
}

#[derive(Deserialize)]
struct BaselineReport {
    schema: String,
    command: String,
    findings: Vec<Key>,
    #[serde(default)]
    suppressed: Vec<BaselineSuppressed>,
}

#[derive(Deserialize)]
struct BaselineSuppressed {
    #[serde(flatten)]
    key: Key,
    reason: String,
}

/// How the reason of a finding begins that an earlier baseline had.
const KNOWN: &str = "it is in the baseline ";

impl Baseline {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let is_none = |why: String| {
            let help = format!("make one with: flash-policy check … --format json={name}");
            Failure::new(Exit::Input, format!("{name} is no baseline: {why}; {help}"))
        };
        let report: BaselineReport =
            serde_json::from_str(&text_of(path)?).map_err(|error| is_none(error.to_string()))?;
        if report.schema != "flash-policy/report@1" || report.command != "check" {
            return Err(is_none(format!("it is a report {} of {}", report.schema, report.command)));
        }
        // A report that was made with a baseline has what that one had among the suppressed.
        let still = report
            .suppressed
            .into_iter()
            .filter(|one| one.reason.starts_with(KNOWN))
            .map(|one| one.key);
        let mut known = HashMap::new();
        for Key { rule, file, message } in report.findings.into_iter().chain(still) {
            *known.entry(Key::new(&rule, &file, &message)).or_default() += 1;
        }
        Ok(Self { name, known })
    }

    /// Why a finding does not count, if it was there before; each of the baseline's counts once.
    pub(crate) fn takes(&mut self, finding: &Finding) -> Option<String> {
        let key = Key::new(&finding.rule, &finding.file, &finding.message);
        let left = self.known.get_mut(&key).filter(|left| **left > 0)?;
        *left -= 1;
        Some(format!("{KNOWN}{}", self.name))
    }
}

impl Key {
    fn new(rule: &str, file: &str, message: &str) -> Self {
        let file = file.trim_start_matches("./").to_owned();
        Self { rule: rule.to_owned(), file, message: without_lines(message) }
    }
}
