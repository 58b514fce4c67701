//! `flash-policy explain`: explains rules, causes, checks, and the words that people see.

use crate::failure::Failure;
use crate::reference;
use crate::report::{CommandResult, ExplainResult, Report};

/// Explains the topics with this name, or lists all topics.
pub(crate) fn run(words: &[String]) -> Result<Report, Failure> {
    let name = words.join(" ");
    let topics = if name.trim().is_empty() { reference::list() } else { reference::topics(&name) };
    if topics.is_empty() {
        return Err(Failure::usage(unknown(name.trim())));
    }
    Ok(Report::new(CommandResult::Explain(ExplainResult { topics }), Vec::new()))
}

fn unknown(name: &str) -> String {
    let nearest = reference::nearest(name).map(|near| format!("did you mean {near}? "));
    let nearest = nearest.unwrap_or_default();
    format!("nothing is called {name:?}; {nearest}`flash-policy explain` lists all topics")
}
