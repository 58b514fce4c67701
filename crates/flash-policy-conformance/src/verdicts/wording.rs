//! The phrases that reasons are made of.

use std::time::Duration;

use flash_policy_core::wire::escape;

use crate::observation::{ConnectionEnd, Observation};

/// The number of bytes that an excerpt shows.
const EXCERPT_BYTES: usize = 60;

/// Describes a connection on which no policy arrived.
pub(super) fn describe(observation: &Observation) -> String {
    if observation.is_empty() {
        return describe_silence(observation);
    }
    let received = observation.received();
    format!("{} arrived: {}", bytes(received.len()), excerpt(received))
}

/// Describes a connection on which nothing arrived.
pub(super) fn describe_silence(observation: &Observation) -> String {
    let after = duration(observation.observed_until());
    match observation.end() {
        ConnectionEnd::Open => format!("nothing arrived within {after}"),
        ConnectionEnd::Fin => format!("the server closed after {after} without sending a byte"),
        ConnectionEnd::Rst => format!("the server reset after {after} without sending a byte"),
        ConnectionEnd::Refused => "the connection was refused".to_owned(),
        ConnectionEnd::Dropped => format!("the connection was not accepted within {after}"),
    }
}

/// Returns the first bytes, escaped, in one line.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    let ellipsis = if bytes.len() > EXCERPT_BYTES { "…" } else { "" };
    escape(&bytes[..bytes.len().min(EXCERPT_BYTES)]) + ellipsis
}

/// Returns `1 byte`, `2 bytes`.
pub(super) fn bytes(count: usize) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// Returns `999 ms`, `1.0 s`.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..=999 => format!("{millis} ms"),
        millis => format!("{:.1} s", millis as f64 / 1000.0),
    }
}
