//! The mark on whatever is sent, so that it is known again where it must not be.

use super::CheckId;
use super::observation::Observation;

/// Text that no server says by itself, and that no other connection sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    text: String,
    of: CheckId,
}

/// All that were given out, and the first that was heard where it does not belong.
#[derive(Debug, Default)]
pub(super) struct Markers {
    given: Vec<Marker>,
    leak: Option<String>,
}

impl Marker {
    pub(super) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Markers {
    /// A marker for a connection of this check.
    pub(super) fn next(&mut self, of: CheckId) -> Marker {
        let marker = Marker { text: format!("{:016x}", mixed(self.given.len() as u64 + 1)), of };
        self.given.push(marker.clone());
        marker
    }

    /// Looks for the markers of other connections in what came on one whose own is `own`.
    pub(super) fn look(&mut self, heard: &Observation, own: Option<&Marker>, during: CheckId) {
        let is_heard =
            |marker: &&Marker| Some(*marker) != own && contains(heard.received(), marker.bytes());
        if let Some(marker) = self.given.iter().find(is_heard).filter(|_| self.leak.is_none()) {
            self.leak = Some(format!(
                "what `{}` had sent came back to another connection, in `{during}`",
                marker.of
            ));
        }
    }

    /// The first leak.
    pub(super) fn leak(&self) -> Option<&str> {
        self.leak.as_deref()
    }
}

pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The splitmix64 generator: each number once, and none like its neighbours.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
