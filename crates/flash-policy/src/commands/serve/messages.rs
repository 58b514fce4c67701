//! The lines of JSON that `serve` reads and writes. Their schema is generated from these types.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flash_policy_core::printable::printable_within;
use flash_policy_fixture::server::{BackendState, Exchange, ExchangeEnd};
use flash_policy_scenario::values::suggest;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// One line of JSON. Stdout has endpoints, connections and answers; stdin has commands.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "flash-policy serve", rename = "Line")]
#[serde(untagged)]
pub(crate) enum Line {
    Endpoints(Endpoints),
    Connection(ServedConnection),
    Answer(Answer),
    #[expect(dead_code, reason = "it is read, and not written; the schema has it")]
    Command(ServeCommand),
}

/// The first line, which is written when both servers listen.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Endpoints {
    pub(super) endpoints: Addresses,
}

/// The addresses of the servers, as `IP:PORT`. With --in-band, both are the same.
#[derive(Serialize, JsonSchema)]
pub(super) struct Addresses {
    pub(super) policy: String,
    pub(super) backend: String,
}

/// A closed connection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub(crate) struct ServedConnection {
    pub(super) endpoint: Role,
    /// The address of the peer, as `IP:PORT`.
    pub(super) peer: String,
    /// The first MiB that the peer sent, in base64.
    #[schemars(extend("contentEncoding" = "base64"))]
    pub(super) received: String,
    /// The first MiB that the server sent, in base64.
    #[schemars(extend("contentEncoding" = "base64"))]
    pub(super) sent: String,
    /// The end of the connection.
    #[schemars(extend("enum" = end_ids()))]
    pub(super) ended: String,
    /// The number of bytes that `received` and `sent` leave out; absent if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) left_out: usize,
}

/// The server of a connection. With --in-band, it is `policy` if the connection began with a policy
/// request.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    Policy,
    Backend,
}

/// The answer to a command.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    /// The command itself: all of it was applied.
    Ok(#[schemars(with = "ServeCommand")] Value),
    /// An error: nothing of the command was applied.
    Error(String),
}

/// A command. It is applied as a whole, or not at all if anything in it is wrong.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Command", extend("minProperties" = 1))]
#[serde(deny_unknown_fields)]
pub(crate) struct ServeCommand {
    /// The state of the backend.
    #[serde(default, deserialize_with = "backend_state", skip_serializing)]
    #[schemars(with = "String", extend("enum" = BackendState::IDS))]
    pub(super) backend: Option<BackendState>,
    /// The state of the policy server.
    #[serde(default, deserialize_with = "non_null", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PolicyState")]
    pub(super) policy: Option<PolicyState>,
    /// The faults of the next connection, the one after it, and so on; the last one repeats.
    #[serde(default, deserialize_with = "non_null", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>", extend("maxItems" = MAX_FAULTS))]
    pub(super) faults: Option<Vec<String>>,
    /// The document to serve from the next connection on.
    #[serde(default, deserialize_with = "non_null", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) document: Option<String>,
    /// The file with the document to serve from the next connection on.
    #[serde(default, deserialize_with = "non_null", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) file: Option<PathBuf>,
    /// Any value. The answer comes when every connection that was closed before has its line.
    #[serde(default, deserialize_with = "non_null", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Value")]
    pub(super) sync: Option<Value>,
}

/// The most faults in a list. Each fault has its own copy of the document.
pub(super) const MAX_FAULTS: usize = 256;

/// The states of the policy server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum PolicyState {
    /// It answers, as its faults say
    Up,
    /// It refuses
    Down,
    /// It never answers the SYN
    Firewalled,
    /// It accepts but sends nothing
    Silent,
}

impl Line {
    pub(super) fn endpoints(policy: String, backend: String) -> Self {
        Self::Endpoints(Endpoints { endpoints: Addresses { policy, backend } })
    }
}

impl ServedConnection {
    pub(super) fn of(endpoint: Role, exchange: &Exchange) -> Self {
        Self {
            endpoint,
            peer: exchange.peer().to_string(),
            received: STANDARD.encode(exchange.received()),
            sent: STANDARD.encode(exchange.sent()),
            ended: exchange.ended().to_string(),
            left_out: exchange.left_out(),
        }
    }
}

impl ServeCommand {
    /// Parses a line. Returns the command, and the line as the answer repeats it. An error is one
    /// line.
    pub(super) fn read(line: &str) -> Result<(Self, Value), String> {
        let written = serde_json::from_str(line).map_err(|error| {
            let said = without_place(&error);
            format!("at column {} this is no JSON: {said}; {EXPECTED}", error.column())
        })?;
        match written {
            Value::Object(written) if !written.is_empty() => {
                let command =
                    serde_json::from_str(line).map_err(|error| explain(&error, &written))?;
                Ok((command, written.into()))
            }
            _ => Err(format!("nothing is to be done; {EXPECTED}")),
        }
    }
}

/// Returns the JSON schema of the lines.
pub(crate) fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.into_generator().into_root_schema_for::<Line>().into()
}

const EXPECTED: &str = r#"expected a JSON object on one line, such as {"backend": "down"}"#;

/// Returns the error in terms of the line, with the wrong key if it is known.
fn explain(error: &serde_json::Error, written: &Map<String, Value>) -> String {
    let wrong = written.iter().find_map(|(key, value)| {
        let alone = Value::Object([(key.clone(), value.clone())].into_iter().collect());
        serde_json::from_value::<ServeCommand>(alone)
            .err()
            .map(|error| (key, without_place(&error)))
    });
    let text = match wrong {
        Some((key, said)) if !said.starts_with("unknown field ") => {
            format!("`{key}`: {}", reworded(&said))
        }
        Some((_, said)) => reworded(&said),
        None => without_place(error)
            .replace("duplicate field", "a key stands there once, and not twice:"),
    };
    printable_within(&text, 500)
}

/// Returns the message of the parser, without line and column.
fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rsplit_once(" at line ").map_or(said.clone(), |(said, _)| said.to_owned())
}

fn reworded(said: &str) -> String {
    for (begin, what) in [("unknown field `", "key"), ("unknown variant `", "value")] {
        if let Some((written, legal)) =
            said.strip_prefix(begin).and_then(|rest| rest.rsplit_once("`, expected "))
        {
            let advice = suggest(written, legal.split('`').skip(1).step_by(2));
            return format!("unknown {what} `{}`; {advice}", printable_within(written, 80));
        }
    }
    match said.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((found, "a sequence")) => format!("expected a list, found {found}"),
        // If a state is written as an object, the type that serde reports is not the one in the
        // line.
        Some((_, "unit")) => "expected a string".to_owned(),
        Some((found, _)) => format!("expected a string, found {found}"),
        None => said.to_owned(),
    }
}

/// Deserializes a key that is present. Unlike `Option`, it rejects null.
fn non_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

fn backend_state<'de, D: Deserializer<'de>>(value: D) -> Result<Option<BackendState>, D::Error> {
    let written = String::deserialize(value)?;
    let unknown = |_| serde::de::Error::unknown_variant(&written, BackendState::IDS);
    written.parse().map(Some).map_err(unknown)
}

fn end_ids() -> Vec<&'static str> {
    let ends = ExchangeEnd::ALL.iter().filter(|end| **end != ExchangeEnd::Open);
    ends.map(|end| end.as_str()).collect()
}

fn is_zero(bytes: &usize) -> bool {
    *bytes == 0
}
