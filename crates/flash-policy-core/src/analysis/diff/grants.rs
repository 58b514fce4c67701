//! What one policy file means where it is served.

use crate::document::{DomainPattern, MetaPolicy, PolicyFile};
use crate::player::rejection;
use crate::player::socket::grant::{Terms, meta_policy};
use crate::player::{MASTER_PORT, MalformedMaster, Profile};

/// What one policy file means: its grants, and which other policy files of the host it lets count.
pub(super) struct Meaning<'a> {
    /// Whom it opens something to, and what.
    pub(super) grants: Vec<(&'a DomainPattern, Terms<'a>)>,
    /// The meta-policy; `None` where the file is not the master, in which it is ignored (rulebook M1).
    pub(super) meta_policy: Option<MetaPolicy>,
}

impl<'a> Meaning<'a> {
    pub(super) fn of(policy: &'a PolicyFile, served_from: u16, profile: &Profile) -> Self {
        let is_rejected = rejection(policy, &profile.document).is_some();
        let meta_policy =
            (served_from == MASTER_PORT).then(|| match profile.lookup.malformed_master {
                MalformedMaster::Deny if is_rejected => MetaPolicy::None,
                MalformedMaster::Continue if is_rejected => MetaPolicy::All,
                _ => meta_policy(policy, &profile.document).unwrap_or(MetaPolicy::All),
            });
        let counts = !is_rejected && meta_policy != Some(MetaPolicy::None);
        let rules = policy.allow_access_from().iter().filter(|_| counts);
        let grants = rules
            .filter_map(|rule| {
                Some((rule.domain()?, Terms::of(rule, served_from, &profile.document)))
            })
            .collect();
        Self { grants, meta_policy }
    }
}
