//! Servers, backends and clients on one map.

mod builder;

use std::collections::BTreeMap;

use flash_policy_core::or_panic;
use flash_policy_core::player::{Endpoint, Evaluator, InvalidSwf, Profile, Swf};
use flash_policy_net::RealTime;

use crate::client::{FlashClient, Network, blocking};
use crate::server::{Host, Node, PolicyServer, RunningBackend};

pub use builder::{StageBuilder, StageError};

/// Policy servers, backends and the clients that meet them, by logical endpoint. What is not on the stage refuses.
///
/// It has a face for `#[test]` and for `#[tokio::test]`: its servers run in a thread of their own. What they declare
/// to be slow or silent costs no time: the player's clock jumps, and the outcome reports the player's time.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_fixture::{Cause, PolicyServer, Stage, wire::Fault};
///
/// let stage = Stage::builder()
///     .policy("game.example.com:843", PolicyServer::builder().fault(Fault::Silent))
///     .start();
/// let outcome = stage.blocking_swf("http://www.example.com/game.swf").connect("game.example.com", 5000);
/// assert_eq!(outcome.cause(), Cause::NoPolicy);
/// assert_eq!(outcome.decided_at(), Duration::from_secs(3));
/// assert_eq!(stage.real_timers(), 0);
/// ```
#[derive(Debug)]
pub struct Stage {
    /// Stopped before the servers, which judge their traffic when it is complete.
    _host: Host,
    nodes: BTreeMap<Endpoint, std::sync::Arc<Node>>,
    policy_servers: BTreeMap<Endpoint, PolicyServer>,
    backends: BTreeMap<Endpoint, RunningBackend>,
    unknown: Vec<String>,
    profile: Profile,
    real_time: RealTime,
}

impl Stage {
    /// A stage to be.
    pub fn builder() -> StageBuilder {
        StageBuilder::new()
    }

    /// A new player session of this SWF: a URL, or a [`Sandbox`](crate::Sandbox).
    ///
    /// # Panics
    ///
    /// At the caller's line, if the text is not the URL of a SWF.
    #[track_caller]
    pub fn swf(&self, swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> FlashClient {
        FlashClient::new(parsed(swf))
            .profile(self.profile.clone())
            .network(self.network())
            .counting_on(self.real_time.clone())
    }

    /// A new player session of this SWF, for tests without a runtime.
    ///
    /// # Panics
    ///
    /// At the caller's line, if the text is not the URL of a SWF.
    #[track_caller]
    pub fn blocking_swf(
        &self,
        swf: impl TryInto<Swf, Error: Into<InvalidSwf>>,
    ) -> blocking::FlashClient {
        blocking::FlashClient::new(self.swf(swf))
    }

    /// A new player session of this SWF before the same endpoints as they are now, without a network.
    ///
    /// # Panics
    ///
    /// At the caller's line, if the text is not the URL of a SWF.
    #[track_caller]
    pub fn evaluator(&self, swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Evaluator {
        let mut evaluator = Evaluator::with_profile(parsed(swf), self.profile.clone());
        for (endpoint, node) in &self.nodes {
            evaluator.declare(endpoint.clone(), node.declaration_now());
        }
        for host in &self.unknown {
            evaluator.unknown_name(host);
        }
        evaluator
    }

    /// The policy server at a logical endpoint.
    ///
    /// # Panics
    ///
    /// At the caller's line, if there is none.
    #[track_caller]
    pub fn policy_server(&self, at: &str) -> &PolicyServer {
        found(&self.policy_servers, at, "policy server")
    }

    /// The backend at a logical endpoint.
    ///
    /// # Panics
    ///
    /// At the caller's line, if there is none.
    #[track_caller]
    pub fn backend(&self, at: &str) -> &RunningBackend {
        found(&self.backends, at, "backend")
    }

    /// The map of the stage, for a client that is made by hand.
    pub fn network(&self) -> Network {
        let mut network = Network::new();
        for (endpoint, node) in &self.nodes {
            network.route(endpoint.clone(), node.route());
        }
        for host in &self.unknown {
            network.unknown_name(host);
        }
        network
    }

    /// How many real timers this stage and its clients have armed so far: none, as long as nobody waited for a peer
    /// that is not of this crate.
    pub fn real_timers(&self) -> usize {
        self.real_time.armed()
    }

    /// Stops it: every port of it refuses when this returns, and what was expected of its servers is judged.
    pub fn stop(self) {}
}

#[track_caller]
fn parsed(swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Swf {
    or_panic(swf.try_into().map_err(Into::into))
}

#[track_caller]
fn found<'a, T>(standing: &'a BTreeMap<Endpoint, T>, at: &str, what: &str) -> &'a T {
    let endpoint: Endpoint = or_panic(at.parse());
    or_panic(standing.get(&endpoint).ok_or_else(|| {
        let there: Vec<String> = standing.keys().map(Endpoint::to_string).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        format!("there is no {what} at {endpoint} on this stage; there is: {there}")
    }))
}
