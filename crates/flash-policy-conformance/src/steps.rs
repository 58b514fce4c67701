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
    /// Returns what the client of this check does, with `cover` marked bytes in what is no request.
    /// A budget below a player's 3 s shortens the long pauses.
    pub(crate) fn steps(self, marker: &Marker, cover: usize, budget: Duration) -> Vec<Step> {
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
            _ => vec![Step::Send(self.payload(marker, cover))],
        }
    }

    /// Returns what a check sends that sends just one segment.
    fn payload(self, marker: &Marker, cover: usize) -> Vec<u8> {
        let (request, marked) = (POLICY_REQUEST.as_slice(), marker.fill(cover));
        let marked = marked.as_slice();
        match self {
            Self::Coalesced => [request, &marker.fill(64)].concat(),
            Self::TwoRequests => request.repeat(2),
            Self::NoNul => request[..22].to_vec(),
            Self::CrlfAfter => [request, b"\r\n"].concat(),
            Self::Spaced => b"<policy-file-request />\0".to_vec(),
            Self::UpperCase => request.to_ascii_uppercase(),
            Self::OtherMessage | Self::Leaks => [b"<msg t=\"", marked, b"\"/>\0"].concat(),
            Self::Garbage => [b"\xff\x00\x01\xfe\x80\x7f", marked, b"\x00\xff"].concat(),
            Self::HttpGet => {
                let head = b"GET /crossdomain.xml HTTP/1.1\r\nHost: localhost\r\nX-Marker: ";
                [head.as_slice(), marked, b"\r\nConnection: close\r\n\r\n"].concat()
            }
            Self::TlsClientHello => client_hello(marker, cover),
            Self::Flood => marker.fill(FLOOD_BYTES),
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

/// Returns a ClientHello of TLS 1.2 (RFC 5246, 7.4.1.2), which current stacks answer. Its random
/// bytes and a session ticket of `cover` bytes (RFC 5077) are marked.
fn client_hello(marker: &Marker, cover: usize) -> Vec<u8> {
    let extensions = [
        extension(10, &[0, 4, 0, 0x1d, 0, 0x17]), // groups: x25519 and P-256
        extension(11, &[1, 0]),                   // points: uncompressed
        extension(13, &[0, 8, 4, 3, 8, 4, 4, 1, 5, 1]), // signatures: ECDSA, PSS and RSA
        extension(35, &marker.fill(cover)),       // a ticket of an earlier session
    ]
    .concat();
    let hello = [
        [3, 3].as_slice(),
        &marker.fill(32),
        &[0],                                     // no session
        &[0, 6, 0xc0, 0x2b, 0xc0, 0x2f, 0, 0x2f], // three cipher suites
        &[1, 0],                                  // no compression
        &with_length(&extensions),
    ]
    .concat();
    let handshake = [[1, 0].as_slice(), &with_length(&hello)].concat();
    [[0x16, 3, 1].as_slice(), &with_length(&handshake)].concat()
}

fn extension(number: u8, content: &[u8]) -> Vec<u8> {
    [[0, number].as_slice(), &with_length(content)].concat()
}

/// Returns bytes that are shorter than 64 KiB, behind their length in two bytes.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    [(bytes.len() as u16).to_be_bytes().as_slice(), bytes].concat()
}
