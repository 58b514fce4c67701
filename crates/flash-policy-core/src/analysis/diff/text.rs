//! Writes a difference as text.

use std::fmt;

use super::{Change, Diff, Direction, MetaPolicyChange, Origin, Scheme, Witness, port_set};

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no change in meaning");
        }
        let changes = self.changes.iter().map(ToString::to_string);
        let lines: Vec<_> =
            changes.chain(self.meta_policy.map(|change| change.to_string())).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Writes one line. A long list is cut, with the number of omitted items.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, for example {}", self.summary(), self.witness)
    }
}

impl Change {
    /// Returns the change in one line, without an example.
    pub fn summary(&self) -> String {
        let (what, may) = match self.direction {
            Direction::NewlyPermitted => ("newly permitted", "may connect"),
            Direction::NewlyDenied => ("newly denied", "may no longer connect"),
        };
        let over = match self.scheme {
            Scheme::Any => "",
            Scheme::Http => " over http",
            Scheme::Https => " over https",
        };
        let origins = shortened(self.origins.iter(), ", ");
        let ports = match self.ports.ranges().len() {
            1 => self.ports.to_string(),
            _ => shortened(self.ports.ranges().map(|range| port_set::item(&range)), ","),
        };
        let everybody = self.origins.iter().any(|origin| origin.pattern.matches(None));
        let is_local = everybody && self.scheme != Scheme::Https;
        let local = if is_local { " (local-with-networking SWFs too)" } else { "" };
        format!("{what}{over}: {origins} {may} to {ports}{local}")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pattern)?;
        match self.except.as_slice() {
            [] => Ok(()),
            except => write!(f, " (except {})", shortened(except.iter(), ", ")),
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to port {}", self.swf, self.port)
    }
}

impl fmt::Display for MetaPolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, count) =
            if self.widens() { ("widened", "count now") } else { ("narrowed", "count no longer") };
        write!(
            f,
            "{what}: other policy files of the host {count}, the meta-policy was {} and is {}",
            self.old, self.new
        )
    }
}

/// The most items of a list that are written.
const SHOWN: usize = 20;

fn shortened(items: impl ExactSizeIterator<Item: fmt::Display>, separator: &str) -> String {
    let more = items.len().saturating_sub(SHOWN);
    let shown: Vec<_> = items.take(SHOWN).map(|item| item.to_string()).collect();
    match more {
        0 => shown.join(separator),
        more => format!("{} and {more} more", shown.join(separator)),
    }
}
