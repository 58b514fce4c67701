//! The difference in meaning of two socket policies.
//!
//! `grants` has the meaning of one policy, `origins` divides all requesters along the domains that
//! either policy names, `port_set` computes with ports, `differences` finds the differences, and
//! `text` writes them. No requester or port is tried out: sets are subtracted.

mod differences;
mod grants;
mod origins;
mod port_set;
mod text;

use self::differences::{changes, differences};
use self::grants::Meaning;
use self::origins::regions;

pub use self::port_set::PortSet;
use crate::document::{DomainPattern, MetaPolicy, PolicyFile};
use crate::ids;
use crate::player::socket::grant::granting_rule;
use crate::player::{Profile, Swf};
use crate::source_text::Position;

/// The exact difference between what two policies permit. Its `Display` is one line for each
/// difference, or `no change in meaning`.
///
/// ```
/// use flash_policy_core::analysis::{Diff, Direction};
/// use flash_policy_core::player::MASTER_PORT;
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let old = PolicyFile::builder().allow("*.example.com", 5000).build();
/// let new = PolicyFile::builder()
///     .allow("*.example.com", "5000,6000-6010")
///     .allow("example.com", 5000)
///     .build();
/// let diff = Diff::between(&old, &new, MASTER_PORT, &Profile::default());
/// assert!(diff.widens());
/// assert_eq!(diff.changes()[0].direction(), Direction::NewlyPermitted);
/// assert_eq!(
///     diff.to_string(),
///     "newly permitted: *.example.com may connect to 6000-6010, \
///      for example http://www.example.com/game.swf to port 6000"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    changes: Vec<Change>,
    meta_policy: Option<MetaPolicyChange>,
}

impl Diff {
    /// Returns the difference between two policies served from the logical port `served_from`, as
    /// this player reads them.
    ///
    /// On 843 the policies are masters: their meta-policies count, and `none` voids their own
    /// grants (rulebook L5). On other ports a `site-control` is ignored (M1). From port 1024 on, no
    /// lower port is granted (P1).
    pub fn between(
        old: &PolicyFile,
        new: &PolicyFile,
        served_from: u16,
        profile: &Profile,
    ) -> Self {
        let meanings = [old, new].map(|policy| Meaning::of(policy, served_from, profile));
        let meta_policy = match [&meanings[0], &meanings[1]].map(|meaning| meaning.meta_policy) {
            [Some(old), Some(new)] => Some(MetaPolicyChange { old, new }),
            _ => None,
        };
        let regions = regions(meanings, &profile.document);
        let mut changes = changes(&differences(&regions), &regions);
        for change in &mut changes {
            change.rule = change.granting_rule(new, served_from, profile);
        }
        Self { changes, meta_policy: meta_policy.filter(MetaPolicyChange::matters) }
    }

    /// Returns the differences in what the policies themselves grant, newly permitted ones first.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns the change in whether other policy files of the host count.
    pub fn meta_policy(&self) -> Option<&MetaPolicyChange> {
        self.meta_policy.as_ref()
    }

    /// Returns true if the two policies mean the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.meta_policy.is_none()
    }

    /// Returns true if the new policy permits anything that the old one does not, or lets other
    /// policy files do so.
    pub fn widens(&self) -> bool {
        let permits = |change: &Change| change.direction == Direction::NewlyPermitted;
        self.changes.iter().any(permits) || self.meta_policy.is_some_and(|change| change.widens())
    }
}

/// Requesters, from one or more origins, that are newly permitted or newly denied the same ports.
/// No two changes of a difference overlap.
///
/// ```
/// use flash_policy_core::analysis::{Diff, Direction, Scheme};
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let old = PolicyFile::builder().allow("a.com", 5000).build();
/// let new = PolicyFile::builder().allow_secure("a.com", 5000).build();
/// let diff = Diff::between(&old, &new, 843, &Profile::default());
/// let change = &diff.changes()[0];
/// assert_eq!(change.direction(), Direction::NewlyDenied);
/// assert_eq!(change.scheme(), Scheme::Http);
/// assert_eq!(change.origins()[0].to_string(), "a.com");
/// assert_eq!(change.ports().to_string(), "5000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    direction: Direction,
    origins: Vec<Origin>,
    scheme: Scheme,
    ports: PortSet,
    witness: Witness,
    rule: Option<Position>,
}

impl Change {
    /// Returns the direction: newly permitted or newly denied.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Returns the origins of the requesters: at least one, and no two of them overlap.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Returns the scheme that the requesters' SWFs were loaded over.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the ports: at least one.
    pub fn ports(&self) -> &PortSet {
        &self.ports
    }

