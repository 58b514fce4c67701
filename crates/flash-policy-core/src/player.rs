//! The rules of the player: who asks, which policies are looked up, who grants, and which events
//! the SWF gets.
//!
//! Everything here is pure. [`Lookup`] is the state machine that the async client, the blocking
//! client and the [`Evaluator`] all drive, so they cannot disagree. It knows no socket and no
//! clock.

mod answer;
mod cause;
mod connection;
pub mod diagnosis;
mod endpoint;
mod explanation;
mod outcome;
mod picked_port;
mod player_event;
mod policy_log;
mod profile;
mod record;
mod session;
pub(crate) mod socket;
mod swf;

pub use answer::{Answer, AnswerKind, Asked, Role, rejection};
pub use cause::{Cause, Verdict};
pub use connection::{Connection, Ended, Purpose, TranscriptEntry, TranscriptStep};
pub use endpoint::{Endpoint, InvalidEndpoint, MASTER_PORT, canonical_host};
pub use outcome::{Outcome, Unexpected};
pub use picked_port::PickedPort;
pub use player_event::PlayerEvent;
pub use profile::{
    CacheKey, Dead, DocumentProfile, Leniency, LookupProfile, MalformedMaster, Preset, Profile,
    RefusedBackend, ReportProfile, SecurityErrorAt, TimingProfile, TrailingDot, TrustedScope,
    WireProfile,
};
pub use record::{DecidingRule, Grantor, Target};
pub use session::Session;
pub use socket::{Action, Evaluator, Event, FIRST_HIGH_PORT, Lookup, parse_location};
pub use swf::{InvalidSwf, Sandbox, Swf};
