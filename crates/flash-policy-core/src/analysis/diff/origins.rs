//! Everybody who may ask, divided along the domains that two policies name.

use std::collections::{BTreeMap, HashSet};
use std::iter;

use super::grants::Meaning;
use super::port_set::PortSet;
use crate::document::DomainPattern;
use crate::player::socket::grant::{Terms, names};
use crate::player::{DocumentProfile, Swf, TrailingDot, canonical_host};

/// The requesters that one pattern names and no narrower pattern does. For a policy they are all alike: either all of
/// them are named by a rule, or none is.
pub(super) struct Region<'a> {
    place: Place,
    pub(super) pattern: DomainPattern,
    /// A host of the region.
    pub(super) witness: String,
    grants: [Vec<Terms<'a>>; 2],
}

/// Where a pattern stands among the others: `*` first, each one before the narrower ones that it holds.
///
/// Two patterns never overlap by half (rulebook D1). So each is held by those before it in a row of which the last one
/// is the narrowest, and what holds two patterns holds all that stand between them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The labels of the name from the last to the first, between them what sorts before all that a name can hold.
    /// Those of `*` are empty.
    labels: String,
    /// One host, not all below it too.
    exact: bool,
}

/// The regions of everybody, in the order of their places, for the policies OLD and NEW. A pattern that cannot be the
/// host of a URL names nobody, and is left out.
pub(super) fn regions<'a>(
    meanings: [Meaning<'a>; 2],
    profile: &DocumentProfile,
) -> Vec<Region<'a>> {
    let everybody = Region::new("*".parse().expect("`*` is a pattern"), profile);
    let mut regions = BTreeMap::from([(everybody.place.clone(), everybody)]);
    for (side, meaning) in meanings.into_iter().enumerate() {
        for (pattern, terms) in meaning.grants {
            let region = Region::new(pattern.clone(), profile);
            regions.entry(region.place.clone()).or_insert(region).grants[side].push(terms);
        }
    }
    let taken: HashSet<_> = regions.values().map(|region| region.witness.clone()).collect();
    let mut regions: Vec<_> = regions.into_values().collect();
    for region in regions.iter_mut().filter(|region| !region.place.exact) {
        region.witness = stand_in(&region.witness, &taken);
    }
    regions.retain(|region| {
        swf("http", &region.witness).is_some_and(|swf| names(&region.pattern, swf.host(), profile))
    });
    regions
}

/// The SWF of a host.
pub(super) fn swf(scheme: &str, host: &str) -> Option<Swf> {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("{scheme}://{host}/game.swf").parse().ok()
}

impl Region<'_> {
    /// A region without grants, whose witness is just its name.
    fn new(pattern: DomainPattern, profile: &DocumentProfile) -> Self {
        let (name, exact) = name(&pattern, profile);
        Self {
            place: Place::of(&name, exact),
            pattern,
            witness: name,
            grants: [Vec::new(), Vec::new()],
        }
    }

    /// Whether the pattern names all whom the other one does.
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.place.holds(&other.place)
    }

    /// What the rules with this very pattern open in OLD (0) or NEW (1).
    pub(super) fn opened(&self, side: usize, https: bool) -> PortSet {
        self.grants[side].iter().flat_map(|terms| terms.opened(https)).collect()
    }
}

impl Place {
    fn of(name: &str, exact: bool) -> Self {
        Self { labels: name.rsplit('.').collect::<Vec<_>>().join(FIRST), exact }
    }

    fn holds(&self, other: &Self) -> bool {
        let below = other.labels.strip_prefix(&self.labels);
        let is_below =
            |below: &str| self.labels.is_empty() || below.is_empty() || below.starts_with(FIRST);
        !self.exact && below.is_some_and(is_below)
    }
}

/// In place of a dot.
const FIRST: &str = "\0";

/// The name in a pattern as names are compared, and whether it stands for itself alone.
fn name(pattern: &DomainPattern, profile: &DocumentProfile) -> (String, bool) {
    let written = pattern.to_string();
    let (name, exact) = match written.strip_prefix("*.") {
        Some(suffix) => (suffix, false),
        None if written == "*" => ("", false),
        None => (written.as_str(), true),
    };
    let bare = name
        .strip_suffix('.')
        .filter(|bare| !bare.is_empty() && profile.trailing_dot == TrailingDot::Ignored);
    (canonical_host(bare.unwrap_or(name)), exact)
}

/// A host below `name`, or any host, that is not `taken` and not below what is.
fn stand_in(name: &str, taken: &HashSet<String>) -> String {
    let (below, tried) = match name {
        "" => (String::new(), ["anyone.example", "anyone.test", "anyone"].as_slice()),
        name => (format!(".{name}"), ["www"].as_slice()),
    };
    let is_free = |host: &String| {
        let new_part = host.len() - name.len();
        let dots = host[..new_part].match_indices('.').map(|(at, _)| at + 1);
        iter::once(0).chain(dots).filter(|at| *at < new_part).all(|at| !taken.contains(&host[at..]))
    };
    let last = tried.last().copied().unwrap_or_default();
    let usual = tried.iter().map(|label| format!("{label}{below}"));
    let numbered = (1..=taken.len()).map(|n| format!("{last}{n}{below}"));
    // There are more of them than names that are taken, so one is free.
    usual.chain(numbered).find(is_free).unwrap_or_default()
}
