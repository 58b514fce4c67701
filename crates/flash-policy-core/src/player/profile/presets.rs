//! The players that have a name, and the choices that each of them makes. A new preset changes only
//! this file.

use std::time::Duration;

use super::{
    CacheKey, Dead, DocumentProfile, Leniency, LookupProfile, MalformedMaster, Profile,
    RefusedBackend, ReportProfile, SecurityErrorAt, TimingProfile, TrailingDot, TrustedScope,
    WireProfile,
};
use crate::document::MetaPolicy;
use crate::ids;
use crate::wire::MAX_ANSWER_BYTES;

ids! {
    /// A player with a name. Parsers, schemas and help texts take their presets from this list, so
    /// it is the only place to add one.
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
    /// Returns the choices of Flash Player 10 and later, the default.
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
                watch_after_answer: Duration::from_millis(100),
            },
            report: ReportProfile {
                refused_backend: RefusedBackend::IoErrorThenSecurityError,
                security_error: SecurityErrorAt::SocketTimeout,
            },
        }
    }

    /// Returns the choices of Flash Player 9.0.124: it reads the same policies, has no
    /// `Socket.timeout`, and reports errors as soon as they are known (T5, V).
    pub fn flash_9_124() -> Self {
        let mut profile = Self::flash_10();
        profile.timing.socket_timeout = None;
        profile.report.security_error = SecurityErrorAt::Decision;
        profile.report.refused_backend = RefusedBackend::IoError;
        profile
    }

    /// Returns the choices of Flash Player 10 by the letter of Adobe's documents: a document or
    /// answer that they do not allow is rejected (Q3, Q4, Q8, Q11).
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
