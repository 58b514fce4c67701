//! One player session: its policy cache and its registered locations (rulebook C, L14).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::Answer;
use super::endpoint::{Endpoint, canonical_host, is_host};
use super::profile::{CacheKey, Profile};
use crate::diagnostics::{Diagnostic, rules};

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
    /// What was named with `loadPolicyFile`.
    pub(super) explicit: Vec<Endpoint>,
    /// What was said of the URLs among it that name nothing.
    pub(super) ignored: Vec<Diagnostic>,
    loads: BTreeMap<Key, Load>,
    addresses: BTreeMap<String, IpAddr>,
}

type Key = (String, u16);

#[derive(Clone, Debug)]
pub(super) enum Load {
    InProgress,
    Done(Arc<Answer>),
}

impl Session {
    /// A session that has loaded nothing yet.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            explicit: Vec::new(),
            ignored: Vec::new(),
            loads: BTreeMap::new(),
            addresses: BTreeMap::new(),
        }
    }

    /// `Security.loadPolicyFile`: registers a location, which is asked when a later connect needs it (L14). As in
    /// the player nothing is reported if the URL is no `xmlsocket://host:port` (L15): outcomes carry FSP-S11.
    pub fn load_policy_file(&mut self, url: &str) {
        match parse_location(url) {
            Some(location) if self.explicit.contains(&location) => {}
            Some(location) => self.explicit.push(location),
            None => self.ignored.push(Diagnostic::new(rules::S11, &[("url", url)])),
        }
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
            self.loads.remove(&self.key(location));
        }
    }

    pub(super) fn load(&self, location: &Endpoint) -> Option<&Load> {
        self.loads.get(&self.key(location))
    }

    pub(super) fn begin(&mut self, location: &Endpoint) {
        self.loads.insert(self.key(location), Load::InProgress);
    }

    pub(super) fn finish(&mut self, location: &Endpoint, answer: Arc<Answer>) {
        let key = self.key(location);
        if answer.policy.is_some() || self.profile.lookup.cache_failures {
            self.loads.insert(key, Load::Done(answer));
        } else {
            self.loads.remove(&key);
        }
    }

    fn key(&self, location: &Endpoint) -> Key {
        let host = location.host();
        let address = match self.profile.lookup.cache_key {
            CacheKey::Host => None,
            CacheKey::Address => self.addresses.get(host),
        };
        let name = address.map_or_else(|| host.to_owned(), IpAddr::to_string);
        (name, location.port())
    }
}

/// `xmlsocket://host:port`, the only form that can authorise a socket (rulebook L15, W12).
pub fn parse_location(url: &str) -> Option<Endpoint> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, _) = rest.rsplit_once(':')?;
    if !scheme.eq_ignore_ascii_case("xmlsocket") || !is_host(host) {
        return None;
    }
    rest.parse().ok()
}
