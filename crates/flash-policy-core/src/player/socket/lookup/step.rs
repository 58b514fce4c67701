//! The messages between a lookup and its driver.

use std::time::Duration;

use crate::player::Endpoint;
use crate::player::connection::Purpose;
use crate::wire::Sent;

/// The next step of the driver. Every driver must know all of them, so this enum is exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a TCP connection. Report [`Event::Connected`] or the failure; at `until`, report
    /// [`Event::Elapsed`].
    Connect {
        /// The logical endpoint to connect to.
        endpoint: Endpoint,
        /// The purpose: a policy, or the SWF's own data.
        purpose: Purpose,
        /// The time to give up.
        until: Duration,
    },
    /// Send these bytes. Report [`Event::Sent`] even if that failed, because the bytes that can
    /// still be read decide.
    Send(&'static [u8]),
    /// Read. Report [`Event::Received`], [`Event::EndOfStream`] or [`Event::Reset`]; at `until`,
    /// report [`Event::Elapsed`].
    Receive {
        /// The time to give up.
        until: Duration,
    },
    /// Close the policy connection. Watch the peer for as long as `watch` before that, and report
    /// what it still sends and how it ends, each at its time. Then report [`Event::Closed`] at the
    /// time at which this action was given: the player itself does not wait.
    Close {
        /// The time to watch.
        watch: Duration,
    },
    /// Wait for another lookup of this session that is asking the same location. Report
    /// [`Event::Joined`] when it is done or given up; at `until`, report [`Event::Elapsed`].
    Join {
        /// The location that the other lookup is asking.
        endpoint: Endpoint,
        /// The time to give up.
        until: Duration,
    },
    /// Call [`Lookup::finish`](super::Lookup::finish): the attempt is decided.
    Decided,
}

/// An event that the driver reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The TCP connection is established.
    Connected,
    /// The TCP connection is established, to a backend that the driver plays itself and where no
    /// policy server is declared. What it answers is no diagnostic.
    ConnectedToStandIn,
    /// The connection was refused.
    Refused,
    /// Nothing is mapped at the endpoint, which counts as a refusal.
    NotMapped,
    /// The driver's own server that stood at the endpoint was stopped. It counts as a refusal.
    Stopped,
    /// The connection was reset, while it was being opened or later.
    Reset,
    /// The host's name does not resolve.
    NameNotFound,
    /// The request was sent.
    Sent,
    /// Bytes arrived, segmented in any way.
    Received(&'a [u8]),
    /// The peer closed the connection.
    EndOfStream,
    /// The time given as `until` was reached.
    Elapsed,
    /// The policy connection is closed.
    Closed,
    /// The load that was joined is over.
    Joined,
}

/// Converts what arrived by the time given as `until`, if anything.
impl<'a> From<Option<&'a Sent>> for Event<'a> {
    fn from(sent: Option<&'a Sent>) -> Self {
        match sent {
            Some(Sent::Bytes(bytes)) => Self::Received(bytes),
            Some(Sent::Fin) => Self::EndOfStream,
            Some(Sent::Rst) => Self::Reset,
            None => Self::Elapsed,
        }
    }
}
