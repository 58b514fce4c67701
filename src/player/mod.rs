//! The player's rules, pure: who asks, which policies are looked up, who grants, what the SWF is told.
//!
//! [`Lookup`] is the one machine. The async client, the blocking client and the [`Evaluator`] drive it, so they
//! cannot disagree.

pub(crate) mod answer;
mod ask;
mod diagnosis;
mod endpoint;
mod evaluator;
pub(crate) mod judge;
mod lookup;
mod outcome;
mod policy_log;
mod profile;
mod record;
mod search;
mod session;
mod swf;
mod verdict;

pub use answer::{Answer, AnswerKind, Asked, Role};
pub(crate) use endpoint::canonical_host;
pub use endpoint::{Endpoint, InvalidEndpoint, MASTER_PORT};
pub use evaluator::Evaluator;
pub use judge::FIRST_HIGH_PORT;
pub use lookup::{Action, Event, Lookup};
pub use outcome::{Outcome, Unexpected};
pub use profile::{
    CacheKey, Dead, DocumentProfile, Leniency, LookupProfile, MalformedMaster, Profile, RefusedBackend, ReportProfile,
    SecurityErrorAt, TimingProfile, TrailingDot, TrustedScope, WireProfile,
};
pub use record::{Connection, DecidingRule, Ended, Grantor, Purpose, Target};
pub use session::Session;
#[cfg(feature = "cli")]
pub(crate) use session::parse_location;
pub use swf::{InvalidSwf, Sandbox, Swf};
pub use verdict::{Cause, PlayerEvent, Verdict};
