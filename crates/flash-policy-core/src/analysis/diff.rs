//! The difference in meaning of two socket policies.
//!
//! `meaning` is what one policy opens, `origins` divides everybody along the domains that either names, `port_set`
//! reckons with ports, `differences` finds what differs, and `text` says it. No requester and no port is tried: sets are
//! subtracted.

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
use crate::player::{Profile, Swf};

/// What one policy permits and another does not, exactly. Its `Display` is a line for each difference, or
/// `no change in meaning`.
///
/// ```
/// use flash_policy_core::analysis::{Diff, Direction};
/// use flash_policy_core::player::MASTER_PORT;
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let old = PolicyFile::builder().allow("*.example.com", 5000).build();
/// let new = PolicyFile::builder().allow("*.example.com", "5000,6000-6010").allow("example.com", 5000).build();
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

/// Requesters, from any of some origins, who are newly permitted or newly denied the same ports. No two changes of a
/// difference overlap.
///
/// ```
/// use flash_policy_core::analysis::{Diff, Direction, Scheme};
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let old = PolicyFile::builder().allow("a.com", 5000).build();
/// let new = PolicyFile::builder().allow_secure("a.com", 5000).build();
/// let diff = Diff::between(&old, &new, 843, &Profile::default());
/// let change = &diff.changes()[0];
/// assert_eq!((change.direction(), change.scheme()), (Direction::NewlyDenied, Scheme::Http));
/// assert_eq!((change.origins()[0].to_string().as_str(), change.ports().to_string().as_str()), ("a.com", "5000"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    direction: Direction,
    origins: Vec<Origin>,
    scheme: Scheme,
    ports: PortSet,
    witness: Witness,
}

ids! {
    /// Which of the two policies permits what the other does not.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Direction {
        /// The new one.
        NewlyPermitted = "newly-permitted",
        /// The old one.
        NewlyDenied = "newly-denied",
    }
}

ids! {
    /// How the SWFs of a change were loaded, which `secure` makes a difference for (rulebook X9).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Scheme {
        /// In any way.
        Any = "any",
        /// Over http; local-with-networking counts as that.
        Http = "http",
        /// Over https.
        Https = "https",
    }
}

/// Whom a pattern names, but for whom some narrower patterns name. Displayed as `*.a.com (except www.a.com)`.
///
/// `*` names local-with-networking SWFs too, which are never loaded over https (rulebook D2).
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

/// A master that lets other policy files of its host count, and did not before, or the reverse.
///
/// `none` and `master-only` differ in what the master itself grants alone, which [`Diff::changes`] says.
///
/// ```
/// use flash_policy_core::analysis::Diff;
/// use flash_policy_core::document::MetaPolicy;
/// use flash_policy_core::{PolicyFile, Profile};
///
/// let old = PolicyFile::builder().site_control(MetaPolicy::MasterOnly).build();
/// let diff = Diff::between(&old, &PolicyFile::builder().build(), 843, &Profile::default());
/// let change = diff.meta_policy().expect("a master without site-control lets all others count");
/// assert_eq!((change.before(), change.after(), change.widens()), (MetaPolicy::MasterOnly, MetaPolicy::All, true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetaPolicyChange {
    old: MetaPolicy,
    new: MetaPolicy,
}

impl Diff {
    /// The difference between two policies that are served from the logical port `served_from`, as this player reads them.
    ///
    /// From 843 they are the master: their meta-policies count, and `none` voids their own grants (rulebook L5).
    /// Elsewhere a `site-control` is ignored (M1), and from 1024 on no lower port is granted (P1).
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
        let changes = changes(&differences(&regions), &regions);
        Self { changes, meta_policy: meta_policy.filter(MetaPolicyChange::matters) }
    }

    /// The differences in what the policies grant themselves, what is newly permitted first.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The difference in which other policy files of the host count.
    pub fn meta_policy(&self) -> Option<&MetaPolicyChange> {
        self.meta_policy.as_ref()
    }

    /// Whether the two policies mean the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.meta_policy.is_none()
    }

    /// Whether the new policy permits anything that the old one does not, or lets other policy files do so.
    pub fn widens(&self) -> bool {
        let permits = |change: &Change| change.direction == Direction::NewlyPermitted;
        self.changes.iter().any(permits) || self.meta_policy.is_some_and(|change| change.widens())
    }
}

impl Change {
    /// Permitted or denied.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Who: at least one origin, and no two overlap.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// How their SWFs were loaded.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Which ports: at least one.
    pub fn ports(&self) -> &PortSet {
        &self.ports
    }

    /// An example.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }
}

impl Origin {
    /// Whom it names.
    pub fn pattern(&self) -> &DomainPattern {
        &self.pattern
    }

    /// Whom not.
    pub fn except(&self) -> &[DomainPattern] {
        &self.except
    }
}

impl Witness {
    /// Who asks.
    pub fn swf(&self) -> &Swf {
        &self.swf
    }

    /// For which port. It is 0 where the policies differ in nothing else.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl MetaPolicyChange {
    /// The meta-policy that the old policy comes to: `all` where it says nothing, the strictest where it says several.
    pub fn before(&self) -> MetaPolicy {
        self.old
    }

    /// The meta-policy that the new policy comes to.
    pub fn after(&self) -> MetaPolicy {
        self.new
    }

    /// Whether other policy files count now, and did not before.
    pub fn widens(&self) -> bool {
        self.new == MetaPolicy::All
    }

    fn matters(&self) -> bool {
        (self.old == MetaPolicy::All) != (self.new == MetaPolicy::All)
    }
}
