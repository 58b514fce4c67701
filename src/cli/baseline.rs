//! A baseline: an earlier report, whose findings do not count again.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::exit::{Exit, Failure};
use super::input::text_of;
use super::report::Finding;

/// How often a finding was there: by rule, file and message, for lines move.
#[derive(Default)]
pub(super) struct Baseline {
    name: String,
    known: HashMap<Key, usize>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, Hash)]
struct Key {
    rule: String,
    file: String,
    message: String,
}

#[derive(Deserialize)]
struct Report {
    findings: Vec<Key>,
}

impl Baseline {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = text_of(path)?;
        let report: Report = serde_json::from_str(&text).map_err(|error| {
            let help = format!("make one with: flash-policy check … --format json={name}");
            Failure::new(Exit::Input, format!("{name} is no baseline: {error}; {help}"))
        })?;
        let mut known = HashMap::new();
        for key in report.findings {
            *known.entry(key).or_default() += 1;
        }
        Ok(Self { name, known })
    }

    /// Why a finding does not count, if it was there before; each of the baseline's counts once.
    pub(super) fn takes(&mut self, finding: &Finding) -> Option<String> {
        let key = Key { rule: finding.rule.clone(), file: finding.file.clone(), message: finding.message.clone() };
        let left = self.known.get_mut(&key).filter(|left| **left > 0)?;
        *left -= 1;
        Some(format!("it is in the baseline {}", self.name))
    }
}
