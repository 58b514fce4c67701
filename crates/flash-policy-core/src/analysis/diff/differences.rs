//! Finds the differences between two policies, and merges equal ones.

use std::collections::HashMap;

use super::origins::{Region, swf};
use super::{Change, Direction, Origin, PortSet, Scheme, Witness};

/// Finds the differences, region by region from the widest to the narrowest.
///
/// A difference of a wider region that also holds for a narrower one is not repeated. Ports for
/// which a region has no rule of its own are not computed again.
pub(super) fn differences(regions: &[Region<'_>]) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    let outside = Level::default();
    for (index, region) in regions.iter().enumerate() {
        while levels.last().is_some_and(|level| !regions[level.region].contains(region)) {
            levels.pop();
        }
        let around = levels.last().unwrap_or(&outside);
        let own = [0, 1].map(|side| [false, true].map(|https| region.opened(side, https)));
        // All that is open over HTTP is open over HTTPS as well.
        let touched = own[0][1].or(&own[1][1]);
        let opened = each(|side, scheme| around.opened[side][scheme].or(&own[side][scheme]));
        let [before, after] = [&around.opened, &opened]
            .map(|opened| different(&each(|side, scheme| opened[side][scheme].and(&touched))));
        let mut differences: [Vec<usize>; 6] = Default::default();
        for (kind, (before, after)) in before.iter().zip(&after).enumerate() {
            let mut ports = after.without(before);
            let lost = before.without(after);
            for &wider in &around.differences[kind] {
                if found[wider].ports.and(&lost).is_empty() {
                    differences[kind].push(wider);
                } else {
                    found[wider].except.push(index);
                    ports = ports.or(&found[wider].ports.without(&lost));
                }
            }
            if !ports.is_empty() {
                differences[kind].push(found.len());
                found.push(Difference { kind, region: index, ports, except: Vec::new() });
            }
        }
        levels.push(Level { region: index, opened, differences });
    }
    found
}

/// Merges the origins that have the same difference.
pub(super) fn changes(differences: &[Difference], regions: &[Region<'_>]) -> Vec<Change> {
    let mut merged: HashMap<(usize, &PortSet), usize> = HashMap::new();
    let mut changes: Vec<(usize, Change)> = Vec::new();
    for difference in differences {
        let Difference { kind, ports, except, .. } = difference;
        let region = &regions[difference.region];
        let except = except.iter().map(|index| regions[*index].pattern.clone()).collect();
        let origin = Origin { pattern: region.pattern.clone(), except };
        if let Some(&index) = merged.get(&(*kind, ports)) {
            changes[index].1.origins.push(origin);
            continue;
        }
        let (direction, scheme) = KINDS[*kind];
        let Some(witness) = Witness::of(region, scheme, ports) else {
            continue;
        };
        merged.insert((*kind, ports), changes.len());
        changes.push((
            *kind,
            Change {
                direction,
                origins: vec![origin],
                scheme,
                ports: ports.or_every_port(),
                witness,
                rule: None,
            },
        ));
    }
    changes.sort_by_key(|(kind, _)| *kind);
    changes.into_iter().map(|(_, change)| change).collect()
}

impl Witness {
    fn of(region: &Region<'_>, scheme: Scheme, ports: &PortSet) -> Option<Self> {
        let scheme = if scheme == Scheme::Https { "https" } else { "http" };
        let mut connectable = ports
            .ranges()
            .map(|range| (*range.start()).max(1))
            .filter(|port| ports.contains(*port));
        Some(Self { swf: swf(scheme, &region.witness)?, port: connectable.next().unwrap_or(0) })
    }
}

/// A difference of one of the [`KINDS`], for all requesters that the region's pattern names except
/// those of some narrower regions.
pub(super) struct Difference {
    kind: usize,
    region: usize,
    ports: PortSet,
    except: Vec<usize>,
}

/// A region, with what it and the regions around it open.
#[derive(Default)]
struct Level {
    region: usize,
    opened: Opened,
    /// For each of the [`KINDS`], the differences that hold here. Together they are all that
    /// differs here.
    differences: [Vec<usize>; 6],
}

/// The ports that the old and the new policy open, each over HTTP and over HTTPS.
type Opened = [[PortSet; 2]; 2];

/// The kinds of difference, in the order in which they are reported.
const KINDS: [(Direction, Scheme); 6] = [
    (Direction::NewlyPermitted, Scheme::Any),
    (Direction::NewlyPermitted, Scheme::Http),
    (Direction::NewlyPermitted, Scheme::Https),
    (Direction::NewlyDenied, Scheme::Any),
    (Direction::NewlyDenied, Scheme::Http),
    (Direction::NewlyDenied, Scheme::Https),
];

/// Computes the ports for each side, old (0) and new (1), and each scheme, HTTP (0) and HTTPS (1).
fn each(set: impl Fn(usize, usize) -> PortSet) -> Opened {
    [0, 1].map(|side| [0, 1].map(|scheme| set(side, scheme)))
}

/// Returns the ports that differ, for each of the [`KINDS`].
fn different([old, new]: &Opened) -> [PortSet; 6] {
    let split = |from: &[PortSet; 2], to: &[PortSet; 2]| {
        let [http, https] = [0, 1].map(|scheme| to[scheme].without(&from[scheme]));
        [http.and(&https), http.without(&https), https.without(&http)]
    };
    let [any, http, https] = split(old, new);
    let [any_denied, http_denied, https_denied] = split(new, old);
    [any, http, https, any_denied, http_denied, https_denied]
}
