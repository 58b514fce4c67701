//! Which player is simulated: one field for each choice that the sources leave open (rulebook section 15).

use std::str::FromStr;
use std::time::Duration;

use crate::document::MetaPolicy;
use crate::wire::MAX_ANSWER_BYTES;
use crate::{UnknownId, ids};

/// Every choice that the sources leave open, in groups. Start from a preset and change fields.
///
/// Q14, whether a `SecureSocket` asks for its policy over TLS, has no field: TLS is not simulated.
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
    /// How an answer is read off the wire.
    pub wire: WireProfile,
    /// Which locations are asked, and what is remembered.
    pub lookup: LookupProfile,
    /// How a policy file is read.
    pub document: DocumentProfile,
    /// How long the player waits.
    pub timing: TimingProfile,
    /// What the player tells the SWF.
    pub report: ReportProfile,
}

/// How an answer is read off the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireProfile {
    /// A policy that ends with the stream instead of a NUL (Q4, W5).
    pub missing_nul: Leniency,
    /// The most bytes of an answer that are read (W10). A policy file over
    /// [`MAX_POLICY_BYTES`](crate::document::MAX_POLICY_BYTES) is rejected all the same.
    pub answer_cap: usize,
}

/// Which locations are asked, and what is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupProfile {
    /// The destination port is asked although explicit locations exist, and did not grant (Q1).
    pub destination_fallback: bool,
    /// The destination port is asked although no location was named with `loadPolicyFile` (Q2).
    pub destination_by_default: bool,
    /// What a malformed master leads to (Q3, L9).
    pub malformed_master: MalformedMaster,
    /// A `site-control` in the destination's own file counts where there is no master (Q16).
    pub destination_site_control: bool,
    /// A grant of the master waits for the explicit locations all the same (Q18).
    pub grant_waits_for_explicit: bool,
    /// What a cached policy is filed under (Q9, C2).
    pub cache_key: CacheKey,
    /// Failed loads are remembered as well (C2).
    pub cache_failures: bool,
    /// Ports from which no policy is loaded (L15). None in any preset.
    pub blocked_policy_ports: Vec<u16>,
    /// For which destinations the `local-trusted` sandbox needs no policy (Q13).
    pub local_trusted: TrustedScope,
}

/// How a policy file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentProfile {
    /// `to-ports` is missing or empty (Q8, P4).
    pub missing_to_ports: Dead,
    /// An item of `to-ports` cannot be read (Q10, P6).
    pub bad_to_ports: Dead,
    /// A UTF-8 byte order mark before the document (Q11, X6).
    pub byte_order_mark: Leniency,
    /// White space before the XML declaration (Q11, X2).
    pub leading_white_space: Leniency,
    /// What a missing `secure` means (Q12, X9).
    pub secure_by_default: bool,
    /// What an unknown or empty meta-policy means (Q15, M5).
    pub unknown_meta_policy: MetaPolicy,
    /// What a meta-policy means that speaks of HTTP or FTP only (Q15, M4).
    pub inapplicable_meta_policy: MetaPolicy,
    /// Whether `example.com.` is another host than `example.com` (Q17, D8).
    pub trailing_dot: TrailingDot,
    /// Elements and attributes that the format does not know (Q19, X5).
    pub unknown_elements: Leniency,
}

/// How long the player waits. All of it is the player's time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimingProfile {
    /// For the master, from the start of the TCP connect to the complete policy (T1).
    pub master_timeout: Duration,
    /// For the policy on the destination port (Q5, T3).
    pub destination_timeout: Duration,
    /// `Socket.timeout`, from `connect()` on; `None` for players before 10 (T4).
    pub socket_timeout: Option<Duration>,
    /// When the operating system gives up a TCP connect, which ends what has no deadline of the player's (T2).
    pub connect_timeout: Duration,
    /// When this client gives up where the player would wait for ever.
    pub patience: Duration,
}

/// What the player tells the SWF, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportProfile {
    /// What a refused backend leads to (Q6, E6).
    pub refused_backend: RefusedBackend,
    /// When a `securityError` is delivered (Q7, T5).
    pub security_error: SecurityErrorAt,
}

/// Whether a deviation from the documents is accepted, with a diagnostic, or rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leniency {
    /// Accepted, with a diagnostic.
    Accept,
    /// The whole file is rejected.
    Reject,
}

/// What a malformed master leads to (Q3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedMaster {
    /// The lookup goes on as without a master.
    Continue,
    /// The connection is denied.
    Deny,
}

