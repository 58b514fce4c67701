//! Divides all possible requesters along the domains that two policies name.

use std::collections::{BTreeMap, HashSet};
use std::iter;

use super::grants::Meaning;
use super::port_set::PortSet;
use crate::document::DomainPattern;
use crate::player::socket::grant::{Terms, names};
use crate::player::{DocumentProfile, Swf, TrailingDot, canonical_host};

/// Returns the regions of all requesters, in order, with the grants of the old and the new policy.
/// A pattern that cannot be the host of a URL names nobody, and is left out.
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

/// The requesters that one pattern names but no narrower pattern does. A policy cannot tell them
/// apart: a rule names either all of them or none.
pub(super) struct Region<'a> {
    place: Place,
    pub(super) pattern: DomainPattern,
    /// A host of the region.
    pub(super) witness: String,
    grants: [Vec<Terms<'a>>; 2],
}

impl Region<'_> {
    /// Creates a region without grants. Its witness is just its name.
    fn new(pattern: DomainPattern, profile: &DocumentProfile) -> Self {
        let (name, exact) = name(&pattern, profile);
        Self {
            place: Place::of(&name, exact),
            pattern,
            witness: name,
            grants: [Vec::new(), Vec::new()],
        }
    }

    /// Returns true if the pattern names all requesters that the other one names.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self.place.contains(&other.place)
    }

    /// Returns the ports that the rules with exactly this pattern open in the old (0) or new (1)
    /// policy. Port 0, which `*` contains, is none: nothing can connect to it (rulebook P8).
    pub(super) fn opened(&self, side: usize, https: bool) -> PortSet {
        let opened = self.grants[side].iter().flat_map(|terms| terms.opened(https));
        opened.map(|range| *range.start().max(&1)..=*range.end()).collect()
    }
}

/// The place of a pattern in the order: `*` first, and each pattern before the narrower ones that
/// it contains.
///
/// Two patterns never overlap only in part (rulebook D1). So the patterns that contain a given one
/// form a row before it, with the narrowest last, and a pattern that contains two others contains
/// all that lie between them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The labels of the name, last label first, with [`SEPARATOR`] between them. Empty for `*`.
    labels: String,
    /// True if the pattern is one host, without the names below it.
    exact: bool,
}

impl Place {
    fn of(name: &str, exact: bool) -> Self {
        Self { labels: name.rsplit('.').collect::<Vec<_>>().join(SEPARATOR), exact }
    }

    fn contains(&self, other: &Self) -> bool {
        let below = other.labels.strip_prefix(&self.labels);
        let is_below = |below: &str| {
            self.labels.is_empty() || below.is_empty() || below.starts_with(SEPARATOR)
        };
        !self.exact && below.is_some_and(is_below)
    }
}

/// The separator of labels, in place of a dot. It sorts before every character of a name.
const SEPARATOR: &str = "\0";

/// Returns a SWF that was loaded from the host.
pub(super) fn swf(scheme: &str, host: &str) -> Option<Swf> {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("{scheme}://{host}/game.swf").parse().ok()
}

/// Returns the name in a pattern in the form in which names are compared, and true if the pattern
/// is only that host.
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

/// Returns a host below `name`, or any host if `name` is empty. The host is neither `taken` nor
/// below a name that is.
fn stand_in(name: &str, taken: &HashSet<String>) -> String {
    let (below, labels) = match name {
        "" => (String::new(), ["anyone.example", "anyone.test", "anyone"].as_slice()),
        name => (format!(".{name}"), ["www"].as_slice()),
    };
    let is_free = |host: &String| {
        let new_part = host.len() - name.len();
        let dots = host[..new_part].match_indices('.').map(|(at, _)| at + 1);
        iter::once(0).chain(dots).filter(|at| *at < new_part).all(|at| !taken.contains(&host[at..]))
    };
    let last = labels.last().copied().unwrap_or_default();
    let usual = labels.iter().map(|label| format!("{label}{below}"));
    let numbered = (1..=taken.len()).map(|n| format!("{last}{n}{below}"));
    // There are more candidates than taken names, so one of them is free.
    usual.chain(numbered).find(is_free).unwrap_or_default()
}
