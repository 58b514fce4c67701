//! The map from logical endpoints to real addresses.
//!
//! It only stores the map. The clients look endpoints up and connect.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use flash_policy_core::player::{Endpoint, PickedPort, canonical_host};

use super::Declared;

/// The map from logical endpoints to real addresses.
///
/// A connection to an endpoint that is not mapped is refused.
///
/// ```
/// use std::net::SocketAddr;
/// use flash_policy_fixture::Network;
///
/// let mut network = Network::new();
/// network.route("game.example.com:843".parse()?, SocketAddr::from(([127, 0, 0, 1], 49152)));
/// network.unknown_name("gone.example.com");
/// # Ok::<(), flash_policy_fixture::InvalidEndpoint>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Network {
    routes: BTreeMap<Endpoint, Route>,
    unknown: BTreeSet<String>,
}

/// The real place of a logical endpoint: an address, or a server of this crate.
///
/// A wait for a server of this crate takes no real time. A wait for a bare address does.
#[derive(Clone, Debug)]
pub struct Route {
    pub(crate) address: SocketAddr,
    pub(crate) declared: Option<Arc<dyn Declared>>,
    picked: Option<PickedPort>,
}

impl Route {
    /// Creates a route to a server on a port that was picked for it.
    ///
    /// A policy that lists this port, and not that of the logical endpoint, is told as that.
    /// `instead` says how the server gets its own port: one imperative sentence, without a full
    /// stop.
    pub fn picked(address: SocketAddr, instead: impl Into<String>) -> Self {
        let picked = PickedPort::new(address.port(), instead);
        Self { picked: Some(picked), ..Self::from(address) }
    }

    pub(crate) fn declared(address: SocketAddr, declared: Arc<dyn Declared>) -> Self {
        Self { declared: Some(declared), ..Self::from(address) }
    }
}

impl Network {
    /// Creates an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Maps `at` to an address, or to a running [`PolicyServer`](crate::PolicyServer) or
    /// [`RunningBackend`](crate::RunningBackend). It replaces an earlier route of `at`.
    pub fn route(&mut self, at: Endpoint, route: impl Into<Route>) {
        self.routes.insert(at, route.into());
    }

    /// Makes a host name one that does not resolve.
    pub fn unknown_name(&mut self, host: &str) {
        self.unknown.insert(canonical_host(host));
    }

    /// Returns the real address of an endpoint, or `None` if the endpoint is not mapped.
    pub fn address(&self, at: &Endpoint) -> Option<SocketAddr> {
        self.find(at).map(|route| route.address)
    }

    pub(crate) fn find(&self, at: &Endpoint) -> Option<&Route> {
        self.routes.get(at)
    }

    /// Returns the picked ports, each with the endpoint for which it stands.
    pub(crate) fn picked(&self) -> impl Iterator<Item = (&Endpoint, &PickedPort)> {
        self.routes.iter().filter_map(|(at, route)| Some((at, route.picked.as_ref()?)))
    }

    pub(crate) fn is_unknown(&self, host: &str) -> bool {
        self.unknown.contains(host)
    }
}

impl From<SocketAddr> for Route {
    fn from(address: SocketAddr) -> Self {
        Self { address, declared: None, picked: None }
    }
}
