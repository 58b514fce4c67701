//! The player that is simulated: one field for each choice that the sources leave open (rulebook
//! section 15).

mod presets;

use std::str::FromStr;
use std::time::Duration;

pub use self::presets::Preset;
use crate::UnknownId;
use crate::document::MetaPolicy;

/// Every choice that the sources leave open, in groups. Start from a preset and change its fields.
///
/// Q14, the question whether a `SecureSocket` asks for its policy over TLS, has no field, because
/// TLS is not simulated.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_core::Profile;
///
/// let mut profile = Profile::flash_10();
/// profile.timing.socket_timeout = Some(Duration::from_secs(5));
/// assert_eq!(profile.timing.master_timeout, Duration::from_secs(3));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Choices about reading an answer off the wire.
    pub wire: WireProfile,
    /// Choices about which locations are asked, and what is cached.
    pub lookup: LookupProfile,
    /// Choices about reading a policy file.
    pub document: DocumentProfile,
    /// The player's timeouts.
    pub timing: TimingProfile,
    /// Choices about which events the SWF gets, and when.
    pub report: ReportProfile,
}

impl Default for Profile {
    fn default() -> Self {
        Self::flash_10()
    }
}

impl From<Preset> for Profile {
    fn from(preset: Preset) -> Self {
        preset.profile()
    }
}

/// Parses the id of a [`Preset`].
impl FromStr for Profile {
    type Err = UnknownId;

    fn from_str(written: &str) -> Result<Self, UnknownId> {
        written.parse().map(Preset::profile)
    }
}

/// Choices about reading an answer off the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireProfile {
    /// The treatment of a policy that ends with the stream instead of a NUL (Q4, W5).
    pub missing_nul: Leniency,
    /// The most bytes of an answer that are read (W10). A policy file larger than
    /// [`MAX_POLICY_BYTES`](crate::document::MAX_POLICY_BYTES) is rejected even if this cap is
    /// higher.
    pub answer_cap: usize,
}

/// Choices about which locations are asked, and what is cached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupProfile {
    /// If true, the destination port is asked when explicit locations were named but did not grant
    /// (Q1).
    pub destination_fallback: bool,
    /// If true, the destination port is asked when `loadPolicyFile` named no location of the host,
    /// other than the master (Q2).
    pub destination_by_default: bool,
    /// The effect of a malformed master (Q3, L9).
    pub malformed_master: MalformedMaster,
    /// If true, a `site-control` in the destination's own policy file counts when there is no
    /// master (Q16).
    pub destination_site_control: bool,
    /// If true, the explicit locations are loaded even after the master has granted (Q18).
    pub grant_waits_for_explicit: bool,
    /// The key under which a policy is cached (Q9, C2).
    pub cache_key: CacheKey,
    /// If true, failed loads are cached as well (C2).
    pub cache_failures: bool,
    /// Ports from which `loadPolicyFile` loads no policy (L15). Empty in every preset.
    pub blocked_policy_ports: Vec<u16>,
    /// The destinations for which the sandbox `local-trusted` needs no policy (Q13).
    pub local_trusted: TrustedScope,
}

/// Choices about reading a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentProfile {
    /// The part that is void when `to-ports` is missing or empty (Q8, P4).
    pub missing_to_ports: Dead,
    /// The part that is void when an item of `to-ports` cannot be read (Q10, P6).
    pub bad_to_ports: Dead,
    /// The treatment of a UTF-8 byte order mark before the document (Q11, X6).
    pub byte_order_mark: Leniency,
    /// The treatment of white space before the XML declaration (Q11, X2).
    pub leading_white_space: Leniency,
    /// The value of a missing `secure` attribute (Q12, X9).
    pub secure_by_default: bool,
    /// The meta-policy that an unknown or empty value stands for (Q15, M5).
    pub unknown_meta_policy: MetaPolicy,
    /// The meta-policy that a value for HTTP or FTP stands for on sockets (Q15, M4).
    pub inapplicable_meta_policy: MetaPolicy,
    /// The significance of the dot that makes `example.com.` differ from `example.com` (Q17, D8).
    pub trailing_dot: TrailingDot,
    /// The treatment of elements and attributes that the format does not define (Q19, X5).
    pub unknown_elements: Leniency,
}

/// The player's timeouts, all in the player's time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimingProfile {
    /// The timeout of the master, from the start of the TCP connect to the complete policy (T1).
    pub master_timeout: Duration,
    /// The timeout of the policy on the destination port (Q5, T3).
    pub destination_timeout: Duration,
    /// `Socket.timeout`, counted from `connect()`. `None` for players before version 10 (T4).
    pub socket_timeout: Option<Duration>,
    /// The timeout of a TCP connect in the operating system. It ends a connect for which the player
    /// itself sets no deadline (T2).
    pub connect_timeout: Duration,
    /// The time after which this client gives up where the player would wait forever.
    pub patience: Duration,
    /// The time for which this client watches what a server sends behind its answer, and how it
    /// ends the connection. The player itself closes at once: only diagnostics depend on it, and
    /// the player's clock does not count it.
    pub watch_after_answer: Duration,
}

/// Choices about which events the SWF gets, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportProfile {
    /// The events for a refused backend (Q6, E6).
    pub refused_backend: RefusedBackend,
    /// The time at which a `securityError` is delivered (Q7, T5).
    pub security_error: SecurityErrorAt,
}

/// The treatment of a deviation from Adobe's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leniency {
    /// Accept the file, with a diagnostic.
    Accept,
    /// Reject the whole file.
    Reject,
}

/// The effect of a malformed master (Q3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedMaster {
    /// The lookup continues as if there were no master.
    Continue,
    /// The connection is denied.
    Deny,
}

/// The key under which a policy is cached (Q9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKey {
    /// The host as it is written.
    Host,
    /// The address that the host resolves to, if [`Session::resolve`](super::Session::resolve) gave
    /// one; otherwise the host as it is written.
    Address,
}

/// The destinations for which the sandbox `local-trusted` needs no policy (Q13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedScope {
    /// All destinations.
    AllHosts,
    /// Only `localhost`, 127.0.0.1 and `::1`.
    Loopback,
}

/// The part of a policy file that one bad attribute makes void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dead {
    /// Only the bad item; the other items of the list still grant.
    Item,
    /// The whole `allow-access-from` element.
    Element,
    /// The whole file.
    File,
}

/// The significance of a trailing dot in a host name (Q17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailingDot {
    /// `example.com.` and `example.com` are different hosts.
    Significant,
    /// `example.com.` and `example.com` are the same host.
    Ignored,
}

/// The events for a refused backend (Q6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedBackend {
    /// `ioError` at once, then `securityError` when `Socket.timeout` runs out. Without that
    /// timeout, only the `ioError`.
    IoErrorThenSecurityError,
    /// `ioError` at once.
    IoError,
    /// `securityError` only.
    SecurityError,
}

/// The time at which a `securityError` is delivered (Q7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityErrorAt {
    /// When `Socket.timeout` has passed since `connect()`.
    SocketTimeout,
    /// As soon as the attempt is decided.
    Decision,
}
