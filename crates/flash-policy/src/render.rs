//! Renders reports. Each format is a pure function from a report to text: no I/O.
//!
//! The text is always parseable, and its only control characters are the ends of its lines,
//! whatever documents, file names or reasons contain. So no input can control a terminal or a CI
//! system.
//!
//! To add a format, write its renderer and add it to [`Format`].

mod entry;
mod github;
mod human;
mod json;
mod junit;
pub(crate) mod nagios;
mod sarif;
mod subject;
mod tap;

use anstyle::{AnsiColor, Style as AnsiStyle};
use flash_policy_core::ids;

pub(crate) use human::{error, fixes, server_notes};
pub(crate) use json::{json, json_line};

use crate::report::Report;

ids! {
    /// The formats of reports.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Format {
        /// Text for people.
        Human = "human",
        /// JSON, as `flash-policy/report@2`.
        Json = "json",
        /// JUnit XML.
        Junit = "junit",
        /// SARIF 2.1.0.
        Sarif = "sarif",
        /// Workflow commands of GitHub Actions.
        Github = "github",
        /// TAP 13.
        Tap = "tap",
    }
}

impl Format {
    /// Renders a report in this format.
    pub(crate) fn render(self, report: &Report, style: &Style) -> String {
        match self {
            Self::Human => human::human(report, style),
            Self::Json => json::json(report),
            Self::Junit => junit::junit(report),
            Self::Sarif => sarif::sarif(report),
            Self::Github => github::github(report),
            Self::Tap => tap::tap(report),
        }
    }
}

/// The style of text for people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) colour: bool,
}

impl Style {
    pub(crate) const PLAIN: Self = Self { colour: false };

    fn good(self, text: &str) -> String {
        self.paint(text, AnsiColor::Green.on_default().bold())
    }

    fn bad(self, text: &str) -> String {
        self.paint(text, AnsiColor::Red.on_default().bold())
    }

    fn note(self, text: &str) -> String {
        self.paint(text, AnsiColor::Yellow.on_default().bold())
    }

    fn heading(self, text: &str) -> String {
        self.paint(text, AnsiStyle::new().bold())
    }

    fn paint(self, text: &str, style: AnsiStyle) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Returns the path relative to the repository, as code hosts expect it.
fn repository_path(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}
