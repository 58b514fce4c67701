//! Test Flash socket policies the way a Flash Player meets them.
//!
//! Before a SWF may open a socket to `host:port`, Flash Player looks up a policy file. It asks
//! `host:843` first, and then perhaps the port itself. It sends 23 bytes, `<policy-file-request/>`
//! and a NUL, and reads XML up to a NUL. A *new* connection then carries the data.
//!
//! This crate plays every part on loopback: a **policy server** and a **fake backend** on random
//! ports, and a **simulated Flash client** that performs the exact handshake, either against them
//! or against your own server. The [`Outcome`] says whether the connection is permitted, denied, or
//! permitted but unreachable, and why.
//!
//! ```
//! use flash_policy_fixture::{Backend, Cause, PolicyFile, Stage};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! // Logical names and ports, as in production. The stage maps them to free ports of this machine.
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
//! // The policy still permits the connection, but the player will blame the policy.
//! stage.backend("game.example.com:5000").down();
//! let outcome = ours.connect("game.example.com", 5000).await.expect_unreachable();
//! assert_eq!(outcome.cause(), Cause::BackendRefused);
//! # });
//! ```
//!
//! # Where to start
//!
//! - [`Stage`]: servers, backends and clients on one map. **Start here.**
//! - [`FlashClient`] and [`blocking::FlashClient`]: the client alone, to test your own servers.
//! - [`PolicyServer`] and [`Backend`]: the servers alone, to test your own clients.
//! - [`Evaluator`]: the same verdicts without a network.
//! - [`PolicyFile`]: the document, parsed with diagnostics or built in code.
//! - [`Profile`]: the simulated player, with every choice that Adobe's documents leave open.
#![cfg_attr(feature = "process", doc = "- [`ServerUnderTest`]: a real server as a child process.")]
//! - [`player`]: the player's rules. [`wire`]: the bytes, and scripts for what a peer does.
//!   [`rules`]: the catalogue of diagnostics.
//!
//! The neighbouring crates of the workspace:
//!
//! - `flash-policy-core`: the rules alone, without sockets. This crate re-exports what it needs.
//! - `flash-policy-net`: the real clock, and one TCP connection to a live server.
//! - `flash-policy-scenario`: scenario files, which declare policies, backends and cases as data.
//! - `flash-policy-conformance`: conformance checks of a live policy server.
//! - `flash-policy`: the command, for CI in any language.
//!
//! # Guarantees
//!
//! - A server listens before its `start()` returns. Its port refuses connections before its
//!   `stop()` or its drop returns.
//! - A verdict does not depend on how busy the machine is. Slowness and silence that a stage
//!   declares take no real time, and are reported in the player's time.
//! - No peer and no document can cause a panic, a hang or unbounded memory. Everything that is read
//!   or kept of a connection has a cap.
//! - Every wait has a deadline: the player's own, or one of [`Profile`]'s `timing`.
//!
//! # Limits
//!
//! - Policies for data over HTTP (`crossdomain.xml`) and TLS are not simulated yet.
//! - The crate is made for Linux. Switching one port between up, down and firewalled relies on how
//!   Linux sockets behave. Other systems are untested.

pub mod client;
#[cfg(feature = "rstest")]
pub mod fixtures;
mod net;
#[cfg(feature = "process")]
pub mod process;
pub mod server;
pub mod stage;

/// The policy document: parsed from bytes, built in code, and written back.
pub use flash_policy_core::document as policy;
pub use flash_policy_core::{player, wire};

/// The catalogue of public rule ids, and the diagnostics that carry them.
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
