//! The player's rules, pure: who asks, which policies are looked up, who grants, and what the SWF
//! is told.
//!
//! [`Lookup`] is the one state machine. The async client, the blocking client and the
//! [`Evaluator`] drive it, so they cannot disagree.

mod answer;
mod cause;
mod diagnosis;
mod endpoint;
mod outcome;
mod policy_log;
mod profile;
mod record;
mod session;
pub(crate) mod socket;
mod swf;

pub use answer::{Answer, AnswerKind, Asked, Role, rejection};
pub use cause::{Cause, PlayerEvent, Verdict};
pub use endpoint::{Endpoint, InvalidEndpoint, MASTER_PORT, canonical_host};
pub use outcome::{Outcome, Unexpected};
pub use profile::{
    CacheKey, Dead, DocumentProfile, Leniency, LookupProfile, MalformedMaster, Preset, Profile,
    RefusedBackend, ReportProfile, SecurityErrorAt, TimingProfile, TrailingDot, TrustedScope,
    WireProfile,
};
pub use record::{Connection, DecidingRule, Ended, Grantor, Purpose, Target};
pub use session::Session;
pub use socket::{Action, Evaluator, Event, FIRST_HIGH_PORT, Lookup, parse_location};
pub use swf::{InvalidSwf, Sandbox, Swf};