/// What a cached policy is filed under (Q9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKey {
    /// The host as it is written.
    Host,
    /// The address that the host resolves to, where the network knows it.
    Address,
}

/// For which destinations the `local-trusted` sandbox needs no policy (Q13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedScope {
    /// For all.
    AllHosts,
    /// For `localhost` and 127.0.0.1 only.
    Loopback,
}

/// How much is void because of one bad part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dead {
    /// Only the item: what else the list names is granted.
    Item,
    /// The whole `allow-access-from` element.
    Element,
    /// The whole file.
    File,
}

/// Whether a trailing dot makes another host (Q17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailingDot {
    /// It does.
    Significant,
    /// It does not.
    Ignored,
}

/// What a refused backend leads to (Q6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedBackend {
    /// `ioError` at once, and `securityError` when `Socket.timeout` runs out.
    IoErrorThenSecurityError,
    /// `ioError` at once.
    IoError,
    /// `securityError` only.
    SecurityError,
}

/// When a `securityError` is delivered (Q7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityErrorAt {
    /// When `Socket.timeout` has run out since `connect()`.
    SocketTimeout,
    /// As soon as it is known.
    Decision,
}

ids! {
    /// The players that have a name. A preset stands here and nowhere else: parsers, schemas and
    /// help texts take it from this list.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Preset {
        /// Flash Player 10 and later.
        Flash10 = "flash-10",
        /// Flash Player 9.0.124.
        Flash9_124 = "flash-9-124",
        /// Flash Player 10 by the letter of Adobe's documents.
        Strict = "strict",
    }
}

impl Preset {
    /// Returns the choices of this player.
    pub fn profile(self) -> Profile {
        match self {
            Self::Flash10 => Profile::flash_10(),
            Self::Flash9_124 => Profile::flash_9_124(),
            Self::Strict => Profile::strict(),
        }
    }
}

impl Profile {
    /// Flash Player 10 and later: the default.
    pub fn flash_10() -> Self {
        Self {
            wire: WireProfile { missing_nul: Leniency::Accept, answer_cap: MAX_ANSWER_BYTES },
            lookup: LookupProfile {
                destination_fallback: true,
                destination_by_default: true,
                malformed_master: MalformedMaster::Continue,
                destination_site_control: false,
                grant_waits_for_explicit: false,
                cache_key: CacheKey::Host,
                cache_failures: true,
                blocked_policy_ports: Vec::new(),
                local_trusted: TrustedScope::AllHosts,
            },
            document: DocumentProfile {
                missing_to_ports: Dead::Element,
                bad_to_ports: Dead::Element,
                byte_order_mark: Leniency::Accept,
                leading_white_space: Leniency::Accept,
                secure_by_default: false,
                unknown_meta_policy: MetaPolicy::None,
                inapplicable_meta_policy: MetaPolicy::MasterOnly,
                trailing_dot: TrailingDot::Significant,
                unknown_elements: Leniency::Accept,
            },
            timing: TimingProfile {
                master_timeout: Duration::from_secs(3),
                destination_timeout: Duration::from_secs(3),
                socket_timeout: Some(Duration::from_secs(20)),
                connect_timeout: Duration::from_secs(15),
                patience: Duration::from_secs(120),
            },
            report: ReportProfile {
                refused_backend: RefusedBackend::IoErrorThenSecurityError,
                security_error: SecurityErrorAt::SocketTimeout,
            },
        }
    }

    /// Flash Player 9.0.124: the same policies, no `Socket.timeout`, errors as soon as they are known (T5, V).
    pub fn flash_9_124() -> Self {
        let mut profile = Self::flash_10();
        profile.timing.socket_timeout = None;
        profile.report.security_error = SecurityErrorAt::Decision;
        profile.report.refused_backend = RefusedBackend::IoError;
        profile
    }

    /// Flash Player 10 by the letter of Adobe's documents: what they do not allow is rejected (Q3, Q4, Q8, Q11).
    pub fn strict() -> Self {
        let mut profile = Self::flash_10();
        profile.wire.missing_nul = Leniency::Reject;
        profile.lookup.malformed_master = MalformedMaster::Deny;
        profile.document.missing_to_ports = Dead::File;
        profile.document.byte_order_mark = Leniency::Reject;
        profile.document.leading_white_space = Leniency::Reject;
        profile
    }
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

/// Reads the id of a [`Preset`].
impl FromStr for Profile {
    type Err = UnknownId;

    fn from_str(written: &str) -> Result<Self, UnknownId> {
        written.parse().map(Preset::profile)
    }
}
