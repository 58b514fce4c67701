//! What may stand in a scenario file and on the command line, and what to say of what may not.

use std::fmt;
use std::time::Duration;

use super::model::{BackendState, Connect};
use crate::player::{Cause, Endpoint, PlayerEvent, Profile, Sandbox, Swf, Verdict};
use crate::rules::visible;
use crate::wire::Fault;

pub(super) type Table<T> = [(&'static str, T)];

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

pub(super) const PROFILES: &Table<fn() -> Profile> =
    &[("flash-10", Profile::flash_10), ("flash-9-124", Profile::flash_9_124), ("strict", Profile::strict)];

/// A SWF without a URL runs in one of these.
pub(super) const SANDBOXES: &Table<Sandbox> = &[
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

/// What is wrong with a value, and what to write instead.
pub(crate) struct Illegal {
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
        Self { message: harmless(message, 300), help }
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

pub(crate) fn profile(written: &str) -> Result<Profile, Illegal> {
    id(written, "profile", PROFILES).map(|profile| profile())
}

/// The URL of a SWF, or `sandbox:` and the id of one.
pub(crate) fn swf(written: &str) -> Result<Swf, Illegal> {
    match written.strip_prefix("sandbox:") {
        Some(id) => self::id(id, "sandbox", SANDBOXES).map(Swf::from),
        None => written.parse().map_err(|error: crate::player::InvalidSwf| Illegal::of(error)),
    }
}

/// A fault by its id, with its value.
pub(crate) fn fault(written: &str) -> Result<Fault, Illegal> {
    let id = |form: &'_ str| form.split('=').next().unwrap_or_default().to_owned();
    let forms = || crate::wire::fault::IDS.iter().copied();
    let help = match forms().find(|form| id(form) == id(written)) {
        Some(form) if form.contains('=') == written.contains('=') => return written.parse().map_err(Illegal::of),
        Some(form) => format!("write `{form}`"),
        None => {
            let ids: Vec<_> = forms().map(id).collect();
            suggest(&id(written), ids.iter().map(String::as_str))
        }
    };
    Err(Illegal { message: format!("`{}` is no fault", shown(written)), help: Some(help) })
}

/// A duration, spelt as in a fault.
pub(crate) fn duration(written: &str) -> Result<Duration, Illegal> {
    match format!("delay={written}").parse() {
        Ok(Fault::Delay(duration)) => Ok(duration),
        _ => Err(Illegal {
            message: format!("`{}` is no duration", shown(written)),
            help: Some("expected one such as 500ms, 4s or 2m".to_owned()),
        }),
    }
}

/// A HOST:PORT whose port may be out of range, for what a player makes of that is a question too.
pub(crate) fn connect(written: &str) -> Result<Connect, Illegal> {
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
pub(crate) fn suggest<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>) -> String {
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
pub(crate) fn harmless(written: &str, limit: usize) -> String {
    let cut = if written.chars().nth(limit).is_some() { "…" } else { "" };
    written.chars().take(limit).map(visible).chain([cut.to_owned()]).collect()
}
