//! The values of options, parsed from text. It knows no files and no network.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use flash_policy_conformance::CheckId;
use flash_policy_core::diagnostics::{Rule, Severity};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::{Endpoint, MASTER_PORT};
use flash_policy_fixture::server::BackendState;
use flash_policy_scenario::Connect;
use flash_policy_scenario::values::{self, InvalidValue};

/// The lowest severity of a finding that makes the command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    /// Returns whether a finding of this severity makes the command fail.
    pub(crate) fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

/// A value of `--map`: `PORT=ADDRESS:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortMap {
    pub(crate) port: u16,
    pub(crate) to: SocketAddr,
}

impl FromStr for PortMap {
    type Err = String;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (port, to) = input.split_once('=')?;
            let to: SocketAddr = to.parse().ok()?;
            (to.port() > 0).then_some(Self { port: port.parse().ok()?, to })
        };
        parse().ok_or_else(|| {
            "expected PORT=ADDRESS:PORT, as in 843=127.0.0.1:10843 or 843=[::1]:10843".to_owned()
        })
    }
}

/// A value of `--port`, `NAME[=[HOST:]PORT]`: a port of the server and the logical port mapped to
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerPort {
    pub(crate) real: RealPort,
    /// `None` if the port is only picked.
    pub(crate) logical: Option<LogicalPort>,
}

/// A port of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RealPort {
    /// A free port, which is picked and passed to the server through this placeholder.
    Named(String),
    /// A port on which the server always listens.
    Fixed(u16),
}

/// A logical port, of one host or of any host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogicalPort {
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
}

/// A value of `--ready`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadyWhen {
    Listening,
    Accepting,
    Output(String),
    Http(String),
    After(Duration),
}

/// A value of `--env`: `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl fmt::Display for RealPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Fixed(port) => port.fmt(f),
        }
    }
}

impl FromStr for ServerPort {
    type Err = String;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        let (real, logical) = match input.split_once('=') {
            Some((real, logical)) => (real, Some(logical)),
            None => (input, None),
        };
        let is_number = !real.is_empty() && real.bytes().all(|byte| byte.is_ascii_digit());
        let real = match real.parse() {
            Ok(port) if port > 0 => RealPort::Fixed(port),
            _ if is_number => {
                return Err(format!("`{real}` is not a port; expected 1 to 65535, or a name"));
            }
            _ if real == "dir" => {
                return Err("{dir} is the server's folder; give the port another name".to_owned());
            }
            _ if is_name(real) => RealPort::Named(real.to_owned()),
            _ => {
                return Err(format!(
                    "`{real}` is not a name of a port; expected lower-case letters, digits, - and _"
                ));
            }
        };
        let logical = match (&real, logical) {
            // A number alone stands for itself.
            (RealPort::Fixed(port), None) => Some(LogicalPort { host: None, port: *port }),
            (_, logical) => logical.map(str::parse).transpose()?,
        };
        Ok(Self { real, logical })
    }
}

impl fmt::Display for LogicalPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => Endpoint::new(host, self.port).fmt(f),
            None => self.port.fmt(f),
        }
    }
}

/// The forms of an endpoint in every option, with examples.
const ENDPOINT: &str = "PORT or HOST:PORT, as in 5000, game.example.com:5000 or [2001:db8::1]:5000";

impl FromStr for LogicalPort {
    type Err = String;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        let logical = match plain_number(input) {
            Some(port) => Self { host: None, port },
            None => {
                let endpoint: Endpoint = input
                    .parse()
                    .map_err(|_| format!("`{input}` is not an endpoint; expected {ENDPOINT}"))?;
                Self { host: Some(endpoint.host().to_owned()), port: endpoint.port() }
            }
        };
        match logical.port {
            0 => Err("no server can listen on port 0; expected a port from 1 to 65535".to_owned()),
            _ => Ok(logical),
        }
    }
}

