//! [`Stage`]: servers, backends and clients on one map.
//!
//! It puts together what [`server`](crate::server) and [`client`](crate::client) offer. It knows no
//! rule of the player.

mod builder;

use std::collections::BTreeMap;
use std::sync::Arc;

use flash_policy_core::or_panic;
use flash_policy_core::player::{Endpoint, Evaluator, InvalidSwf, Profile, Swf};
use flash_policy_net::RealTime;

use crate::client::{FlashClient, Network, blocking};
use crate::server::{Host, Node, PolicyServer, RunningBackend};

pub use builder::{StageBuilder, StageError};

/// Policy servers, backends and the clients that meet them, by logical endpoint.
///
/// A connection to an endpoint that is not on the stage is refused.
///
/// A stage serves `#[test]` and `#[tokio::test]` alike, because its servers run in a thread of
/// their own. Slowness and silence that its servers declare cost no time: the player's clock jumps,
/// and the outcome reports the player's time.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_fixture::{Cause, PolicyServer, Stage, wire::Fault};
///
/// let stage = Stage::builder()
///     .policy("game.example.com:843", PolicyServer::builder().fault(Fault::Silent))
///     .start();
/// let client = stage.blocking_swf("http://www.example.com/game.swf");
/// let outcome = client.connect("game.example.com", 5000);
/// assert_eq!(outcome.cause(), Cause::NoPolicy);
/// assert_eq!(outcome.decided_at(), Duration::from_secs(3));
/// assert_eq!(stage.real_timers(), 0);
/// ```
#[derive(Debug)]
pub struct Stage {
    /// Declared first, so that it is dropped before the servers: they judge their traffic when it
    /// is complete.
    _host: Host,
    nodes: BTreeMap<Endpoint, Arc<Node>>,
    policy_servers: BTreeMap<Endpoint, PolicyServer>,
    backends: BTreeMap<Endpoint, RunningBackend>,
    unknown_hosts: Vec<String>,
    profile: Profile,
    real_time: RealTime,
}

impl Stage {
    /// Returns a builder for a stage with nothing on it yet.
    pub fn builder() -> StageBuilder {
        StageBuilder::new()
    }

    /// Creates a client with a new player session. The SWF is a URL, or a
    /// [`Sandbox`](crate::Sandbox).
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if the text is not the URL of a SWF.
    #[track_caller]
    pub fn swf(&self, swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> FlashClient {
        FlashClient::new(parsed(swf))
            .profile(self.profile.clone())
            .network(self.network())
            .counting_on(self.real_time.clone())
    }

    /// Creates a blocking client with a new player session, for tests without a runtime.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if the text is not the URL of a SWF.
    #[track_caller]
    pub fn blocking_swf(
        &self,
        swf: impl TryInto<Swf, Error: Into<InvalidSwf>>,
    ) -> blocking::FlashClient {
        blocking::FlashClient::new(self.swf(swf))
    }

    /// Creates an evaluator with a new player session, which needs no network. It knows the
    /// endpoints of this stage as they are now; later changes do not reach it.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if the text is not the URL of a SWF.
    #[track_caller]
    pub fn evaluator(&self, swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Evaluator {
        let mut evaluator = Evaluator::with_profile(parsed(swf), self.profile.clone());
        for (endpoint, node) in &self.nodes {
            evaluator.declare(endpoint.clone(), node.declaration_now());
        }
        for host in &self.unknown_hosts {
            evaluator.unknown_name(host);
        }
        evaluator
    }

    /// Returns the policy server at a logical `host:port`.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if there is none, or if `at` is not a `host:port`.
    #[track_caller]
    pub fn policy_server(&self, at: &str) -> &PolicyServer {
        find(&self.policy_servers, at, "policy server")
    }

    /// Returns the backend at a logical `host:port`.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if there is none, or if `at` is not a `host:port`.
    #[track_caller]
    pub fn backend(&self, at: &str) -> &RunningBackend {
        find(&self.backends, at, "backend")
    }

    /// Returns the map of this stage, for a client that you create yourself.
    pub fn network(&self) -> Network {
        let mut network = Network::new();
        for (endpoint, node) in &self.nodes {
            network.route(endpoint.clone(), node.route());
        }
        for host in &self.unknown_hosts {
            network.unknown_name(host);
        }
        network
    }

    /// Returns the number of real timers that this stage and its clients have armed so far. It
    /// stays 0 unless something waited for a peer that is not of this crate.
    pub fn real_timers(&self) -> usize {
        self.real_time.armed()
    }

    /// Stops every server. All ports of the stage refuse when this returns.
    ///
    /// Dropping the stage does the same.
    ///
    /// # Panics
    ///
    /// Panics if a policy server did not see the traffic that it expects.
    pub fn stop(self) {}
}

#[track_caller]
fn parsed(swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Swf {
    or_panic(swf.try_into().map_err(Into::into))
}

#[track_caller]
fn find<'a, T>(servers: &'a BTreeMap<Endpoint, T>, at: &str, what: &str) -> &'a T {
    let endpoint: Endpoint = or_panic(at.parse());
    or_panic(servers.get(&endpoint).ok_or_else(|| {
        let present: Vec<String> = servers.keys().map(Endpoint::to_string).collect();
        let present = if present.is_empty() { "none".to_owned() } else { present.join(", ") };
        format!("there is no {what} at {endpoint} on this stage; there is: {present}")
    }))
}
