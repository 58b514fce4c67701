//! The meaning of one policy file at the place where it is served.

use crate::document::{DomainPattern, MetaPolicy, PolicyFile};
use crate::player::rejection;
use crate::player::socket::grant::{Terms, meta_policy};
use crate::player::{MASTER_PORT, MalformedMaster, Profile};

/// The meaning of one policy file: its grants, and the other policy files of the host that it lets
/// count.
pub(super) struct Meaning<'a> {
    /// The requesters that the file names, with the ports that it opens to them.
    pub(super) grants: Vec<(&'a DomainPattern, Terms<'a>)>,
    /// The meta-policy. `None` if the file is not the master, so that its `site-control` is ignored
    /// (rulebook M1).
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
        let rules = if counts { policy.allow_access_from() } else { &[] };
        let grants = rules
            .iter()
            .filter_map(|rule| {
                Some((rule.domain()?, Terms::of(rule, served_from, &profile.document)))
            })
            .collect();
        Self { grants, meta_policy }
    }
}
