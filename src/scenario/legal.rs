//! The ids that may stand in a scenario file, and which of them is near to one that may not.

use crate::player::{Cause, PlayerEvent, Profile, Sandbox, Verdict};
use crate::rules::visible;
use crate::wire::Fault;

/// What a backend does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BackendState {
    Up,
    Down,
    Firewalled,
    Silent,
    Closes,
    UnknownName,
}

pub(crate) type Table<T> = [(&'static str, T)];

pub(super) const BACKEND_STATES: &Table<BackendState> = &[
    ("up", BackendState::Up),
    ("down", BackendState::Down),
    ("firewalled", BackendState::Firewalled),
    ("silent", BackendState::Silent),
    ("closes", BackendState::Closes),
    ("unknown-name", BackendState::UnknownName),
];

pub(super) const POLICY_STATES: [(&str, Fault); 3] =
    [("refused", Fault::Refused), ("dropped", Fault::Dropped), ("silent", Fault::Silent)];

pub(crate) const PROFILES: &Table<fn() -> Profile> =
    &[("flash-10", Profile::flash_10), ("flash-9-124", Profile::flash_9_124), ("strict", Profile::strict)];

/// A SWF without a URL runs in one of these.
pub(crate) const SANDBOXES: &Table<Sandbox> = &[
    ("local-with-file", Sandbox::LocalWithFile),
    ("local-with-networking", Sandbox::LocalWithNetworking),
    ("local-trusted", Sandbox::LocalTrusted),
    ("air-application", Sandbox::AirApplication),
];

/// What a SWF is told of a socket (rulebook E).
pub(super) const EVENTS: &Table<PlayerEvent> = &[
    ("connect", PlayerEvent::Connect),
    ("securityError#2048", PlayerEvent::SecurityError(2048)),
    ("ioError#2031", PlayerEvent::IoError(2031)),
    ("throw#2003", PlayerEvent::Throw(2003)),
    ("throw#2010", PlayerEvent::Throw(2010)),
    ("throw#2146", PlayerEvent::Throw(2146)),
];

pub(super) fn verdicts() -> Vec<(&'static str, Verdict)> {
    Verdict::ALL.iter().map(|verdict| (verdict.as_str(), *verdict)).collect()
}

pub(super) fn causes() -> Vec<(&'static str, Cause)> {
    Cause::ALL.iter().map(|cause| (cause.as_str(), *cause)).collect()
}

pub(super) fn ids<T>(table: &Table<T>) -> Vec<&'static str> {
    table.iter().map(|(id, _)| *id).collect()
}

#[cfg(feature = "cli")]
pub(super) fn one_of<T>(table: &Table<T>) -> serde_json::Value {
    serde_json::json!({ "type": "string", "enum": ids(table) })
}

/// What is to be said of `written`, which is none of these: the nearest, or all of them.
pub(super) fn suggest<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>) -> String {
    let legal: Vec<&str> = legal.into_iter().collect();
    match nearest(written, &legal) {
        Some(near) => format!("did you mean `{near}`?"),
        None if legal.is_empty() => "there is none".to_owned(),
        None => {
            let quoted: Vec<String> = legal.iter().map(|id| format!("`{id}`")).collect();
            format!("expected {}{}", if quoted.len() > 1 { "one of " } else { "" }, quoted.join(", "))
        }
    }
}

/// What takes the fewest typing errors to become `written`, if they are few for its length.
pub(crate) fn nearest<'a>(written: &str, legal: &[&'a str]) -> Option<&'a str> {
    let written = written.to_ascii_lowercase();
    let near = legal.iter().filter_map(|id| {
        let few = id.len() / 3;
        // Each byte of difference in length is an error, and need not be searched for.
        let near = id.len().abs_diff(written.len()) <= few;
        let errors = near.then(|| strsim::damerau_levenshtein(&id.to_ascii_lowercase(), &written))?;
        (errors <= few).then_some((errors, *id))
    });
    near.min_by_key(|(errors, _)| *errors).map(|(_, id)| id)
}

/// What was written, short enough to be shown.
pub(super) fn shown(written: &str) -> String {
    harmless(written, 80)
}

/// At most so many characters, and none that a terminal would obey.
pub(super) fn harmless(written: &str, limit: usize) -> String {
    let cut = if written.chars().nth(limit).is_some() { "…" } else { "" };
    written.chars().take(limit).map(visible).chain([cut.to_owned()]).collect()
}
