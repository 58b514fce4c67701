//! Marks on the bytes that are sent, to recognise them on connections where they must not arrive.

use crate::CheckId;
use crate::observation::Observation;

/// The markers of a run, and the first leak that they revealed.
#[derive(Debug, Default)]
pub(crate) struct Markers {
    issued: Vec<Marker>,
    leak: Option<String>,
}

impl Markers {
    /// Returns a new marker for a connection of the check `sender`.
    pub(crate) fn issue(&mut self, sender: CheckId) -> Marker {
        let number = self.issued.len() as u64 + 1;
        let marker = Marker { text: format!("{:016x}", mix(number)), sender };
        self.issued.push(marker.clone());
        marker
    }

    /// Looks for the markers of other connections in what arrived on one that sent `own`.
    pub(crate) fn look_for_leak(
        &mut self,
        observation: &Observation,
        own: Option<&Marker>,
        during: CheckId,
    ) {
        let received = observation.received();
        let is_foreign =
            |marker: &&Marker| Some(*marker) != own && contains(received, marker.bytes());
        let leaked = self.issued.iter().find(is_foreign);
        if let (None, Some(Marker { sender, .. })) = (&self.leak, leaked) {
            self.leak = Some(format!(
                "bytes that `{sender}` sent arrived on another connection, during `{during}`"
            ));
        }
    }

    /// Returns a description of the first leak.
    pub(crate) fn leak(&self) -> Option<&str> {
        self.leak.as_deref()
    }
}

/// A text that no server sends by itself, and that no other connection sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    text: String,
    sender: CheckId,
}

impl Marker {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Returns a different number for each `number`, by the mixing step of the splitmix64 generator.
fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
