//! Marks on the bytes that are sent, to recognise them on connections where they must not arrive.

use crate::CheckId;
use crate::observation::Observation;

/// The markers of a run, and what they revealed first.
#[derive(Debug, Default)]
pub(crate) struct Markers {
    issued: Vec<Marker>,
    /// The whole messages that were sent, each without the NUL that ended it.
    messages: Vec<Vec<u8>>,
    leak: Option<String>,
    is_relayed: bool,
}

impl Markers {
    /// Returns a new marker for a connection of the check `sender`.
    pub(crate) fn issue(&mut self, sender: CheckId) -> Marker {
        let number = self.issued.len() as u64 + 1;
        let marker = Marker { text: format!("{:016x}", mix(number)), sender };
        self.issued.push(marker.clone());
        marker
    }

    /// Remembers what was sent, so that a message that arrives as a whole elsewhere is recognised.
    pub(crate) fn remember(&mut self, sent: &[u8]) {
        let frames = sent.split_inclusive(|byte| *byte == 0);
        let messages = frames.filter_map(|frame| frame.strip_suffix(b"\0"));
        let marked = |message: &&[u8]| {
            self.issued.last().is_some_and(|marker| contains(message, marker.bytes()))
        };
        let messages: Vec<_> = messages.filter(marked).map(<[u8]>::to_vec).collect();
        self.messages.extend(messages);
    }

    /// Looks for the markers of other connections in what arrived on one that sent `own`.
    ///
    /// A whole message that arrives elsewhere is relayed, as a chat does. Any other part of what
    /// was sent is a leak.
    pub(crate) fn look_for_leak(
        &mut self,
        observation: &Observation,
        own: Option<&Marker>,
        during: CheckId,
    ) {
        let received = self.without_relayed(observation.everything(), own);
        let is_foreign =
            |marker: &&Marker| Some(*marker) != own && contains(&received, marker.bytes());
        let leaked = self.issued.iter().find(is_foreign);
        if let (None, Some(Marker { sender, .. })) = (&self.leak, leaked) {
            self.leak = Some(format!(
                "bytes that `{sender}` sent arrived on another connection, during `{during}`"
            ));
        }
    }

    /// Returns the bytes without the whole messages of other connections.
    fn without_relayed(&mut self, mut received: Vec<u8>, own: Option<&Marker>) -> Vec<u8> {
        if !self.issued.iter().any(|marker| contains(&received, marker.bytes())) {
            return received;
        }
        for message in &self.messages {
            if own.is_some_and(|own| contains(message, own.bytes())) {
                continue;
            }
            while let Some(at) = find(&received, message) {
                received.drain(at..at + message.len());
                self.is_relayed = true;
            }
        }
        received
    }

    /// Returns a description of the first leak.
    pub(crate) fn leak(&self) -> Option<&str> {
        self.leak.as_deref()
    }

    /// Returns whether a whole message arrived on a connection that had not sent it.
    pub(crate) fn is_relayed(&self) -> bool {
        self.is_relayed
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

    /// Returns `length` bytes that consist of the marker, so that any part of them is recognised
    /// that is twice as long as the marker.
    pub(crate) fn fill(&self, length: usize) -> Vec<u8> {
        self.bytes().iter().copied().cycle().take(length).collect()
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    find(bytes, part).is_some()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Returns a different number for each `number`, by the mixing step of the splitmix64 generator.
fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
