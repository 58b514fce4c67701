//! What may stand in a scenario file and on the command line, and what to say of what may not.

use std::fmt;
use std::time::Duration;

use flash_policy_core::player::{
    Cause, Endpoint, InvalidSwf, Preset, Profile, Sandbox, Swf, Verdict,
};
use flash_policy_core::printable::printable_within;
use flash_policy_core::wire::{EndpointState, Fault, FaultList, ListedFault, parse_duration};
use flash_policy_fixture::server::BackendState;

use super::model::{BackendEntryState, Connect};

pub(super) type Table<T> = [(&'static str, T)];

pub(super) fn backend_states() -> Vec<(&'static str, BackendEntryState)> {
    let standing = BackendState::ALL.iter().map(|state| (state.as_str(), (*state).into()));
    standing.chain([("unknown-name", BackendEntryState::UnknownName)]).collect()
}

pub(super) fn policy_states() -> Vec<(&'static str, FaultList)> {
    let unreachable = [EndpointState::Refused, EndpointState::Dropped];
    let unreachable = unreachable.into_iter().map(|state| (state.as_str(), state.into()));
    unreachable.chain([("silent", FaultList::from_iter([Fault::Silent]))]).collect()
}

pub(super) fn profiles() -> Vec<(&'static str, Profile)> {
    Preset::ALL.iter().map(|preset| (preset.as_str(), preset.profile())).collect()
}

/// The sandboxes of SWFs without a URL.
pub(super) fn sandboxes() -> Vec<(&'static str, Sandbox)> {
    let local = Sandbox::ALL.iter().filter(|sandbox| **sandbox != Sandbox::Remote);
    local.map(|sandbox| (sandbox.as_str(), *sandbox)).collect()
}

pub(super) fn verdicts() -> Vec<(&'static str, Verdict)> {
    Verdict::ALL.iter().map(|verdict| (verdict.as_str(), *verdict)).collect()
}

pub(super) fn causes() -> Vec<(&'static str, Cause)> {
    Cause::ALL.iter().map(|cause| (cause.as_str(), *cause)).collect()
}

pub(super) fn ids<T>(table: &Table<T>) -> Vec<&'static str> {
    table.iter().map(|(id, _)| *id).collect()
}

#[cfg(feature = "schema")]
pub(super) fn one_of<T>(table: &Table<T>) -> serde_json::Value {
    serde_json::json!({ "type": "string", "enum": ids(table) })
}

/// What is wrong with a value, and what to write instead.
#[derive(Clone, Debug)]
pub struct Illegal {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Illegal {
    /// Of an error whose text is `message; expected …`.
    pub(super) fn of(error: impl fmt::Display) -> Self {
        let text = error.to_string();
        let (message, help) = match text.rsplit_once("; expected ") {
            Some((message, expected)) => (message, Some(format!("expected {expected}"))),
            None => (text.as_str(), None),
        };
        Self { message: printable_within(message, 300), help }
    }
}

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// What the table has by the id that is written; `what` is what all of it is.
pub(super) fn id<T: Clone>(written: &str, what: &str, table: &Table<T>) -> Result<T, Illegal> {
    let found = table.iter().find(|(id, _)| *id == written).map(|(_, value)| value.clone());
    found.ok_or_else(|| Illegal {
        message: format!("`{}` is no {what}", shown(written)),
        help: Some(suggest(written, ids(table))),
    })
}

/// Reads the id of a player.
pub fn profile(written: &str) -> Result<Profile, Illegal> {
    id(written, "profile", &profiles())
}

/// The URL of a SWF, or `sandbox:` and the id of one.
pub fn swf(written: &str) -> Result<Swf, Illegal> {
    match written.strip_prefix("sandbox:") {
        Some(id) => self::id(id, "sandbox", &sandboxes()).map(Swf::from),
        None => written.parse().map_err(|error: InvalidSwf| Illegal::of(error)),
    }
}

/// Reads an entry of a list of faults, with its value.
pub fn fault(written: &str) -> Result<ListedFault, Illegal> {
    let id = |form: &str| form.split('=').next().unwrap_or_default().to_owned();
    let help = match ListedFault::forms().find(|form| id(form) == id(written)) {
        Some(form) if form.contains('=') == written.contains('=') => {
            return written.parse().map_err(Illegal::of);
        }
        Some(form) => format!("write `{form}`"),
        None => {
            let ids: Vec<_> = ListedFault::forms().map(id).collect();
            suggest(&id(written), ids.iter().map(String::as_str))
        }
    };
    Err(Illegal { message: format!("`{}` is no fault", shown(written)), help: Some(help) })
}

/// Reads a duration such as `500ms`, `4s` or `2m`.
pub fn duration(written: &str) -> Result<Duration, Illegal> {
    parse_duration(written).map_err(|_| Illegal {
        message: format!("`{}` is no duration", shown(written)),
        help: Some("expected one such as 500ms, 4s or 2m".to_owned()),
    })
}

/// A HOST:PORT whose port may be out of range, for what a player makes of that is a question too.
pub fn connect(written: &str) -> Result<Connect, Illegal> {
    let parse = || {
        let (host, port) = written.rsplit_once(':')?;
        // But the host is as in any endpoint.
        format!("{host}:0").parse::<Endpoint>().ok()?;
        let port = port.parse().ok().filter(|number: &i64| number.to_string() == port)?;
        Some(Connect { host: host.to_owned(), port })
    };
    parse().ok_or_else(|| Illegal {
        message: format!("`{}` is not HOST:PORT", shown(written)),
        help: Some("expected one such as game.example.com:5000 or [::1]:843".to_owned()),
    })
}

/// What is to be said of `written`, which is none of these: the nearest, or all of them.
pub fn suggest<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>) -> String {
    let legal: Vec<&str> = legal.into_iter().collect();
    match nearest(written, &legal) {
        Some(near) => format!("did you mean `{near}`?"),
        None if legal.is_empty() => "there is none".to_owned(),
        None => {
            let quoted: Vec<String> = legal.iter().map(|id| format!("`{id}`")).collect();
            format!(
                "expected {}{}",
                if quoted.len() > 1 { "one of " } else { "" },
                quoted.join(", ")
            )
        }
    }
}

/// What takes the fewest typing errors to become `written`, if they are few for its length.
pub fn nearest<'a>(written: &str, legal: &[&'a str]) -> Option<&'a str> {
    let written = written.to_ascii_lowercase();
    let near = legal.iter().filter_map(|id| {
        let few = id.len() / 3;
        // Each byte of difference in length is an error, and need not be searched for.
        let near = id.len().abs_diff(written.len()) <= few;
        let errors =
            near.then(|| strsim::damerau_levenshtein(&id.to_ascii_lowercase(), &written))?;
        (errors <= few).then_some((errors, *id))
    });
    near.min_by_key(|(errors, _)| *errors).map(|(_, id)| id)
}

/// Returns what was written, short enough to be shown.
pub(super) fn shown(written: &str) -> String {
    printable_within(written, 80)
}