impl FromStr for ReadyWhen {
    type Err = String;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        match input.split_once('=') {
            None if input == "listening" => Ok(Self::Listening),
            None if input == "accepting" => Ok(Self::Accepting),
            Some(("output", text)) if !text.is_empty() => Ok(Self::Output(text.to_owned())),
            Some(("http", path)) if path.starts_with('/') => Ok(Self::Http(path.to_owned())),
            Some(("delay", pause)) => {
                values::duration(pause).map(Self::After).map_err(|error| error.to_string())
            }
            _ => {
                let text = "expected listening, accepting, output=TEXT, http=/PATH or \
                    delay=DURATION, as in delay=2s";
                Err(text.to_owned())
            }
        }
    }
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        let (name, value) =
            input.split_once('=').ok_or("expected NAME=VALUE, as in PORT={port}")?;
        if name.is_empty() {
            return Err("there is no name before the equals sign".to_owned());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

impl LogicalPort {
    /// Returns the endpoint that this is, where `host` stands for any host.
    pub(crate) fn on(&self, host: &str) -> Endpoint {
        Endpoint::new(self.host.as_deref().unwrap_or(host), self.port)
    }
}

/// Parses `HOST:PORT`, or a port of localhost.
pub(super) fn endpoint(input: &str) -> Result<Endpoint, String> {
    input.parse().map(|at: LogicalPort| at.on("localhost"))
}

/// Parses `HOST:PORT`, or a port of localhost.
pub(super) fn target(input: &str) -> Result<Connect, String> {
    target_on("localhost", input)
}

/// Parses `HOST:PORT`, or a port of the probed host, for which the host is left empty.
pub(super) fn target_of_probe(input: &str) -> Result<Connect, String> {
    target_on("", input)
}

/// Parses `HOST:PORT`, or a port of `host`. The port may be out of range.
fn target_on(host: &str, input: &str) -> Result<Connect, String> {
    match plain_number(input) {
        Some(port) => Ok(Connect { host: host.to_owned(), port }),
        None => values::connect(input)
            .map_err(|_| format!("`{input}` is not a target; expected {ENDPOINT}")),
    }
}

/// Parses a number in its one spelling, without a plus sign or leading zeros.
fn plain_number<T: FromStr + fmt::Display>(input: &str) -> Option<T> {
    input.parse().ok().filter(|number: &T| number.to_string() == input)
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(plain)
}

pub(crate) fn kind(input: &str) -> Result<PolicyKind, String> {
    input.parse().map_err(|_| "expected socket or url".to_owned())
}

/// Returns the rule with this id, with or without `FSP-`, or an error that suggests a similar one.
pub(crate) fn known_rule(id: &str) -> Result<&'static Rule, String> {
    values::find_rule(id).map_err(|near| match near {
        Some(near) => format!("there is no rule `{id}`; did you mean {near}?"),
        None => format!("there is no rule `{id}`; flash-policy explain lists them"),
    })
}

/// Returns the conformance check with this id, or an error that suggests a similar one.
pub(super) fn check_id(id: &str) -> Result<CheckId, String> {
    let ids = CheckId::ALL.iter().map(|check| check.as_str());
    let unknown = |_| format!("there is no check `{id}`; {}", values::suggest(id, ids));
    id.parse().map_err(unknown)
}

/// Parses a severity.
pub(crate) fn severity(input: &str) -> Result<Severity, String> {
    input.parse().map_err(|_| format!("`{input}` is not a severity; expected error, warning, info"))
}

/// Parses `ID=LEVEL`; the severity is `None` if the level is `off`.
pub(super) fn level(input: &str) -> Result<(&'static Rule, Option<Severity>), String> {
    let (id, level) = input.split_once('=').ok_or("expected ID=LEVEL, as in FSP-D14=error")?;
    let severity = match level {
        "off" => None,
        level => Some(severity(level).map_err(|text| format!("{text} or off"))?),
    };
    Ok((known_rule(id)?, severity))
}

/// Adapts a parser of scenario values to clap, which takes errors as text.
pub(super) fn scenario_value<T>(
    parse: fn(&str) -> Result<T, InvalidValue>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |input| parse(input).map_err(|error| error.to_string())
}

/// Parses `HOST:PORT` or a port, and returns the port.
pub(super) fn port_served_from(input: &str) -> Result<u16, String> {
    endpoint(input).map(|endpoint| endpoint.port())
}

/// Parses an address to listen on. Without a port, it has port 0, so that the system picks one.
pub(super) fn listen(input: &str) -> Result<SocketAddr, String> {
    let bare = input.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(input);
    let ip = || bare.parse().map(|ip: IpAddr| SocketAddr::new(ip, 0));
    input
        .parse()
        .or_else(|_| ip())
        .map_err(|_| "expected IP or IP:PORT, as in 127.0.0.1:843 or [::1]:843".to_owned())
}

/// Parses `M/N`, with M from 1 to N.
pub(super) fn partition(input: &str) -> Result<(usize, usize), String> {
    let expected = || "expected M/N with M from 1 to N, as in 1/2".to_owned();
    let (part, of) = input.split_once('/').ok_or_else(expected)?;
    let part = part.parse().map_err(|_| expected())?;
    let of = of.parse().map_err(|_| expected())?;
    if part >= 1 && part <= of { Ok((part, of)) } else { Err(expected()) }
}

/// Parses the host of a probe. Returns its master policy endpoint.
pub(super) fn host(input: &str) -> Result<Endpoint, String> {
    let bracketed = input.parse::<Ipv6Addr>().map(|address| format!("[{address}]"));
    let host = bracketed.unwrap_or_else(|_| input.to_owned());
    let endpoint = format!("{host}:{MASTER_PORT}").parse();
    endpoint.map_err(|_| {
        "expected a name or an address without a port, as in game.example.com or 127.0.0.1"
            .to_owned()
    })
}

/// Parses the state of a backend. Help and completions list the ids.
pub(super) fn backend_states() -> impl TypedValueParser<Value = BackendState> {
    PossibleValuesParser::new(BackendState::IDS).try_map(|input| input.parse::<BackendState>())
}
