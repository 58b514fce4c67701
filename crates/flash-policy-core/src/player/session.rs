//! One player session: its policy cache and its registered locations (rulebook C, L14).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::Answer;
use super::endpoint::{Endpoint, canonical_host};
use super::picked_port::PickedPort;
use super::profile::{CacheKey, Profile};
use super::socket::policies::{CacheEntry, Load, SocketPolicies};

/// One player session. The policies that it has loaded stay valid until it ends (rulebook C1), and
/// its concurrent lookups share a load in progress (C4).
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
    pub(super) picked: BTreeMap<Endpoint, PickedPort>,
}

impl Session {
    /// Creates a session that has loaded nothing yet.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            socket: SocketPolicies::default(),
            addresses: BTreeMap::new(),
            picked: BTreeMap::new(),
        }
    }

    /// Registers a location, as `Security.loadPolicyFile` does. A later connect asks it when needed
    /// (L14).
    ///
    /// As in the player, a URL that is not `xmlsocket://host:port` (L15) causes no error here. The
    /// outcomes of later connects carry the diagnostic FSP-S11.
    pub fn load_policy_file(&mut self, url: &str) {
        self.socket.register(url);
    }

    /// Sets the address of a host, for a profile that caches policies by address (Q9).
    pub fn resolve(&mut self, host: &str, address: IpAddr) {
        self.addresses.insert(canonical_host(host), address);
    }

    /// Tells the session of a port that was picked to stand for `endpoint`. It changes no verdict:
    /// the advice to a policy that lists this port is another.
    pub fn pick(&mut self, endpoint: Endpoint, port: PickedPort) {
        self.picked.insert(endpoint, port);
    }

    /// Returns the profile of this session's player.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Returns the cached answer of a location that this session has asked.
    pub fn answer(&self, location: &Endpoint) -> Option<&Arc<Answer>> {
        match self.load(location) {
            Some(Load::Done(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Returns true while a lookup of this session is asking `location` (C4).
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
