//! Parsers of the values that scenario files and the command line share.
//!
//! Each parser takes a value as it is written. Its error, [`InvalidValue`], is text for people: it
//! says what is wrong and what to write instead. [`suggest`] and [`nearest`] find the "did you
//! mean" of any misspelt word. The module does not know where a value is written; the callers add
//! the place.

use std::fmt;
use std::time::Duration;

use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_core::player::{
    Cause, Endpoint, InvalidEndpoint, InvalidSwf, Preset, Profile, Sandbox, Swf, Verdict,
};
use flash_policy_core::printable::printable_within;
pub use flash_policy_core::spelling::nearest;
use flash_policy_core::wire::{
    EndpointState, Fault, FaultList, InvalidFault, ListedFault, parse_duration,
};
use flash_policy_fixture::server::BackendState;

use super::model::{BackendEntryState, Connect};

/// Parses the id of a player, such as `flash-10`.
///
/// # Errors
///
/// Returns an error if there is no such player. It suggests the nearest id.
pub fn profile(written: &str) -> Result<Profile, InvalidValue> {
    find_id(written, "profile", &profiles())
}

/// Parses a SWF: its URL, or `sandbox:` and the id of a sandbox such as `local-trusted`.
///
/// # Errors
///
/// Returns an error if the text is neither.
pub fn swf(written: &str) -> Result<Swf, InvalidValue> {
    match written.strip_prefix("sandbox:") {
        Some(id) => find_id(id, "sandbox", &sandboxes()).map(Swf::from),
        None if is_local(written) => Err(InvalidValue {
            message: format!("`{}` is the URL of a local SWF", shortened(written)),
            help: Some(
                "its sandbox depends on how it was published: give sandbox:local-trusted, \
                 sandbox:local-with-networking or sandbox:local-with-file instead"
                    .to_owned(),
            ),
        }),
        None => written.parse::<Swf>().map_err(InvalidValue::from),
    }
}

/// Returns whether this is the URL of a file.
fn is_local(written: &str) -> bool {
    written.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("file"))
}

/// Parses an entry of a list of faults, with its value if it has one, such as `delay=500ms`.
///
/// # Errors
///
/// Returns an error if there is no such fault, or if its value is missing or wrong.
pub fn fault(written: &str) -> Result<ListedFault, InvalidValue> {
    let id = |form: &str| form.split('=').next().unwrap_or_default().to_owned();
    let help = match ListedFault::forms().find(|form| id(form) == id(written)) {
        Some(form) if form.contains('=') == written.contains('=') => {
            return written.parse::<ListedFault>().map_err(InvalidValue::from);
        }
        Some(form) => format!("write `{form}`"),
        None => {
            let ids: Vec<_> = ListedFault::forms().map(id).collect();
            suggest(&id(written), ids.iter().map(String::as_str))
        }
    };
    Err(InvalidValue {
        message: format!("`{}` is not a fault", shortened(written)),
        help: Some(help),
    })
}

/// Parses a duration such as `500ms`, `4s` or `2m`.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_scenario::values;
///
/// assert_eq!(values::duration("4s").unwrap(), Duration::from_secs(4));
/// let error = values::duration("soon").unwrap_err();
/// assert_eq!(error.to_string(), "`soon` is not a duration; expected one such as 500ms, 4s or 2m");
/// ```
///
/// # Errors
///
/// Returns an error if the text is not a duration.
pub fn duration(written: &str) -> Result<Duration, InvalidValue> {
    parse_duration(written).map_err(|_| InvalidValue {
        message: format!("`{}` is not a duration", shortened(written)),
        help: Some("expected one such as 500ms, 4s or 2m".to_owned()),
    })
}

/// Parses a `HOST:PORT`. The port may be out of range, so that a test can ask what the player does
/// then.
///
/// # Errors
///
/// Returns an error if the host is not that of an [`Endpoint`], or if the port is not a whole
/// number in plain notation.
pub fn connect(written: &str) -> Result<Connect, InvalidValue> {
    let parse = || {
        let (host, port) = written.rsplit_once(':')?;
        // Only the port may be out of range: the host follows the rules of any endpoint.
        format!("{host}:0").parse::<Endpoint>().ok()?;
        let port = port.parse().ok().filter(|number: &i64| number.to_string() == port)?;
        Some(Connect { host: host.to_owned(), port })
    };
    parse().ok_or_else(|| InvalidValue {
        message: format!("`{}` is not HOST:PORT", shortened(written)),
        help: Some("expected one such as game.example.com:5000 or [::1]:843".to_owned()),
    })
}

