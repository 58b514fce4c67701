//! The rules of Flash socket policies, without I/O.
//!
//! Before a SWF may open a socket to `host:port`, Flash Player looks up a policy file. This crate
//! has that process as data and pure functions: the document, the bytes on the wire, the player's
//! lookup, its verdict and the diagnosis. It opens no socket, reads no file and has no clock.
//! [`flash-policy-fixture`] drives it over real sockets.
//!
//! ```
//! use flash_policy_core::{Cause, Evaluator, PolicyFile};
//!
//! let policy = PolicyFile::builder().allow("*.example.com", 5000).build();
//! let mut player = Evaluator::new("http://evil.example/game.swf")?
//!     .policy("game.example.com:843", policy);
//! let outcome = player.connect("game.example.com", 5000);
//! assert_eq!(outcome.cause(), Cause::DomainNotListed);
//! # Ok::<(), flash_policy_core::InvalidSwf>(())
//! ```
//!
//! # Where to start
//!
//! - [`Evaluator`]: verdicts without a network.
//! - [`PolicyFile`]: the document, parsed with diagnostics or built in code.
//! - [`player`]: the rules of the player. [`player::Lookup`] is the state machine that all drivers
//!   share.
//! - [`wire`]: the 23 bytes of the request, and scripts for the behaviour of a peer.
//! - [`analysis`]: the matrix of many requesters and targets, and the coverage of rules. With the
//!   feature `lint` also the linter, automatic fixes, and the exact difference of two policies.
//! - [`diagnostics`]: the catalogue of public rule ids.
//!
//! # Features
//!
//! - `lint`: the parts of [`analysis`] that need the public suffix list (the crate `psl`).
//!
//! There is no feature for an async runtime, because nothing here waits. The crate never depends on
//! tokio.
//!
//! [`flash-policy-fixture`]: https://docs.rs/flash-policy-fixture

mod macros;

pub mod analysis;
pub mod diagnostics;
pub mod document;
mod or_panic;
pub mod player;
pub mod printable;
pub mod source_text;
pub mod spelling;
mod stable_id;
pub mod wire;

pub use document::{PolicyFile, diagnose_document};
pub use or_panic::or_panic;
pub use player::diagnosis;
pub use player::{
    Cause, Endpoint, Evaluator, InvalidEndpoint, InvalidSwf, Outcome, PlayerEvent, Profile,
    Sandbox, Swf, Verdict,
};
pub use stable_id::{StableId, UnknownId};

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
