//! What may stand behind an option.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use flash_policy_core::diagnostics::{Rule, Severity, rules};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::{Endpoint, MASTER_PORT};
use flash_policy_fixture::server::BackendState;
use flash_policy_scenario::Connect;
use flash_policy_scenario::values::{self, InvalidValue};

/// From which severity on a finding makes the command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    pub(crate) fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

/// `--map PORT=ADDRESS:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortMap {
    pub(crate) port: u16,
    pub(crate) to: SocketAddr,
}

impl FromStr for PortMap {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (port, to) = written.split_once('=')?;
            let to: SocketAddr = to.parse().ok()?;
            (to.port() > 0).then_some(Self { port: port.parse().ok()?, to })
        };
        parse().ok_or_else(|| {
            "expected PORT=ADDRESS:PORT, as in 843=127.0.0.1:10843 or 843=[::1]:10843".to_owned()
        })
    }
}

/// `--port NAME[=[HOST:]PORT]`: a port of the server, and the logical one that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogicalPort {
    pub(crate) real: Real,
    /// `None` where the port is only picked.
    pub(crate) logical: Option<Logical>,
}

/// Which port of this machine it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Real {
    /// Picked, and told to the server by this placeholder.
    Named(String),
    /// The server has it, whatever it is told.
    Fixed(u16),
}

/// A logical port, of one host or of any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logical {
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
}

/// `--ready`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadyWhen {
    Listening,
    Output(String),
    Http(String),
    After(Duration),
}

/// `--env NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Fixed(port) => port.fmt(f),
        }
    }
}

impl FromStr for LogicalPort {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let (real, logical) = match written.split_once('=') {
            Some((real, logical)) => (real, Some(logical)),
            None => (written, None),
        };
        let is_number = !real.is_empty() && real.bytes().all(|byte| byte.is_ascii_digit());
        let real = match real.parse() {
            Ok(port) if port > 0 => Real::Fixed(port),
            _ if is_number => {
                return Err(format!("`{real}` is no port; expected 1 to 65535, or a name"));
            }
            _ if real == "dir" => {
                return Err("{dir} is the server's folder; give the port another name".to_owned());
            }
            _ if is_name(real) => Real::Named(real.to_owned()),
            _ => {
                return Err(format!(
                    "`{real}` is no name of a port; expected lower-case letters, digits, - and _"
                ));
            }
        };
        Ok(Self { real, logical: logical.map(str::parse).transpose()? })
    }
}

impl FromStr for Logical {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        if let Ok(port) = written.parse() {
            return Ok(Self { host: None, port });
        }
        let endpoint: Result<Endpoint, _> = written.parse();
        let endpoint = endpoint
            .map_err(|_| format!("`{written}` is no logical port; expected PORT or HOST:PORT"))?;
        Ok(Self { host: Some(endpoint.host().to_owned()), port: endpoint.port() })
    }
}

impl FromStr for ReadyWhen {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        match written.split_once('=') {
            None if written == "listening" => Ok(Self::Listening),
            Some(("output", text)) if !text.is_empty() => Ok(Self::Output(text.to_owned())),
            Some(("http", path)) if path.starts_with('/') => Ok(Self::Http(path.to_owned())),
            Some(("delay", pause)) => {
                values::duration(pause).map(Self::After).map_err(|illegal| illegal.to_string())
            }
            _ => {
                Err("expected listening, output=TEXT, http=/PATH or delay=DURATION, as in delay=2s"
                    .to_owned())
            }
        }
    }
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let (name, value) =
            written.split_once('=').ok_or("expected NAME=VALUE, as in PORT={port}")?;
        if name.is_empty() {
            return Err("there is no name before the equals sign".to_owned());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// HOST:PORT, or a PORT of localhost.
pub(super) fn target(written: &str) -> Result<Connect, String> {
    match written.parse() {
        Ok(port) => Ok(Connect { host: "localhost".to_owned(), port }),
        Err(_) => values::connect(written).map_err(|illegal| illegal.to_string()),
    }
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(plain)
}

pub(crate) fn kind(written: &str) -> Result<PolicyKind, String> {
    written.parse().map_err(|_| "expected socket or url".to_owned())
}

/// The rule with this id, or a sentence with one that is near.
pub(crate) fn known_rule(id: &str) -> Result<&'static Rule, String> {
    rules::named(id).ok_or_else(|| {
        match values::nearest(id, &rules::ALL.iter().map(Rule::id).collect::<Vec<_>>()) {
            Some(near) => format!("there is no rule `{id}`; did you mean {near}?"),
            None => format!("there is no rule `{id}`; flash-policy explain lists them"),
        }
    })
}

/// Reads a severity.
pub(crate) fn severity(written: &str) -> Result<Severity, String> {
    written
        .parse()
        .map_err(|_| format!("`{written}` is no severity; expected error, warning, info"))
}

pub(super) fn level(written: &str) -> Result<(&'static Rule, Option<Severity>), String> {
    let (id, level) = written.split_once('=').ok_or("expected ID=LEVEL, as in FSP-D14=error")?;
    let severity = match level {
        "off" => None,
        level => Some(severity(level).map_err(|text| format!("{text} or off"))?),
    };
    Ok((known_rule(id)?, severity))
}

/// What a scenario file may say too, with its errors as the parser of arguments has them.
pub(super) fn legal<T>(
    read: fn(&str) -> Result<T, InvalidValue>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |written| read(written).map_err(|illegal| illegal.to_string())
}

pub(super) fn port_served_from(written: &str) -> Result<u16, String> {
    let endpoint = || written.parse().map(|endpoint: Endpoint| endpoint.port());
    written.parse().or_else(|_| endpoint()).map_err(|_| {
        format!("`{written}` is no place to serve from; expected HOST:PORT or PORT, as in game.example.com:843 or 843")
    })
}

/// An address to listen on; without a port the system picks one.
pub(super) fn listen(written: &str) -> Result<SocketAddr, String> {
    let bare = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(written);
    let ip = || bare.parse().map(|ip: IpAddr| SocketAddr::new(ip, 0));
    written
        .parse()
        .or_else(|_| ip())
        .map_err(|_| "expected IP or IP:PORT, as in 127.0.0.1:843 or [::1]:843".to_owned())
}

pub(super) fn partition(written: &str) -> Result<(usize, usize), String> {
    let expected = || "expected M/N with M from 1 to N, as in 1/2".to_owned();
    let (part, of) = written.split_once('/').ok_or_else(expected)?;
    let (part, of) = (part.parse().map_err(|_| expected())?, of.parse().map_err(|_| expected())?);
    if part >= 1 && part <= of { Ok((part, of)) } else { Err(expected()) }
}

/// The host of a probe, as its master policy endpoint.
pub(super) fn host(written: &str) -> Result<Endpoint, String> {
    let bracketed = written.parse::<Ipv6Addr>().map(|address| format!("[{address}]"));
    let host = bracketed.unwrap_or_else(|_| written.to_owned());
    let endpoint = format!("{host}:{MASTER_PORT}").parse();
    endpoint.map_err(|_| {
        "expected a name or an address without a port, as in game.example.com or 127.0.0.1"
            .to_owned()
    })
}

/// Reads the state of a backend; help and completions list the ids.
pub(super) fn backend_states() -> impl TypedValueParser<Value = BackendState> {
    PossibleValuesParser::new(BackendState::IDS).try_map(|written| written.parse::<BackendState>())
}
