//! The probe as a plugin of Nagios and its kin: one line, figures behind a bar, and their exit codes.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use flash_policy_core::diagnostics::Severity;
use flash_policy_core::player::{Asked, Grantor};
use flash_policy_core::printable::printable;

use super::addresses::{self, Family};
use super::{Probed, attempts};
use crate::args::Probe;

/// How a plugin ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NagiosState {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

/// Probes, tells it in a line, and ends so.
pub(crate) fn main(probe: &Probe) -> ExitCode {
    match addresses::ways(probe).and_then(|ways| attempts(probe, &ways)) {
        Ok(probed) => {
            let told: Vec<_> = probed.iter().map(|probed| judge(probed, probe.warning)).collect();
            let state = told.iter().map(|(state, _)| *state).max().unwrap_or(NagiosState::Unknown);
            let texts: Vec<_> = told.into_iter().map(|(_, text)| text).collect();
            let figures: Vec<_> =
                probed.iter().flat_map(|probed| figures(probed, probe.warning)).collect();
            tell(state, &texts.join("; "), &figures)
        }
        Err(failure) => unknown(&failure.message),
    }
}

/// Whether the arguments ask for this mode, even where something else is wrong with them.
pub(crate) fn is_asked_for(arguments: &[OsString]) -> bool {
    let mut options = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    arguments.iter().any(|argument| argument == "probe")
        && options.any(|argument| argument == "--nagios")
}

/// Nothing can be said of the server.
pub(crate) fn unknown(message: &str) -> ExitCode {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    // Behind what is wrong the parser of arguments says how it is called.
    tell(NagiosState::Unknown, message.split("\n\nUsage:").next().unwrap_or_default(), &[])
}

fn judge(probed: &Probed, warning: Duration) -> (NagiosState, String) {
    let outcome = &probed.outcome;
    let name = probed.name();
    if !probed.is_permitted() {
        let host = outcome.target().host();
        let resolver = probed
            .unresolved
            .as_ref()
            .map_or(String::new(), |said| format!("; {host} does not resolve: {said}"));
        return (
            NagiosState::Critical,
            format!("{name}: {}: {}{resolver}", outcome.verdict(), outcome.cause()),
        );
    }
    let Some(Grantor::Policy(by)) = outcome.granted_by() else {
        return (NagiosState::Ok, format!("{name}: permitted by the sandbox"));
    };
    let granting = outcome.asked().iter().find(|asked| asked.endpoint() == by);
    let took = granting.map_or(Duration::ZERO, Asked::took);
    // What the answer itself has to be blamed for; that another location refuses, as 843 may, is no fault of it.
    let worst = granting.into_iter().flat_map(Asked::diagnostics).max_by_key(|met| met.severity());
    let remark = worst.filter(|met| met.severity() >= Severity::Warning);
    let mut remarks: Vec<_> = remark.map(ToString::to_string).into_iter().collect();
    // Each player waits for the whole of it: for a silent 843 before this answer, and for the game behind it.
    let decided = outcome.decided_at();
    if decided >= warning && took < warning {
        remarks.push(format!("only after {} ms in all", decided.as_millis()));
    }
    let state =
        if took >= warning || !remarks.is_empty() { NagiosState::Warning } else { NagiosState::Ok };
    let remarks: String = remarks.iter().map(|remark| format!(", but {remark}")).collect();
    (state, format!("{name}: permitted by {by} in {} ms{remarks}", took.as_millis()))
}

/// How long each policy took, with the limits, and when all was decided.
fn figures(probed: &Probed, warning: Duration) -> Vec<String> {
    let family = probed
        .address
        .map_or(String::new(), |address| format!("_{}", Family::of(address)).to_ascii_lowercase());
    // In whole milliseconds, as the text has it.
    let seconds = |time: Duration| format!("{}.{:03}", time.as_secs(), time.subsec_millis());
    let heard = probed.outcome.asked().iter().filter(|asked| super::text::is_heard(asked));
    let mut figures: Vec<_> = heard
        .map(|asked| {
            let (label, took) =
                (format!("policy_{}{family}", asked.endpoint().port()), seconds(asked.took()));
            let budget = probed.waits_for(asked).map_or(String::new(), seconds);
            format!("{label}={took}s;{};{budget};0", seconds(warning))
        })
        .collect();
    figures.push(format!(
        "decided{family}={}s;{};;0",
        seconds(probed.outcome.decided_at()),
        seconds(warning)
    ));
    figures
}

/// One line, whatever stands in the text: a bar in it would begin the figures.
fn tell(state: NagiosState, text: &str, figures: &[String]) -> ExitCode {
    let name = format!("{state:?}").to_ascii_uppercase();
    let text = printable(text.split_whitespace().collect::<Vec<_>>().join(" ")).replace('|', "/");
    let mut line = format!("FLASH_POLICY {name} - {text}");
    if !figures.is_empty() {
        let _ = write!(line, " | {}", figures.join(" "));
    }
    // Where nobody reads it, the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{line}");
    ExitCode::from(state as u8)
}
