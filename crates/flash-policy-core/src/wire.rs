//! The bytes on the wire: the 23 bytes of the request, the end of an answer, and the behaviour of a
//! peer, step by step.
//!
//! Everything here is pure. A [`Script`] says what a peer does on one connection, and a
//! [`Declaration`] what an endpoint does. A [`Playback`] plays them. The servers, the evaluator and
//! a stage's clock all use that one machine, so they cannot disagree.

mod declaration;
mod endpoint_state;
mod exchange;
mod fault;
mod fault_list;
mod framing;
mod playback;
mod script;

pub use declaration::Declaration;
pub use endpoint_state::EndpointState;
pub use exchange::Exchange;
pub(crate) use exchange::StampKind;
pub use fault::{Fault, InvalidFault, parse_duration};
pub use fault_list::{FaultList, ListedFault};
pub use framing::{AnswerEnd, AnswerReader};
pub use playback::{Cue, Playback, Sent, Stamped};
pub use script::{Script, Step};

/// The policy request: exactly 23 bytes, terminated by one NUL (rulebook W1).
///
/// ```
/// use flash_policy_core::wire::POLICY_REQUEST;
///
/// assert_eq!(POLICY_REQUEST.len(), 23);
/// assert_eq!(POLICY_REQUEST, b"<policy-file-request/>\0");
/// ```
pub const POLICY_REQUEST: &[u8; 23] = b"<policy-file-request/>\0";

/// The most bytes of an answer that a client reads before it gives up: 64 KiB (rulebook W10).
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Formats bytes for a person: printable ASCII as it is, a NUL as `\0`, and the backslash and all
/// other bytes escaped.
///
/// ```
/// use flash_policy_core::wire::{POLICY_REQUEST, escape};
///
/// assert_eq!(escape(POLICY_REQUEST), r"<policy-file-request/>\0");
/// assert_eq!(escape(b"a\r\n\xff"), r"a\r\n\xff");
/// ```
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            0 => text.push_str("\\0"),
            b'"' | b'\'' => text.push(char::from(byte)),
            _ => text.extend(std::ascii::escape_default(byte).map(char::from)),
        }
    }
    text
}
