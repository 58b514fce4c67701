//! Options that several subcommands share, and helps that list the values of an option.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use flash_policy_conformance::CheckId;
use flash_policy_core::diagnostics::Rule;
use flash_policy_core::player::{Preset, Profile};
use flash_policy_scenario::values;

use super::parsers::{FailOn, check_id, known_rule, scenario_value};
use crate::render::Format;

/// The player that connects to a live server.
#[derive(ClapArgs)]
pub(crate) struct PlayerOptions {
    /// URL that the SWF passes to Security.loadPolicyFile before it connects, as in
    /// xmlsocket://game.example.com:10843; repeat for more calls
    #[arg(long, value_name = "URL")]
    pub(crate) load_policy_file: Vec<String>,

    #[command(flatten)]
    pub(crate) simulated: SimulatedPlayer,
}

/// The player whose rules decide.
#[derive(ClapArgs)]
pub(crate) struct SimulatedPlayer {
    #[arg(
        long,
        help = profile_help(),
        value_name = "PROFILE",
        default_value = "flash-10",
        value_parser = scenario_value(values::profile),
    )]
    pub(crate) profile: Profile,
}

/// The conformance checks to make.
#[derive(ClapArgs)]
pub(crate) struct TortureOptions {
    #[arg(
        long,
        help = "Also run the conformance checks; AT is the location, if it is not the one that \
            answers: a port, or for run the NAME of a --port",
        value_name = "AT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
    )]
    pub(crate) torture: Option<String>,

    /// Make only these conformance checks, as in leaks,idle; flash-policy explain lists them
    #[arg(
        long,
        value_name = "ID,…",
        value_delimiter = ',',
        requires = "torture",
        value_parser = check_id,
    )]
    pub(crate) check: Vec<CheckId>,
}

impl TortureOptions {
    /// Returns the location that is named, if one is.
    pub(crate) fn named(&self) -> Option<&str> {
        self.torture.as_deref().filter(|named| !named.is_empty())
    }
}

/// The findings that make a command with a live server fail.
#[derive(ClapArgs)]
pub(crate) struct FailOptions {
    /// Exit with 1 on findings of this severity or higher: diagnostics of the servers' answers and
    /// conformance checks, of which a failed one is an error and a tolerated one a warning
    /// [default: error]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(crate) exceptions: ExceptionOptions,
}

/// The findings that do not make a command fail.
#[derive(ClapArgs)]
pub(crate) struct ExceptionOptions {
    /// Do not fail because of this rule, as in FSP-T04; repeat for more rules
    #[arg(long, value_name = "ID", value_parser = known_rule)]
    pub(crate) allow: Vec<&'static Rule>,

    /// Ignore diagnostics that are already in this report, from an earlier --format json of the
    /// same command or of check
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}

/// Returns the help of `--profile`.
fn profile_help() -> String {
    format!("Player to simulate: {}", list(Preset::IDS))
}

/// Returns the help of `--format`.
pub(super) fn format_help() -> String {
    format!(
        "Report format: {}; add =PATH to write it to a file, as in junit=report.xml; repeat for \
         more formats [default: human]",
        list(Format::IDS)
    )
}

/// Returns words as a list with an "or" before the last one.
pub(crate) fn list(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}
