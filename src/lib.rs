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
//! - [`rules`]: the catalogue of diagnostics; [`wire`]: the bytes, and scripts of what a peer does;
//!   [`player`]: the rules.
//!
//! Scenario files are in `flash-policy-scenario`, conformance checks of a live server in
//! `flash-policy-conformance`, and the rules alone, without sockets, in `flash-policy-core`.
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

pub mod client;
#[cfg(feature = "rstest")]
pub mod fixtures;
mod net;
#[cfg(feature = "process")]
pub mod process;
pub mod server;
pub mod stage;

/// The policy document: parsed from bytes, built in code, written back.
pub use flash_policy_core::document as policy;
pub use flash_policy_core::{player, wire};

/// The catalogue of public rule ids, and what is found under them.
pub mod rules {
    pub use flash_policy_core::diagnostics::rules::*;
    pub use flash_policy_core::diagnostics::{Diagnostic, Position, Rule, Severity};
}

pub use client::{ConnectError, FlashClient, FlashSocket, Network, Outcome, XmlSocket, blocking};
pub use flash_policy_core::{
    Cause, Endpoint, Evaluator, InvalidEndpoint, InvalidSwf, PlayerEvent, PolicyFile, Profile,
    Sandbox, Swf, Verdict,
};
#[cfg(feature = "process")]
pub use process::{ServerUnderTest, StartError};
pub use server::{Backend, Journal, PolicyServer, Port, RunningBackend};
pub use stage::Stage;
