//! The bytes and pauses of each check. No I/O.

use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use crate::CheckId;
use crate::marker::Marker;

/// The byte of the request before which [`CheckId::SplitInTwo`] and [`CheckId::Leaks`] cut it.
pub(crate) const CUT: usize = 11;

const FLOOD_BYTES: usize = 100 * 1024;

/// One action of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Sends bytes in a segment of their own.
    Send(Vec<u8>),
    Pause(Duration),
    /// Sends a FIN, and goes on receiving.
    Finish,
}

impl CheckId {
    /// Returns what the client of this check does. A budget below a player's 3 s shortens the long
    /// pauses.
    pub(crate) fn steps(self, marker: &Marker, budget: Duration) -> Vec<Step> {
        let request = POLICY_REQUEST.as_slice();
        match self {
            Self::SplitInTwo => {
                let (head, tail) = request.split_at(CUT);
                vec![send(head), pause(100), send(tail)]
            }
            Self::SplitIn23 => {
                request.iter().flat_map(|byte| [pause(10), send(&[*byte])]).skip(1).collect()
            }
            Self::LateNul => {
                vec![send(&request[..22]), long_pause(500, budget), send(&request[22..])]
            }
            Self::LateRequest => vec![long_pause(2000, budget), send(request)],
            Self::HalfClose => vec![send(request), Step::Finish],
            _ => vec![Step::Send(self.payload(marker))],
        }
    }

    /// Returns what a check sends that sends just one segment.
    fn payload(self, marker: &Marker) -> Vec<u8> {
        let (request, marker) = (POLICY_REQUEST.as_slice(), marker.bytes());
        match self {
            Self::Coalesced => [request, &marker.repeat(64 / marker.len())].concat(),
            Self::TwoRequests => request.repeat(2),
            Self::NoNul => request[..22].to_vec(),
            Self::CrlfAfter => [request, b"\r\n"].concat(),
            Self::Spaced => b"<policy-file-request />\0".to_vec(),
            Self::UpperCase => request.to_ascii_uppercase(),
            Self::OtherMessage | Self::Leaks => [b"<msg t=\"", marker, b"\"/>\0"].concat(),
            Self::Garbage => [b"\xff\x00\x01\xfe\x80\x7f", marker, b"\x00\xff"].concat(),
            Self::HttpGet => {
                let head = b"GET /crossdomain.xml HTTP/1.1\r\nHost: localhost\r\nX-Marker: ";
                [head.as_slice(), marker, b"\r\nConnection: close\r\n\r\n"].concat()
            }
            Self::TlsClientHello => client_hello(marker),
            Self::Flood => [marker, &b"x".repeat(FLOOD_BYTES - marker.len())].concat(),
            _ => request.to_vec(),
        }
    }
}

fn send(bytes: &[u8]) -> Step {
    Step::Send(bytes.to_vec())
}

fn pause(millis: u64) -> Step {
    Step::Pause(Duration::from_millis(millis))
}

/// Returns a pause of `millis`, or a shorter one in proportion to a budget below a player's 3 s.
fn long_pause(millis: u32, budget: Duration) -> Step {
    let longest = Duration::from_millis(millis.into());
    Step::Pause(longest.min(budget * millis / 3000))
}

/// Returns a ClientHello of TLS 1.2 (RFC 5246, 7.4.1.2) with the marker as its random bytes.
fn client_hello(marker: &[u8]) -> Vec<u8> {
    let mut hello = vec![3, 3];
    hello.extend(marker.iter().cycle().take(32));
    hello.push(0); // no session
    hello.extend([0, 4, 0xc0, 0x2f, 0, 0x2f]); // two cipher suites
    hello.extend([1, 0]); // no compression
    let length = hello.len() as u8; // below 100
    [&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length], hello.as_slice()].concat()
}
