//! Test Flash socket policies as a Flash Player meets them.
//!
//! Before a SWF may open a socket to `host:port`, Flash Player asks `host:843`, and then perhaps the port itself, for
//! a policy file: 23 bytes, `<policy-file-request/>` and a NUL; XML and a NUL come back; a *new* connection carries
//! the data. This crate plays all three parts on loopback: a **policy server** and a **fake backend** on random ports,
//! and a **simulated Flash client** that performs the exact handshake, against them or against your own server. The
//! [`Outcome`] says whether the connection is permitted, denied, or permitted but unreachable, and why.
//!
//! ```
//! use flash_policy_fixture::{Backend, Cause, PolicyFile, Stage};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! // Logical names and ports, as in production: the stage maps them to free ports of this machine.
//! let stage = Stage::builder()
//!     .policy("game.example.com:843", PolicyFile::builder().allow("*.example.com", 5000).build())
//!     .backend("game.example.com:5000", Backend::echo())
//!     .start();
//!
//! let ours = stage.swf("http://www.example.com/game.swf");
//! let socket = ours.connect("game.example.com", 5000).await.expect_permitted();
//! # drop(socket);
//!
//! let theirs = stage.swf("http://evil.example/game.swf");
//! theirs.connect("game.example.com", 5000).await.expect_denied_because(Cause::DomainNotListed);
//!
//! // The policy still permits, but the player will blame it.
//! stage.backend("game.example.com:5000").down();
//! let outcome = ours.connect("game.example.com", 5000).await.expect_unreachable();
//! assert_eq!(outcome.cause(), Cause::BackendRefused);
//! # });
//! ```
//!
//! # Where to start
//!
//! - [`Stage`]: servers, backends and clients on one map. **Start here.**
//! - [`FlashClient`], [`blocking::FlashClient`]: the client alone, against servers that are not of this crate.
//! - [`PolicyServer`], [`Backend`]: the servers alone, for clients that are not of this crate.
//! - [`Evaluator`]: the same verdicts without a network.
//! - [`PolicyFile`]: the document, parsed with diagnostics, or built.
//! - [`Profile`]: which player is simulated, and every choice that Adobe's documents leave open.
#![cfg_attr(feature = "process", doc = "- [`ServerUnderTest`]: a real server as a child process.")]
#![cfg_attr(feature = "scenario", doc = "- [`scenario`]: scenario files, each case decided twice.")]
#![cfg_attr(feature = "harness", doc = "- [`harness`]: scenario files as tests, each case by its own name.")]
#![cfg_attr(feature = "torture", doc = "- [`torture`]: conformance checks of a live policy server.")]
#![cfg_attr(feature = "analysis", doc = "- [`analysis`]: the linter, and the difference of two policies.")]
//! - [`rules`]: the table of diagnostics; [`wire`]: the bytes, and scripts of what a peer does; [`player`]: the rules.
//!
//! # Guarantees
//!
//! - A server listens before its `start()` returns, and its port refuses before its `stop()` or drop returns.
//! - The verdict does not depend on how busy the machine is: what is declared to be slow or silent on a stage takes no
//!   time, and is reported in the player's time.
//! - No peer and no document leads to a panic, a hang or unbounded memory: what is read and kept has a cap.
//! - Every wait has a deadline, the player's or one of [`Profile`]'s `timing`.
//!
//! # Limits
//!
//! - Policies for data over HTTP (`crossdomain.xml`) are not simulated yet, nor is TLS.
//! - Linux: down, up and firewalled on one port rest on how its sockets behave. Elsewhere nothing was tried.

#[cfg(any(feature = "analysis", feature = "scenario"))]
pub mod analysis;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod client;
mod debug_as_text;
#[cfg(feature = "scenario")]
mod excerpt;
#[cfg(feature = "scenario")]
mod files;
pub mod fixture;
#[cfg(feature = "harness")]
pub mod harness;
mod ids;
mod or_panic;
pub mod player;
pub mod policy;
#[cfg(feature = "rstest")]
pub mod rstest;
pub mod rules;
#[cfg(feature = "scenario")]
pub mod scenario;
pub mod stage;
#[cfg(feature = "torture")]
pub mod torture;
pub mod wire;

pub use client::{ConnectError, FlashClient, FlashSocket, Network, Outcome, XmlSocket, blocking};
pub use fixture::{Backend, Journal, PolicyServer, Port, RunningBackend};
#[cfg(feature = "process")]
pub use fixture::{ServerUnderTest, StartError};
pub use player::{
    Cause, Endpoint, Evaluator, InvalidEndpoint, InvalidSwf, PlayerEvent, Profile, Sandbox, Swf, Verdict,
};
pub use policy::PolicyFile;
pub use stage::Stage;
