//! The map from logical endpoints to real addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use flash_policy_core::player::{Endpoint, canonical_host};

use super::Declared;

/// The map from logical endpoints to real addresses. What is not mapped is refused.
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

/// Where a logical endpoint really is: an address, or a server of this crate, whose silences cost no time.
#[derive(Clone, Debug)]
pub struct Route {
    pub(crate) address: SocketAddr,
    pub(crate) declared: Option<Arc<dyn Declared>>,
}

impl Network {
    /// A map of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Maps `at` to an address, or to a running [`PolicyServer`](crate::PolicyServer) or
    /// [`RunningBackend`](crate::RunningBackend).
    pub fn route(&mut self, at: Endpoint, route: impl Into<Route>) {
        self.routes.insert(at, route.into());
    }

    /// Makes a host's name one that does not resolve.
    pub fn unknown_name(&mut self, host: &str) {
        self.unknown.insert(canonical_host(host));
    }

    pub(crate) fn find(&self, at: &Endpoint) -> Option<&Route> {
        self.routes.get(at)
    }

    /// Returns where an endpoint really is; `None` where nothing is mapped.
    pub fn address(&self, at: &Endpoint) -> Option<SocketAddr> {
        self.find(at).map(|route| route.address)
    }

    pub(crate) fn is_unknown(&self, host: &str) -> bool {
        self.unknown.contains(host)
    }
}

impl From<SocketAddr> for Route {
    fn from(address: SocketAddr) -> Self {
        Self { address, declared: None }
    }
}
