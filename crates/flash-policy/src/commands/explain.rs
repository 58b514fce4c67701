//! `flash-policy explain`: explains rules, causes and conformance checks.

use crate::failure::Failure;
use crate::reference;
use crate::report::{CommandResult, ExplainResult, Report};

/// Explains the topics with this name, or lists all topics.
pub(crate) fn run(name: Option<&str>) -> Result<Report, Failure> {
    let topics = match name.map(str::trim) {
        None => reference::list(),
        Some(name) => {
            let found = reference::topics(name);
            if found.is_empty() {
                return Err(Failure::usage(unknown(name)));
            }
            found
        }
    };
    Ok(Report::new(CommandResult::Explain(ExplainResult { topics }), Vec::new()))
}

fn unknown(name: &str) -> String {
    let nearest = reference::nearest(name).map(|near| format!("did you mean {near}? "));
    let nearest = nearest.unwrap_or_default();
    format!("no rule or cause is called {name:?}; {nearest}`flash-policy explain` lists all")
}