    /// Returns an example.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// Returns the position of the first rule of the new policy that permits the example. It is
    /// `None` for a denial, and for a policy that was built in code.
    pub fn rule(&self) -> Option<Position> {
        self.rule
    }

    fn granting_rule(
        &self,
        new: &PolicyFile,
        served_from: u16,
        profile: &Profile,
    ) -> Option<Position> {
        if self.direction != Direction::NewlyPermitted {
            return None;
        }
        let Witness { swf, port } = &self.witness;
        granting_rule(new, served_from, swf, *port, &profile.document)?.position()
    }
}

ids! {
    /// The direction of a change: which of the two policies permits something that the other does
    /// not.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Direction {
        /// Only the new policy permits it.
        NewlyPermitted = "newly-permitted",
        /// Only the old policy permits it.
        NewlyDenied = "newly-denied",
    }
}

ids! {
    /// The scheme that the SWFs of a change were loaded over, which matters for `secure` (rulebook
    /// X9).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Scheme {
        /// Any scheme.
        Any = "any",
        /// Not HTTPS. This includes local-with-networking SWFs.
        Http = "http",
        /// HTTPS.
        Https = "https",
    }
}

/// The requesters that a pattern names, except those that narrower patterns name. Displayed as
/// `*.a.com (except www.a.com)`.
///
/// `*` also names local-with-networking SWFs, which are never loaded over HTTPS (rulebook D2).
///
/// ```
/// use flash_policy_core::analysis::Diff;
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let old = PolicyFile::builder().allow("*.a.com", 5000).build();
/// let new = PolicyFile::builder().allow("a.com", 5000).build();
/// let diff = Diff::between(&old, &new, 843, &Profile::default());
/// let origin = &diff.changes()[0].origins()[0];
/// assert_eq!(origin.to_string(), "*.a.com (except a.com)");
/// assert_eq!(origin.except(), ["a.com".parse()?]);
/// # Ok::<(), flash_policy_core::document::InvalidRule>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pattern: DomainPattern,
    except: Vec<DomainPattern>,
}

impl Origin {
    /// Returns the pattern that names the requesters.
    pub fn pattern(&self) -> &DomainPattern {
        &self.pattern
    }

    /// Returns the narrower patterns whose requesters are excepted.
    pub fn except(&self) -> &[DomainPattern] {
        &self.except
    }
}

/// One requester and one port of a [`Change`], for which the two policies really differ.
///
/// ```
/// use flash_policy_core::analysis::Diff;
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let new = PolicyFile::builder().allow("*.a.com", "5000-5010").build();
/// let diff = Diff::between(&PolicyFile::builder().build(), &new, 843, &Profile::default());
/// let witness = diff.changes()[0].witness();
/// assert_eq!((witness.swf().host(), witness.port()), (Some("www.a.com"), 5000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    swf: Swf,
    port: u16,
}

impl Witness {
    /// Returns the SWF that asks.
    pub fn swf(&self) -> &Swf {
        &self.swf
    }

    /// Returns the port that it asks for.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// A change in whether the master lets other policy files of its host count.
///
/// `none` and `master-only` differ only in what the master itself grants, so [`Diff::changes`] has
/// that difference.
///
/// ```
/// use flash_policy_core::analysis::Diff;
/// use flash_policy_core::document::MetaPolicy;
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let old = PolicyFile::builder().site_control(MetaPolicy::MasterOnly).build();
/// let diff = Diff::between(&old, &PolicyFile::builder().build(), 843, &Profile::default());
/// let change = diff.meta_policy().expect("a master without site-control lets all others count");
/// assert_eq!(change.before(), MetaPolicy::MasterOnly);
/// assert_eq!(change.after(), MetaPolicy::All);
/// assert!(change.widens());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetaPolicyChange {
    old: MetaPolicy,
    new: MetaPolicy,
}

impl MetaPolicyChange {
    /// Returns the effective meta-policy of the old policy: `all` if it has none, and the strictest
    /// if it has several.
    pub fn before(&self) -> MetaPolicy {
        self.old
    }

    /// Returns the effective meta-policy of the new policy.
    pub fn after(&self) -> MetaPolicy {
        self.new
    }

    /// Returns true if other policy files count now but did not before.
    pub fn widens(&self) -> bool {
        self.new == MetaPolicy::All
    }

    fn matters(&self) -> bool {
        (self.old == MetaPolicy::All) != (self.new == MetaPolicy::All)
    }
}
