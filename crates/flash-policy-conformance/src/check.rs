//! The checks: what each sends.

use std::time::Duration;

use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_core::ids;
use flash_policy_core::wire::POLICY_REQUEST;

use super::marker::Marker;

ids! {
    /// The checks, in the order in which they are made. The ids are an interface; docs/torture.md explains each.
    ///
    /// ```
    /// use flash_policy_conformance::CheckId;
    ///
    /// assert_eq!(CheckId::ALL[0], CheckId::Request);
    /// assert_eq!(CheckId::AtOnce.to_string(), "at-once");
    /// assert_eq!(CheckId::NoNul.sent(), "the 22 bytes without the NUL");
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum CheckId {
        /// A good request gets a policy.
        Request = "request",
        /// The server waits for the request.
        SpeaksFirst = "speaks-first",
        /// A NUL ends the answer.
        AnswerEnd = "answer-end",
        /// Nothing follows the NUL.
        BytesAfterNul = "bytes-after-nul",
        /// One policy on one connection.
        Copies = "copies",
        /// The server closes after its answer.
        Closes = "closes",
        /// The answer is not followed by a RST.
        Resets = "resets",
        /// A request in two segments is answered.
        SplitInTwo = "split-in-two",
        /// A request in 23 segments is answered.
        SplitIn23 = "split-in-23",
        /// A request whose NUL comes late is answered.
        LateNul = "late-nul",
        /// A request with more in its segment is answered.
        Coalesced = "coalesced",
        /// Two requests in one segment get one policy.
        TwoRequests = "two-requests",
        /// A request without its NUL is none.
        NoNul = "no-nul",
        /// A request with a line end behind it is answered.
        CrlfAfter = "crlf-after",
        /// The spelling of some manuals.
        Spaced = "spaced",
        /// Another spelling.
        UpperCase = "upper-case",
        /// Another XML message gets no policy.
        OtherMessage = "other-message",
        /// Binary bytes get no policy.
        Garbage = "garbage",
        /// HTTP gets no bare policy.
        HttpGet = "http-get",
        /// TLS gets no policy.
        TlsClientHello = "tls-client-hello",
        /// One silent peer holds up nobody.
        Idle = "idle",
        /// A request after a while is answered.
        LateRequest = "late-request",
        /// A request and a FIN are answered.
        HalfClose = "half-close",
        /// Peers that go at once do no harm.
        ConnectAndDrop = "connect-and-drop",
        /// Two hundred are served at the same time.
        AtOnce = "at-once",
        /// Many silent peers hold up nobody.
        IdlePeers = "idle-peers",
        /// A flood does no harm.
        Flood = "flood",
        /// Nobody gets what another sent.
        Leaks = "leaks",
    }
}

/// How many connections of [`CheckId::ConnectAndDrop`], of [`CheckId::AtOnce`], and idle ones of [`CheckId::IdlePeers`].
pub(super) const DROPPED: usize = 200;
pub(super) const AT_ONCE: usize = 200;
pub(super) const IDLE_PEERS: usize = 150;

/// Where [`CheckId::SplitInTwo`] and [`CheckId::Leaks`] cut the request.
pub(super) const CUT: usize = 11;

const FLOOD_BYTES: usize = 100 * 1024;

/// One thing that a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// In a segment of its own.
    Send(Vec<u8>),
    Pause(Duration),
    /// Sends a FIN, and listens on.
    Finish,
}

