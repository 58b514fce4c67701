//! The attribute `to-ports`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::InvalidRule;
use super::domain_pattern::is_template;
use super::port_help::port_help;
use crate::diagnostics::{Diagnostic, rules};

/// A set of ports: any port, or inclusive ranges within 1-65535 (rulebook P3). Two sets are equal
/// if they hold the same ports in the same form, so `*` differs from `1-65535`.
///
/// A policy from a high port may not grant a low one (rulebook P1). This type does not apply that
/// rule, because it does not know the source of the policy.
///
/// ```
/// use flash_policy_core::document::ToPorts;
///
/// let ports: ToPorts = "6000, 5000-5010".parse()?;
/// assert!(ports.contains(5010) && !ports.contains(5011));
/// assert_eq!(ports.to_string(), "5000-5010,6000");
/// assert_eq!(ToPorts::try_from(5000..=5010)?, "5000-5010".parse()?);
/// assert!(ToPorts::try_from(0).is_err());
/// # Ok::<(), flash_policy_core::document::InvalidRule>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToPorts {
    ports: Ports,
}

impl ToPorts {
    /// Every port, written `*`.
    pub const ANY: ToPorts = ToPorts { ports: Ports::Any };

    /// Returns true if the port is in the set. `*` contains every number, including 0, to which a
    /// connect fails later (rulebook P8).
    pub fn contains(&self, port: u16) -> bool {
        self.ranges().iter().any(|range| range.contains(&port))
    }

    /// Returns the ports as ascending, disjoint, inclusive ranges. `*` is one range from 0 to
    /// 65535.
    pub fn ranges(&self) -> &[RangeInclusive<u16>] {
        match &self.ports {
            Ports::Any => &[0..=u16::MAX],
            Ports::Listed(ranges) => ranges,
        }
    }

    fn of(mut ranges: Vec<RangeInclusive<u16>>) -> Self {
        ranges.sort_unstable_by_key(|range| *range.start());
        let mut merged: Vec<RangeInclusive<u16>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=*last.end().max(range.end());
                }
                _ => merged.push(range),
            }
        }
        ToPorts { ports: Ports::Listed(merged) }
    }
}

/// Writes the set as an attribute value: ascending, with touching ranges joined, and without
/// blanks.
impl fmt::Display for ToPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ports::Listed(ranges) = &self.ports else {
            return f.write_str("*");
        };
        let items = ranges.iter().map(|range| match (range.start(), range.end()) {
            (start, end) if start == end => start.to_string(),
            (start, end) => format!("{start}-{end}"),
        });
        f.write_str(&items.collect::<Vec<_>>().join(","))
    }
}

/// Parses the grammar of rulebook P3. Blanks around items and hyphens are accepted (P5).
impl FromStr for ToPorts {
    type Err = InvalidRule;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let reading = Reading::of(written);
        match reading.fault(written) {
            Some(fault) => Err(InvalidRule::new(fault)),
            None => Ok(reading.good),
        }
    }
}

macro_rules! try_from {
    ($([$($generic:tt)*] $type:ty: $value:ident => $into:expr;)*) => {$(
        impl<$($generic)*> TryFrom<$type> for ToPorts {
            type Error = InvalidRule;

            fn try_from($value: $type) -> Result<Self, Self::Error> {
                $into
            }
        }
    )*};
}

try_from! {
    [] &str: written => written.parse();
    [] &[RangeInclusive<u16>]: ranges => {
        let item = |range: &RangeInclusive<u16>| format!("{}-{}", range.start(), range.end());
        ranges.iter().map(item).collect::<Vec<_>>().join(",").parse()
    };
    [] u16: port => [port..=port].try_into();
    [] RangeInclusive<u16>: range => [range].try_into();
    [] Vec<RangeInclusive<u16>>: ranges => ranges.as_slice().try_into();
    [const N: usize] [RangeInclusive<u16>; N]: ranges => ranges.as_slice().try_into();
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Ports {
    Any,
    /// Ranges in ascending order. None is empty, and no two overlap or touch.
    Listed(Vec<RangeInclusive<u16>>),
}

/// The content of a `to-ports` value, item by item.
pub(super) struct Reading<'a> {
    /// The ports of the good items.
    pub(super) good: ToPorts,
    /// The first bad item (rulebook P6), trimmed.
    pub(super) bad: Option<&'a str>,
    /// True if the value contains blanks (rulebook P5).
    pub(super) blanks: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn of(written: &'a str) -> Self {
        let mut ranges = Vec::new();
        let mut any = false;
        let mut bad = None;
        for item in written.split(',').map(str::trim_ascii) {
            match range(item) {
                Some(range) => ranges.push(range),
                None if item == "*" => any = true,
                None => bad = bad.or(Some(item)),
            }
        }
        let good = if any { ToPorts::ANY } else { ToPorts::of(ranges) };
        Reading { good, bad, blanks: written.contains(|c: char| c.is_ascii_whitespace()) }
    }

    /// Returns the diagnostic for a value with a bad item.
    pub(super) fn fault(&self, written: &str) -> Option<Diagnostic> {
        let item = self.bad?;
        Some(if is_template(written) {
            rules::template_not_expanded(written).identified_by(&[item, written])
        } else {
            let diagnostic = rules::bad_range_syntax(item, written);
            match port_help(item, written) {
                Some(help) => diagnostic.with_help(help),
                None => diagnostic,
            }
        })
    }
}

fn range(item: &str) -> Option<RangeInclusive<u16>> {
    let (start, end) = item.split_once('-').unwrap_or((item, item));
    let start = port(start.trim_ascii_end())?;
    let end = port(end.trim_ascii_start())?;
    (start <= end).then_some(start..=end)
}

/// Parses a port from 1 to 65535. Unlike `u16::from_str`, accepts no plus sign.
fn port(digits: &str) -> Option<u16> {
    let port = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??;
    (port > 0).then_some(port)
}
