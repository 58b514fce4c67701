//! Logical endpoints: the host and port that a SWF names. Does not know the addresses behind them.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::debug_as_text;

/// A logical `host:port`. The player's rules are judged on it, never on the real address behind it.
///
/// Hosts are compared without regard to ASCII case and without DNS (rulebook L13). An IPv6 host is
/// written in brackets.
///
/// ```
/// use flash_policy_core::Endpoint;
///
/// let endpoint: Endpoint = "Game.Example.com:5000".parse()?;
/// assert_eq!((endpoint.host(), endpoint.port()), ("game.example.com", 5000));
/// assert_eq!("[::1]:843".parse::<Endpoint>()?.to_string(), "[::1]:843");
/// assert!("game.example.com".parse::<Endpoint>().is_err());
/// # Ok::<(), flash_policy_core::InvalidEndpoint>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    /// Creates the endpoint `port` on `host`.
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: canonical_host(host), port }
    }

    /// Returns the host, in ASCII lower case; an IPv6 address is without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the logical port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the endpoint of the master policy file on the same host (rulebook L2).
    pub fn master(&self) -> Self {
        Self { host: self.host.clone(), port: MASTER_PORT }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(written: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = || InvalidEndpoint { written: written.to_owned() };
        let (host, digits) =
            written.rsplit_once(':').filter(|(host, _)| is_host(host)).ok_or_else(invalid)?;
        // A port has one spelling: no sign and no leading zero.
        let port = digits.parse::<u16>().ok().filter(|port| port.to_string() == digits);
        Ok(Self::new(host, port.ok_or_else(invalid)?))
    }
}

impl From<&Endpoint> for Endpoint {
    fn from(endpoint: &Endpoint) -> Self {
        endpoint.clone()
    }
}

impl TryFrom<&str> for Endpoint {
    type Error = InvalidEndpoint;

    fn try_from(written: &str) -> Result<Self, InvalidEndpoint> {
        written.parse()
    }
}

/// The error for a text that is not a logical `host:port`.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidEndpoint {
    written: String,
}

impl InvalidEndpoint {
    /// Returns what is wrong, without what was expected.
    pub fn problem(&self) -> String {
        format!("`{}` is not an endpoint", self.written)
    }

    /// Returns what was expected, with an example.
    pub fn expected(&self) -> &'static str {
        "HOST:PORT such as game.example.com:5000 or [::1]:843"
    }
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; expected {}", self.problem(), self.expected())
    }
}

debug_as_text!(InvalidEndpoint);

impl std::error::Error for InvalidEndpoint {}

/// The port of the master policy file (rulebook L2).
pub const MASTER_PORT: u16 = 843;

/// Returns a host in the form in which hosts are compared: in ASCII lower case, and an IPv6 address
/// parsed and without brackets (rulebook D7, D8).
pub fn canonical_host(host: &str) -> String {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<Ipv6Addr>() {
        Ok(address) => address.to_string(),
        Err(_) => bare.to_ascii_lowercase(),
    }
}

/// Returns true if the text can be the host of an endpoint or URL: an IPv6 address in brackets, or
/// a name without separators, white space and control characters. Nothing else is checked, because
/// hosts are compared as they are written.
pub(crate) fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => {
            rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
        }
        None => {
            !host.is_empty()
                && !host.contains(|c: char| {
                    c.is_whitespace() || c.is_control() || ":/?#@[]\\".contains(c)
                })
        }
    }
}