/// What should come of a check that is one conversation, and what is thought of it otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// A policy; without it a player is denied.
    Policy(Option<&'static Rule>),
    /// A policy; but no player asks so.
    PolicyRather(Option<&'static Rule>),
    /// No policy: it is no request.
    NoPolicy,
    /// Either, as long as the request of the players is answered.
    Either,
}

impl CheckId {
    /// What is sent, in plain words.
    pub fn sent(self) -> &'static str {
        match self {
            Self::Request => "the 23 bytes in one segment",
            Self::SpeaksFirst => "nothing",
            Self::AnswerEnd | Self::BytesAfterNul | Self::Copies | Self::Closes | Self::Resets => {
                "nothing more: it is the answer to `request`"
            }
            Self::SplitInTwo => "the request in two segments, 0.1 s apart",
            Self::SplitIn23 => "the request in 23 segments, 10 ms apart",
            Self::LateNul => "the 22 bytes, and the NUL 0.5 s later",
            Self::Coalesced => "the request and 64 more bytes in one segment",
            Self::TwoRequests => "the request twice in one segment",
            Self::NoNul => "the 22 bytes without the NUL",
            Self::CrlfAfter => "the request and CR LF in one segment",
            Self::Spaced => "`<policy-file-request />` and a NUL",
            Self::UpperCase => "`<POLICY-FILE-REQUEST/>` and a NUL",
            Self::OtherMessage => "an XML message `<msg …/>` and a NUL",
            Self::Garbage => "binary bytes",
            Self::HttpGet => "an HTTP request for `/crossdomain.xml`",
            Self::TlsClientHello => "a TLS ClientHello",
            Self::Idle => "nothing by one peer; the request by another meanwhile",
            Self::LateRequest => "nothing for 2 s, then the request",
            Self::HalfClose => "the request and a FIN",
            Self::ConnectAndDrop => {
                "nothing, on 200 connections that are closed at once, every other one with a RST"
            }
            Self::AtOnce => "the request on 200 connections at the same time",
            Self::IdlePeers => "nothing by 150 peers; the request by another meanwhile",
            Self::Flood => "100 KB without a NUL",
            Self::Leaks => {
                "half a request on one connection, the other half on another; a message beside a silent peer"
            }
        }
    }

    /// What should come of it; `None` if it is more than one conversation, or none of its own.
    pub(super) fn wanted(self) -> Option<Wanted> {
        Some(match self {
            Self::SplitInTwo | Self::SplitIn23 | Self::LateNul => Wanted::Policy(Some(&rules::T18)),
            Self::Coalesced | Self::TwoRequests => Wanted::Policy(Some(&rules::T19)),
            Self::LateRequest => Wanted::Policy(None),
            Self::CrlfAfter => Wanted::PolicyRather(Some(&rules::T19)),
            Self::HalfClose => Wanted::PolicyRather(None),
            Self::NoNul | Self::OtherMessage | Self::Garbage => Wanted::NoPolicy,
            Self::HttpGet | Self::TlsClientHello | Self::Flood => Wanted::NoPolicy,
            Self::Spaced | Self::UpperCase => Wanted::Either,
            _ => return None,
        })
    }

    /// Whether nothing but good requests are sent, so that an answer shows that the server is well.
    pub(super) fn asks_only(self) -> bool {
        let paced = [Self::SplitInTwo, Self::SplitIn23, Self::LateNul, Self::LateRequest];
        paced.contains(&self) || [Self::Idle, Self::AtOnce, Self::IdlePeers].contains(&self)
    }

    /// What the client of such a conversation does. The long pauses are a part of the budget, up to the player's.
    pub(super) fn steps(self, marker: &Marker, budget: Duration) -> Vec<Step> {
        let request = POLICY_REQUEST.as_slice();
        let send = |bytes: &[u8]| Step::Send(bytes.to_vec());
        let short = |millis| Step::Pause(Duration::from_millis(millis));
        let long = |millis: u32| {
            Step::Pause(Duration::from_millis(millis.into()).min(budget * millis / 3000))
        };
        match self {
            Self::SplitInTwo => vec![send(&request[..CUT]), short(100), send(&request[CUT..])],
            Self::SplitIn23 => {
                request.iter().flat_map(|byte| [short(10), send(&[*byte])]).skip(1).collect()
            }
            Self::LateNul => vec![send(&request[..22]), long(500), send(&request[22..])],
            Self::LateRequest => vec![long(2000), send(request)],
            Self::HalfClose => vec![send(request), Step::Finish],
            _ => vec![Step::Send(self.payload(marker))],
        }
    }

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

/// A ClientHello of TLS 1.2 (RFC 5246, 7.4.1.2), the marker in its random bytes.
fn client_hello(marker: &[u8]) -> Vec<u8> {
    let mut hello = vec![3, 3];
    hello.extend(marker.iter().cycle().take(32));
    hello.push(0); // no session
    hello.extend([0, 4, 0xc0, 0x2f, 0, 0x2f]); // two cipher suites
    hello.extend([1, 0]); // no compression
    let length = hello.len() as u8; // below 100
    [&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length], hello.as_slice()].concat()
}
