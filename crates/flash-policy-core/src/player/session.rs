//! One player session: its policy cache and its registered locations (rulebook C, L14).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::Answer;
use super::endpoint::{Endpoint, canonical_host};
use super::profile::{CacheKey, Profile};
use super::socket::policies::{CacheEntry, Load, SocketPolicies};

/// One player session. Policies that it has loaded stay valid until it ends (rulebook C1), and its concurrent
/// lookups share a load in progress (C4).
///
/// ```
/// use flash_policy_core::{Profile, player::Session};
///
/// let mut session = Session::new(Profile::flash_10());
/// session.load_policy_file("xmlsocket://game.example.com:2525");
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    profile: Profile,
    pub(super) socket: SocketPolicies,
    addresses: BTreeMap<String, IpAddr>,
}

impl Session {
    /// A session that has loaded nothing yet.
    pub fn new(profile: Profile) -> Self {
        Self { profile, socket: SocketPolicies::default(), addresses: BTreeMap::new() }
    }

    /// `Security.loadPolicyFile`: registers a location, which is asked when a later connect needs it (L14). As in
    /// the player nothing is reported if the URL is no `xmlsocket://host:port` (L15): outcomes carry FSP-S11.
    pub fn load_policy_file(&mut self, url: &str) {
        self.socket.register(url);
    }

    /// Says what address a host has, for a profile that files policies by address (Q9).
    pub fn resolve(&mut self, host: &str, address: IpAddr) {
        self.addresses.insert(canonical_host(host), address);
    }

    /// The choices that this session's player makes.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What became of a location that this session has asked.
    pub fn answer(&self, location: &Endpoint) -> Option<&Arc<Answer>> {
        match self.load(location) {
            Some(Load::Done(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Whether a lookup of this session is asking `location` just now (C4).
    pub fn is_loading(&self, location: &Endpoint) -> bool {
        matches!(self.load(location), Some(Load::InProgress))
    }

    /// Forgets a load in progress whose lookup was given up, so that the next lookup asks again.
    pub fn abandon(&mut self, location: &Endpoint) {
        if self.is_loading(location) {
            self.socket.forget(&self.key(location));
        }
    }

    pub(super) fn load(&self, location: &Endpoint) -> Option<&Load> {
        self.socket.load(&self.key(location))
    }

    pub(super) fn begin(&mut self, location: &Endpoint) {
        self.socket.begin(self.key(location));
    }

    pub(super) fn finish(&mut self, location: &Endpoint, answer: Arc<Answer>) {
        let is_remembered = answer.policy.is_some() || self.profile.lookup.cache_failures;
        self.socket.finish(self.key(location), answer, is_remembered);
    }

    fn key(&self, location: &Endpoint) -> CacheEntry {
        let host = location.host();
        let address = match self.profile.lookup.cache_key {
            CacheKey::Host => None,
            CacheKey::Address => self.addresses.get(host),
        };
        let name = address.map_or_else(|| host.to_owned(), IpAddr::to_string);
        (name, location.port())
    }
}
