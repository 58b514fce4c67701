//! Sets of ports.

use std::fmt;
use std::ops::RangeInclusive;

/// Any set of the ports 0-65535. A [`Diff`](super::Diff) does not tell sets apart that differ in
/// port 0 only, to which nothing can connect (rulebook P8).
///
/// Displayed as `to-ports` lists it: ascending, with touching ranges joined. All ports are `*`.
///
/// ```
/// use flash_policy_core::analysis::PortSet;
///
/// let ports: PortSet = [6000..=6000, 5000..=5005, 5003..=5010].into_iter().collect();
/// assert_eq!(ports.to_string(), "5000-5010,6000");
/// assert!(ports.contains(5010) && !ports.contains(5011));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PortSet {
    /// Ascending: the first port in the set, the first port after it that is not, and so on. If
    /// their number is odd, the last range extends to 65535.
    borders: Vec<u16>,
}

impl PortSet {
    /// Returns true if the port is in the set.
    pub fn contains(&self, port: u16) -> bool {
        self.borders.partition_point(|border| *border <= port) % 2 == 1
    }

    /// Returns true if the set has no port.
    pub fn is_empty(&self) -> bool {
        self.borders.is_empty()
    }

    /// Returns the ports as ascending, inclusive ranges, no two of which touch.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = RangeInclusive<u16>> {
        self.borders.chunks(2).map(|run| run[0]..=run.get(1).map_or(u16::MAX, |end| end - 1))
    }

    /// Returns every port if the set has all but port 0, and otherwise the same set.
    pub(super) fn or_every_port(&self) -> Self {
        if self.borders == [1] { Self { borders: vec![0] } } else { self.clone() }
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here || there)
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here && there)
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here && !there)
    }

    /// Returns the ports for which `is_in` is true. `is_in` is told whether a port is in `self`,
    /// and whether it is in `other`. It must be false for a port in neither.
    ///
    /// The sets are merged run by run: borders of one set before the next border of the other, then
    /// borders that both sets share. So merging a small set with a large one, or two similar ones,
    /// costs little more than a copy.
    fn combine(&self, other: &Self, is_in: impl Fn(bool, bool) -> bool) -> Self {
        let mut mine = self.borders.as_slice();
        let mut theirs = other.borders.as_slice();
        let mut here = false;
        let mut there = false;
        let mut borders = Vec::new();
        while !(mine.is_empty() && theirs.is_empty()) {
            let run = take_before(theirs.first(), &mut mine);
            if is_in(true, there) != is_in(false, there) {
                borders.extend_from_slice(run);
            }
            here ^= run.len() % 2 == 1;
            let run = take_before(mine.first(), &mut theirs);
            if is_in(here, true) != is_in(here, false) {
                borders.extend_from_slice(run);
            }
            there ^= run.len() % 2 == 1;
            let run = take_common(&mut mine, &mut theirs);
            if is_in(!here, !there) != is_in(here, there) {
                borders.extend_from_slice(run);
            }
            here ^= run.len() % 2 == 1;
            there ^= run.len() % 2 == 1;
        }
        Self { borders }
    }
}

impl FromIterator<RangeInclusive<u16>> for PortSet {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<u16>>>(ranges: I) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
        ranges.sort_unstable_by_key(|range| *range.start());
        let mut borders: Vec<u16> = Vec::new();
        for range in ranges {
            if borders.len() % 2 == 1 {
                break; // the last range goes up to 65535
            }
            let touched = borders.last().copied().filter(|end| end >= range.start());
            match touched {
                Some(_) => _ = borders.pop(),
                None => borders.push(*range.start()),
            }
            let end = range.end().checked_add(1);
            borders.extend(end.map(|end| touched.map_or(end, |touched| end.max(touched))));
        }
        Self { borders }
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.borders == [0] {
            return f.write_str("*");
        }
        for (index, range) in self.ranges().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}", item(&range))?;
        }
        Ok(())
    }
}

/// Takes the borders before `end`, or all of them without an `end`. The nearer the end, the
/// cheaper.
fn take_before<'a>(end: Option<&u16>, borders: &mut &'a [u16]) -> &'a [u16] {
    let Some(end) = end else {
        return std::mem::take(borders);
    };
    let mut reach = 1;
    while borders.get(reach - 1).is_some_and(|border| border < end) {
        reach *= 2;
    }
    let known = reach / 2;
    let reach = reach.min(borders.len());
    let length = known + borders[known..reach].partition_point(|border| border < end);
    let (run, rest) = borders.split_at(length);
    *borders = rest;
    run
}

/// Takes the borders that both lists begin with.
fn take_common<'a>(mine: &mut &'a [u16], theirs: &mut &[u16]) -> &'a [u16] {
    let length = mine.iter().zip(*theirs).take_while(|(mine, theirs)| mine == theirs).count();
    let (run, rest) = mine.split_at(length);
    (*mine, *theirs) = (rest, &theirs[length..]);
    run
}

/// Formats a range as an item of `to-ports`.
pub(super) fn item(range: &RangeInclusive<u16>) -> String {
    match (range.start(), range.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start}-{end}"),
    }
}
