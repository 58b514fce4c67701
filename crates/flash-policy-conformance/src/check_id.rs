//! The names of the checks, and what each expects. What each sends is in `steps`.

use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_core::ids;

ids! {
    /// The id of a conformance check.
    ///
    /// `ALL` is the order in which the checks are made. The texts of the ids are stable.
    /// [`REFERENCE`](crate::REFERENCE) explains each check.
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
        /// A correct request gets a policy.
        Request = "request",
        /// The server waits for the request.
        SpeaksFirst = "speaks-first",
        /// A NUL ends the answer.
        AnswerEnd = "answer-end",
        /// Nothing follows the NUL.
        BytesAfterNul = "bytes-after-nul",
        /// One connection gets one policy.
        Copies = "copies",
        /// The server closes the connection after its answer.
        Closes = "closes",
        /// The server does not reset the connection after its answer.
        Resets = "resets",
        /// A request in two segments is answered.
        SplitInTwo = "split-in-two",
        /// A request in 23 segments is answered.
        SplitIn23 = "split-in-23",
        /// A request whose NUL arrives late is answered.
        LateNul = "late-nul",
        /// A request with more bytes in its segment is answered.
        Coalesced = "coalesced",
        /// Two requests in one segment get one policy.
        TwoRequests = "two-requests",
        /// A request without its NUL gets no policy.
        NoNul = "no-nul",
        /// A request with a line end behind it is answered.
        CrlfAfter = "crlf-after",
        /// The spelling with a space, which some manuals show, is answered or not.
        Spaced = "spaced",
        /// The spelling in capitals is answered or not.
        UpperCase = "upper-case",
        /// Another XML message gets no policy.
        OtherMessage = "other-message",
        /// Binary bytes get no policy.
        Garbage = "garbage",
        /// An HTTP request gets no bare policy.
        HttpGet = "http-get",
        /// A TLS ClientHello gets no policy.
        TlsClientHello = "tls-client-hello",
        /// One silent client does not block another.
        Idle = "idle",
        /// A request that arrives long after the connect is answered.
        LateRequest = "late-request",
        /// A request with a FIN behind it is answered.
        HalfClose = "half-close",
        /// Clients that leave at once do no harm.
        ConnectAndDrop = "connect-and-drop",
        /// 200 requests at the same time are answered.
        AtOnce = "at-once",
        /// Many silent clients do not block another.
        IdlePeers = "idle-peers",
        /// Clients that stop inside a request do not block another.
        HalfSent = "half-sent",
        /// 100 KB without a NUL do no harm.
        Flood = "flood",
        /// Each answer arrives in one piece.
        OnePiece = "one-piece",
        /// No client receives what another sent.
        Leaks = "leaks",
    }
}

/// The result that a check of a single conversation expects.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expectation {
    /// A policy: without it, a player is denied. The rule explains its absence.
    Policy(Option<&'static Rule>),
    /// A policy, but no player sends such a request. The rule explains its absence.
    PolicyPreferred(Option<&'static Rule>),
    /// No policy, because nothing sent is a request.
    NoPolicy,
    /// Either, as long as the correct request is answered.
    Either,
}

impl CheckId {
    /// Returns what the check sends, in plain words.
    pub fn sent(self) -> &'static str {
        match self {
            Self::Request => "the 23 bytes in one segment",
            Self::SpeaksFirst => "nothing",
            Self::AnswerEnd | Self::BytesAfterNul | Self::Copies | Self::Closes | Self::Resets => {
                "nothing: it examines the answer to `request`"
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
            Self::Idle => "nothing on one connection, and meanwhile the request on another",
            Self::LateRequest => "nothing for 2 s, then the request",
            Self::HalfClose => "the request and a FIN",
            Self::ConnectAndDrop => {
                "nothing, on 200 connections that are closed at once, every other one with a RST"
            }
            Self::AtOnce => "the request on 200 connections at the same time",
            Self::IdlePeers => "nothing on 150 connections, and meanwhile the request on another",
            Self::HalfSent => {
                "half the request on 20 connections, and meanwhile the request on another"
            }
            Self::OnePiece => "nothing: it examines the answers to all single requests",
            Self::Flood => "100 KB without a NUL",
            Self::Leaks => {
                "half a request on one connection, the other half on another; \
                 a message beside a silent client"
            }
        }
    }

    /// Returns what the check expects; `None` unless it is a single conversation of its own.
    pub(crate) fn expectation(self) -> Option<Expectation> {
        match self {
            Self::SplitInTwo | Self::SplitIn23 | Self::LateNul => {
                Some(Expectation::Policy(Some(&rules::REQUEST_FRAGMENTED)))
            }
            Self::LateRequest => Some(Expectation::Policy(None)),
            Self::Coalesced | Self::TwoRequests | Self::CrlfAfter => {
                Some(Expectation::PolicyPreferred(Some(&rules::REQUEST_COALESCED)))
            }
            Self::HalfClose => Some(Expectation::PolicyPreferred(None)),
            Self::NoNul
            | Self::OtherMessage
            | Self::Garbage
            | Self::HttpGet
            | Self::TlsClientHello
            | Self::Flood => Some(Expectation::NoPolicy),
            Self::Spaced | Self::UpperCase => Some(Expectation::Either),
            _ => None,
        }
    }

    /// Returns whether the check sends nothing and examines the answer to `request`.
    pub(crate) fn examines_the_answer(self) -> bool {
        matches!(
            self,
            Self::AnswerEnd | Self::BytesAfterNul | Self::Copies | Self::Closes | Self::Resets
        )
    }

    /// Returns whether the check sends one request in several segments.
    pub(crate) fn is_in_parts(self) -> bool {
        matches!(self, Self::SplitInTwo | Self::SplitIn23 | Self::LateNul)
    }

    /// Returns whether the check burdens the server with more than a few players would.
    pub(crate) fn is_crowd(self) -> bool {
        matches!(
            self,
            Self::ConnectAndDrop | Self::AtOnce | Self::IdlePeers | Self::HalfSent | Self::Flood
        )
    }
}