/// Returns the advice for a word that is none of the `known` ones: the nearest of them, or all.
///
/// ```
/// use flash_policy_scenario::values::suggest;
///
/// assert_eq!(suggest("permited", ["permitted", "denied"]), "did you mean `permitted`?");
/// assert_eq!(suggest("yes", ["permitted", "denied"]), "expected one of `permitted`, `denied`");
/// ```
pub fn suggest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(nearest) = nearest(written, &known) {
        return format!("did you mean `{nearest}`?");
    }
    let quoted: Vec<String> = known.iter().map(|id| format!("`{id}`")).collect();
    match quoted.as_slice() {
        [] => "there is none".to_owned(),
        [only] => format!("expected {only}"),
        all => format!("expected one of {}", all.join(", ")),
    }
}

/// The error of a value that is not valid: what is wrong with it, and what to write instead.
#[derive(Clone, Debug)]
pub struct InvalidValue {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl From<InvalidSwf> for InvalidValue {
    fn from(error: InvalidSwf) -> Self {
        let help = Some(format!("expected {}", error.expected()));
        Self { message: printable_within(&error.problem(), 300), help }
    }
}

impl From<InvalidEndpoint> for InvalidValue {
    fn from(error: InvalidEndpoint) -> Self {
        let help = Some(format!("expected {}", error.expected()));
        Self { message: printable_within(&error.problem(), 300), help }
    }
}

impl From<InvalidFault> for InvalidValue {
    fn from(error: InvalidFault) -> Self {
        Self { message: printable_within(&error.to_string(), 300), help: None }
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for InvalidValue {}

/// Values by their ids.
pub(super) type Table<T> = [(&'static str, T)];

pub(super) fn backend_states() -> Vec<(&'static str, BackendEntryState)> {
    let present = BackendState::ALL.iter().map(|state| (state.as_str(), (*state).into()));
    present.chain([("unknown-name", BackendEntryState::UnknownName)]).collect()
}

pub(super) fn policy_states() -> Vec<(&'static str, FaultList)> {
    let unreachable = [EndpointState::Refused, EndpointState::Dropped];
    let unreachable = unreachable.into_iter().map(|state| (state.as_str(), state.into()));
    unreachable.chain([("silent", FaultList::from_iter([Fault::Silent]))]).collect()
}

pub(super) fn profiles() -> Vec<(&'static str, Profile)> {
    Preset::ALL.iter().map(|preset| (preset.as_str(), preset.profile())).collect()
}

/// Returns the sandboxes of SWFs without a URL.
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

/// Returns the JSON schema of a string that is one of a table's ids.
#[cfg(feature = "schema")]
pub(super) fn one_of<T>(table: &Table<T>) -> serde_json::Value {
    serde_json::json!({ "type": "string", "enum": ids(table) })
}

/// Returns the value of a table that has the id `written`. `what` names the kind of value in the
/// error.
pub(super) fn find_id<T: Clone>(
    written: &str,
    what: &str,
    table: &Table<T>,
) -> Result<T, InvalidValue> {
    let found = table.iter().find(|(id, _)| *id == written).map(|(_, value)| value.clone());
    found.ok_or_else(|| InvalidValue {
        message: format!("`{}` is not a known {what}", shortened(written)),
        help: Some(suggest(written, ids(table))),
    })
}

/// Returns at most 80 characters of what was written, safe to print.
pub(super) fn shortened(written: &str) -> String {
    printable_within(written, 80)
}

/// Returns the rule with this id, with or without `FSP-`. ASCII case does not matter.
///
/// # Errors
///
/// Returns the id of a rule with a similar id or name, if there is one.
pub fn find_rule(id: &str) -> Result<&'static Rule, Option<&'static str>> {
    rules::named(id).ok_or_else(|| {
        let ids: Vec<_> = rules::ALL.iter().map(Rule::id).collect();
        let names: Vec<_> = rules::ALL.iter().map(Rule::name).collect();
        let of_name = |name: &str| rules::ALL.iter().find(|rule| rule.name() == name);
        let near = nearest(id, &ids).or_else(|| nearest(&format!("FSP-{id}"), &ids));
        near.or_else(|| Some(of_name(nearest(id, &names)?)?.id()))
    })
}
