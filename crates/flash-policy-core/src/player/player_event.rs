//! The events that the player sends to the SWF, and the times at which it sends them (rulebook E).

use std::fmt;
use std::time::Duration;

use super::Cause;
use super::profile::{Profile, RefusedBackend, SecurityErrorAt};

/// An event that the SWF gets. Displayed as `connect`, `securityError#2048`, `ioError#2031` or
/// `throw#2010`.
///
/// The kind does not follow from the number: an `ioError` can carry #2048 (rulebook E8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlayerEvent {
    /// The socket is connected (E1).
    Connect,
    /// A `securityError` event with this number (E2).
    SecurityError(u16),
    /// An `ioError` event with this number (E3).
    IoError(u16),
    /// The completion of a load.
    Complete,
    /// An error with this number, thrown by the call itself.
    Throw(u16),
}

impl PlayerEvent {
    /// The events that a SWF can get for a socket, each with its id (rulebook E).
    pub const OF_SOCKETS: &[(&str, Self)] = &[
        ("connect", Self::Connect),
        ("securityError#2048", Self::SecurityError(2048)),
        ("ioError#2031", Self::IoError(2031)),
        ("throw#2003", Self::Throw(2003)),
        ("throw#2010", Self::Throw(2010)),
        ("throw#2146", Self::Throw(2146)),
    ];
}

impl fmt::Display for PlayerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::SecurityError(number) => write!(f, "securityError#{number}"),
            Self::IoError(number) => write!(f, "ioError#{number}"),
            Self::Complete => f.write_str("complete"),
            Self::Throw(number) => write!(f, "throw#{number}"),
        }
    }
}

/// Returns the events that the SWF gets for a cause decided at `at`, in order, each with its time.
/// No event comes before the decision. `None` as a time means never (rulebook T4, T5, E).
pub(super) fn events(
    cause: Cause,
    at: Duration,
    profile: &Profile,
) -> Vec<(PlayerEvent, Option<Duration>)> {
    let timeout = profile.timing.socket_timeout;
    let security_error_at = match profile.report.security_error {
        SecurityErrorAt::SocketTimeout => timeout.map(|timeout| timeout.max(at)),
        SecurityErrorAt::Decision => Some(at),
    };
    let security_error = (PlayerEvent::SecurityError(2048), security_error_at);
    let io_error = (PlayerEvent::IoError(2031), Some(at));
    match cause {
        Cause::Connected => vec![(PlayerEvent::Connect, Some(at))],
        Cause::InvalidPort => vec![(PlayerEvent::Throw(2003), Some(at))],
        Cause::SandboxLocalWithFile => vec![(PlayerEvent::Throw(2010), Some(at))],
        Cause::NetworkingDisabled => vec![(PlayerEvent::Throw(2146), Some(at))],
        Cause::NameNotFound => vec![io_error],
        Cause::BackendTimedOut if timeout.is_none() => vec![io_error],
        Cause::BackendRefused | Cause::BackendReset => match profile.report.refused_backend {
            RefusedBackend::SecurityError => vec![security_error],
            RefusedBackend::IoErrorThenSecurityError if timeout.is_some() => {
                vec![io_error, (PlayerEvent::SecurityError(2048), timeout.map(|end| end.max(at)))]
            }
            _ => vec![io_error],
        },
        _ => vec![security_error],
    }
}
