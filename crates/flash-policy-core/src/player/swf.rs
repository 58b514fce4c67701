//! The SWF that asks, identified by its URL or by its sandbox (rulebook R).

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::endpoint::{canonical_host, is_host};
use crate::debug_as_text;
use crate::ids;

/// The SWF that opens sockets. Its identity is the host of its own URL, not of the page that embeds
/// it (rulebook R1).
///
/// ```
/// use flash_policy_core::{Sandbox, Swf};
///
/// let swf: Swf = "https://www.example.com:8080/games/game.swf".parse()?;
/// assert_eq!(swf.host(), Some("www.example.com"));
/// assert_eq!(Swf::from(Sandbox::LocalTrusted).to_string(), "sandbox:local-trusted");
/// # Ok::<(), flash_policy_core::InvalidSwf>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swf {
    sandbox: Sandbox,
    url: Option<Url>,
    networking: bool,
}

impl Swf {
    /// Returns the SWF as a page embeds it with `allowNetworking="none"`: every socket call throws
    /// #2146 (rulebook R5).
    #[must_use]
    pub fn without_networking(self) -> Self {
        Self { networking: false, ..self }
    }

    /// Returns the host that policies must name, or `None` for a SWF without a URL.
    pub fn host(&self) -> Option<&str> {
        self.url.as_ref().map(|url| url.host.as_str())
    }

    /// Returns the sandbox that the SWF runs in.
    pub fn sandbox(&self) -> Sandbox {
        self.sandbox
    }

    /// Returns true if the SWF was loaded over HTTPS, which `secure="true"` requires (rulebook X9).
    pub fn is_secure(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.https)
    }

    /// Returns true if the embedding page lets the SWF use the network (rulebook R5).
    pub fn may_use_network(&self) -> bool {
        self.networking
    }
}

impl fmt::Display for Swf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.url {
            Some(url) => f.write_str(&url.written),
            None => write!(f, "sandbox:{}", self.sandbox),
        }
    }
}

impl From<Sandbox> for Swf {
    fn from(sandbox: Sandbox) -> Self {
        Self { sandbox, url: None, networking: true }
    }
}

impl FromStr for Swf {
    type Err = InvalidSwf;

    fn from_str(written: &str) -> Result<Self, InvalidSwf> {
        let url = parse_url(written)
            .map_err(|problem| InvalidSwf { written: written.to_owned(), problem })?;
        Ok(Self { sandbox: Sandbox::Remote, url: Some(url), networking: true })
    }
}

impl TryFrom<&str> for Swf {
    type Error = InvalidSwf;

    fn try_from(written: &str) -> Result<Self, InvalidSwf> {
        written.parse()
    }
}

ids! {
    /// The security sandbox that the player puts a SWF in (rulebook R3).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Sandbox {
        /// Loaded from a web server, and bound to policies. A SWF with a URL is in this sandbox.
        Remote = "remote",
        /// May not use sockets at all (#2010).
        LocalWithFile = "local-with-file",
        /// Bound to policies, and matched only by `domain="*"`.
        LocalWithNetworking = "local-with-networking",
        /// Needs no policy. Flash Builder and the Flash IDE run SWFs in this sandbox.
        LocalTrusted = "local-trusted",
        /// Needs no policy.
        AirApplication = "air-application",
    }
}

/// The error for a text that is not the URL of a SWF.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidSwf {
    written: String,
    problem: &'static str,
}

/// Lets functions accept a [`Swf`] as well as a text: converting a `Swf` to itself cannot fail.
impl From<Infallible> for InvalidSwf {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl InvalidSwf {
    /// Returns what is wrong, without what was expected.
    pub fn problem(&self) -> String {
        format!("`{}` is not the URL of a SWF: {}", self.written, self.problem)
    }

    /// Returns what was expected, with an example.
    pub fn expected(&self) -> &'static str {
        "one such as http://www.example.com/game.swf"
    }
}

impl fmt::Display for InvalidSwf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; expected {}", self.problem(), self.expected())
    }
}

debug_as_text!(InvalidSwf);

impl std::error::Error for InvalidSwf {}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Url {
    written: String,
    host: String,
    https: bool,
}

/// Parses the URL of a SWF. The error says what is wrong with it.
fn parse_url(written: &str) -> Result<Url, &'static str> {
    if written.contains(char::is_control) {
        return Err("it has a control character in it");
    }
    let (scheme, rest) = written.split_once("://").ok_or("it has no scheme")?;
    let https = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        "file" => {
            return Err(
                "the sandbox of a local SWF depends on how it was published, so give a Sandbox \
                    instead",
            );
        }
        _ => return Err("only http and https SWFs have a host that policies can name"),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, rest)| rest);
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host_and_port, None),
    };
    if !is_host(host) {
        return Err("it has no host");
    }
    if !host.starts_with('[') && !is_name(host) {
        return Err("its host has a character that is in no host name");
    }
    if port.is_some_and(|port| !port.is_empty() && port.parse::<u16>().is_err()) {
        return Err("its port is not a number from 0 to 65535");
    }
    Ok(Url { written: written.to_owned(), host: canonical_host(host), https })
}

/// Returns true if a host has only letters, digits and the signs of host names. International names
/// need not be in ASCII.
fn is_name(host: &str) -> bool {
    host.chars().all(|c| c.is_alphanumeric() || !c.is_ascii() || "-._".contains(c))
}
