//! Renders errors for people.

use std::fmt::Write;

use flash_policy_core::diagnostics::Severity;
use flash_policy_core::printable::printable;
use flash_policy_core::source_text::ShownLine;
use flash_policy_scenario::excerpt::Excerpt;

use super::{excerpt, server_output};
use crate::render::Style;
use crate::report::ReportedError;

/// Renders an error for stderr, without a line end after the last line.
pub(crate) fn error(error: &ReportedError, style: &Style) -> String {
    if let Some(place) = &error.place {
        let shown = Excerpt {
            severity: Severity::Error,
            id: None,
            message: &error.message,
            help: error.help.as_deref(),
            path: &place.file,
            line: place.source.as_ref().map(ShownLine::from),
        };
        return excerpt(shown, style);
    }
    let mut text = format!("{} {}", style.bad("error:"), printable(&error.message));
    for detail in &error.details {
        let _ = write!(text, "\n  {}", printable(detail));
    }
    if let Some(output) = &error.output {
        let output = server_output(output);
        if !output.is_empty() {
            let _ = write!(text, "\n{}", output.trim_end());
        }
    }
    if let Some(help) = &error.help {
        let _ = write!(text, "\n  help: {}", printable(help));
    }
    text
}
