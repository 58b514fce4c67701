//! The socket policies of a session: the registered locations, and the policies that were loaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostics::{Diagnostic, rules};
use crate::player::answer::Answer;
use crate::player::endpoint::{Endpoint, is_host};

/// The socket policies that one player session knows.
#[derive(Clone, Debug, Default)]
pub(in crate::player) struct SocketPolicies {
    /// The locations named with `loadPolicyFile`.
    pub(in crate::player) explicit: Vec<Endpoint>,
    /// The diagnostics for URLs that name no location.
    pub(in crate::player) ignored: Vec<Diagnostic>,
    loads: BTreeMap<CacheEntry, Load>,
}

impl SocketPolicies {
    pub(in crate::player) fn register(&mut self, url: &str) {
        match parse_location(url) {
            Some(location) if self.explicit.contains(&location) => {}
            Some(location) => self.explicit.push(location),
            None => {
                let help = format!("pass xmlsocket://HOST:PORT instead of {url}");
                let diagnostic = rules::load_policy_file_wrong_scheme().with_help(help);
                self.ignored.push(diagnostic.identified_by(&[url]));
            }
        }
    }

    pub(in crate::player) fn load(&self, entry: &CacheEntry) -> Option<&Load> {
        self.loads.get(entry)
    }

    pub(in crate::player) fn begin(&mut self, entry: CacheEntry) {
        self.loads.insert(entry, Load::InProgress);
    }

    pub(in crate::player) fn finish(
        &mut self,
        entry: CacheEntry,
        answer: Arc<Answer>,
        is_remembered: bool,
    ) {
        if is_remembered {
            self.loads.insert(entry, Load::Done(answer));
        } else {
            self.loads.remove(&entry);
        }
    }

    pub(in crate::player) fn forget(&mut self, entry: &CacheEntry) {
        self.loads.remove(entry);
    }
}

/// The name or address, and the port, under which a policy is cached.
pub(in crate::player) type CacheEntry = (String, u16);

/// The load of one location.
#[derive(Clone, Debug)]
pub(in crate::player) enum Load {
    InProgress,
    Done(Arc<Answer>),
}

/// Parses `xmlsocket://host:port`, the only form of URL that can authorise a socket (rulebook L15,
/// W12). The port is required.
pub fn parse_location(url: &str) -> Option<Endpoint> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, _) = rest.rsplit_once(':')?;
    if !scheme.eq_ignore_ascii_case("xmlsocket") || !is_host(host) {
        return None;
    }
    rest.parse().ok()
}
