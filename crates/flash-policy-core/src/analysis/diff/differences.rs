//! What differs, where it begins, and what is alike in it.

use std::collections::HashMap;

use super::origins::{Region, swf};
use super::{Change, Direction, Origin, PortSet, Scheme, Witness};

const KINDS: [(Direction, Scheme); 6] = [
    (Direction::NewlyPermitted, Scheme::Any),
    (Direction::NewlyPermitted, Scheme::Http),
    (Direction::NewlyPermitted, Scheme::Https),
    (Direction::NewlyDenied, Scheme::Any),
    (Direction::NewlyDenied, Scheme::Http),
    (Direction::NewlyDenied, Scheme::Https),
];

/// A difference of one of the [`KINDS`] that begins at a region, and holds for all whom its pattern names but for some.
pub(super) struct Difference {
    kind: usize,
    region: usize,
    ports: PortSet,
    except: Vec<usize>,
}

/// The ports that OLD and NEW open: over http, and over https.
type Opened = [[PortSet; 2]; 2];

/// A region together with those that hold it.
#[derive(Default)]
struct Level {
    region: usize,
    opened: Opened,
    /// For each of the [`KINDS`], which differences hold here. Together they are all that differs here.
    standing: [Vec<usize>; 6],
}

/// Goes through the regions from the widest to the narrowest. Where a difference that holds for the wider one holds as
/// well, it is not said again; and for ports of which the region has no rule of its own, nothing is reckoned again.
pub(super) fn differences(regions: &[Region<'_>]) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    let nobody = Level::default();
    for (index, region) in regions.iter().enumerate() {
        while levels.last().is_some_and(|level| !regions[level.region].holds(region)) {
            levels.pop();
        }
        let around = levels.last().unwrap_or(&nobody);
        let own = [0, 1].map(|side| [false, true].map(|https| region.opened(side, https)));
        let touched = own[0][1].or(&own[1][1]);
        let opened = each(|side, scheme| around.opened[side][scheme].or(&own[side][scheme]));
        let [before, after] = [&around.opened, &opened]
            .map(|opened| different(&each(|side, scheme| opened[side][scheme].and(&touched))));
        let mut standing: [Vec<usize>; 6] = Default::default();
        for (kind, (before, after)) in before.iter().zip(&after).enumerate() {
            let (mut ports, lost) = (after.without(before), before.without(after));
            for &wider in &around.standing[kind] {
                if found[wider].ports.and(&lost).is_empty() {
                    standing[kind].push(wider);
                } else {
                    found[wider].except.push(index);
                    ports = ports.or(&found[wider].ports.without(&lost));
                }
            }
            if !ports.is_empty() {
                standing[kind].push(found.len());
                found.push(Difference { kind, region: index, ports, except: Vec::new() });
            }
        }
        levels.push(Level { region: index, opened, standing });
    }
    found
}

fn each(set: impl Fn(usize, usize) -> PortSet) -> Opened {
    [0, 1].map(|side| [0, 1].map(|scheme| set(side, scheme)))
}

/// The ports that differ, for each of the [`KINDS`].
fn different([old, new]: &Opened) -> [PortSet; 6] {
    let split = |from: &[PortSet; 2], to: &[PortSet; 2]| {
        let [http, https] = [0, 1].map(|scheme| to[scheme].without(&from[scheme]));
        [http.and(&https), http.without(&https), https.without(&http)]
    };
    let ([any, http, https], [any_denied, http_denied, https_denied]) =
        (split(old, new), split(new, old));
    [any, http, https, any_denied, http_denied, https_denied]
}

/// Puts the origins together for which the same is different.
pub(super) fn changes(differences: &[Difference], regions: &[Region<'_>]) -> Vec<Change> {
    let mut alike: HashMap<(usize, &PortSet), usize> = HashMap::new();
    let mut changes: Vec<(usize, Change)> = Vec::new();
    for difference in differences {
        let Difference { kind, ports, except, .. } = difference;
        let region = &regions[difference.region];
        let except = except.iter().map(|index| regions[*index].pattern.clone()).collect();
        let origin = Origin { pattern: region.pattern.clone(), except };
        if let Some(&index) = alike.get(&(*kind, ports)) {
            changes[index].1.origins.push(origin);
            continue;
        }
        let (direction, scheme) = KINDS[*kind];
        let Some(witness) = Witness::of(region, scheme, ports) else {
            continue;
        };
        alike.insert((*kind, ports), changes.len());
        changes.push((
            *kind,
            Change { direction, origins: vec![origin], scheme, ports: ports.clone(), witness },
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
