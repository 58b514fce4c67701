//! The faults of a policy server, by the ids of scenario files and of `serve --fault`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Declaration, Door, Script};

use crate::debug_as_text::debug_as_text;

/// What a policy server does wrong on a connection. Each has an id, and plays a [`Script`].
///
/// ```
/// use std::time::Duration;
/// use flash_policy_fixture::wire::Fault;
///
/// assert_eq!("delay=4s".parse(), Ok(Fault::Delay(Duration::from_secs(4))));
/// assert_eq!(Fault::Split(vec![5, 10]).to_string(), "split=5,10");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `ok`: none.
    Ok,
    /// `refused`: nothing listens. It speaks of the endpoint, not of one connection.
    Refused,
    /// `dropped`: the SYN is never answered. It speaks of the endpoint, not of one connection.
    Dropped,
    /// `silent`: accepts, never speaks (FSP-T04).
    Silent,
    /// `close-on-accept`: closes before it speaks (FSP-T27).
    CloseOnAccept,
    /// `reset-on-request`: resets when the request came.
    ResetOnRequest,
    /// `no-nul`: the document, then FIN, without a NUL (FSP-T15).
    NoNul,
    /// `no-nul-open`: the document without a NUL, and the connection stays open (FSP-T14).
    NoNulOpen,
    /// `delay=DURATION`: a pause before the answer (FSP-T05).
    Delay(Duration),
    /// `split=N,M`: the answer is cut at these byte offsets and sent in segments (FSP-T21).
    Split(Vec<usize>),
    /// `drip=BYTES/DURATION`: so many bytes, a pause, and so on (FSP-T05).
    Drip {
        /// How many bytes at a time, at least 1.
        bytes: usize,
        /// The pause after each.
        every: Duration,
    },
    /// `unprompted`: speaks before it is asked (FSP-T24).
    Unprompted,
    /// `bytes-after-nul=TEXT`: the answer, its NUL, and then this (FSP-T17).
    BytesAfterNul(String),
    /// `http-400`: answers as an HTTP server would (FSP-T10).
    Http400,
}

/// A fault id that does not exist, or whose value cannot be read.
///
/// ```
/// use flash_policy_fixture::wire::Fault;
///
/// let error = "delay=soon".parse::<Fault>().unwrap_err();
/// assert_eq!(error.to_string(), "fault `delay=soon`: expected a duration such as 500ms, 4s or 2m, found `soon`");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownFault {
    written: String,
    problem: String,
}

/// Every id, with its value where it takes one.
pub(crate) const IDS: &str = "ok, refused, dropped, silent, close-on-accept, reset-on-request, no-nul, no-nul-open, \
     delay=DURATION, split=N,M, drip=BYTES/DURATION, unprompted, bytes-after-nul=TEXT, http-400";

impl Fault {
    /// What a server with this fault does when it is asked for `document`.
    pub fn script(&self, document: &[u8]) -> Script {
        let asked = Script::new().read_request();
        let answer = [document, b"\0"].concat();
        match self {
            Self::Ok | Self::Refused | Self::Dropped => Script::policy(document),
            Self::Silent => Script::new(),
            Self::CloseOnAccept => Script::new().fin(),
            Self::ResetOnRequest => asked.rst(),
            Self::NoNul => asked.write(document).fin(),
            Self::NoNulOpen => asked.write(document),
            Self::Delay(pause) => asked.wait(*pause).write(answer).fin(),
            Self::Split(offsets) => split(&answer, offsets).into_iter().fold(asked, Script::write).fin(),
            Self::Drip { bytes, every } => {
                answer.chunks((*bytes).max(1)).fold(asked, |script, drop| script.write(drop).wait(*every)).fin()
            }
            Self::Unprompted => Script::new().write(answer).fin(),
            Self::BytesAfterNul(text) => asked.write([&answer, text.as_bytes()].concat()).fin(),
            Self::Http400 => asked.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").fin(),
        }
    }

    /// What an endpoint does whose policy server has these faults, one for each connection; the last one repeats.
    ///
    /// # Errors
    ///
    /// `refused` and `dropped` speak of the whole endpoint: next to other faults they mean nothing.
    pub fn declare(faults: &[Self], document: &[u8]) -> Result<Declaration, UnknownFault> {
        let door = match faults {
            [Self::Refused] => Door::Refuses,
            [Self::Dropped] => Door::Drops,
            _ => Door::Accepts,
        };
        let misplaced = faults.iter().find(|fault| matches!(fault, Self::Refused | Self::Dropped));
        if let Some(fault) = misplaced.filter(|_| door == Door::Accepts) {
            let problem = "it speaks of the whole endpoint, so it must be the only one in its list".to_owned();
            return Err(UnknownFault { written: fault.to_string(), problem });
        }
        let faults = if faults.is_empty() { &[Self::Ok] } else { faults };
        let scripts = faults.iter().map(|fault| fault.script(document));
        Ok(Declaration::new().door(door).policy(scripts))
    }
}

/// The faults whose id takes no value.
const PLAIN: [(&str, Fault); 10] = [
    ("ok", Fault::Ok),
    ("refused", Fault::Refused),
    ("dropped", Fault::Dropped),
    ("silent", Fault::Silent),
    ("close-on-accept", Fault::CloseOnAccept),
    ("reset-on-request", Fault::ResetOnRequest),
    ("no-nul", Fault::NoNul),
    ("no-nul-open", Fault::NoNulOpen),
    ("unprompted", Fault::Unprompted),
    ("http-400", Fault::Http400),
];

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(pause) => write!(f, "delay={}ms", pause.as_millis()),
            Self::Split(offsets) => {
                let offsets: Vec<String> = offsets.iter().map(usize::to_string).collect();
                write!(f, "split={}", offsets.join(","))
            }
            Self::Drip { bytes, every } => write!(f, "drip={bytes}/{}ms", every.as_millis()),
            Self::BytesAfterNul(text) => write!(f, "bytes-after-nul={text}"),
            plain => {
                let id = PLAIN.iter().find(|(_, fault)| fault == plain).map(|(id, _)| *id);
                f.write_str(id.unwrap_or_default())
            }
        }
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(written: &str) -> Result<Self, UnknownFault> {
        let fault = match written.split_once('=') {
            Some(("delay", value)) => duration(value).map(Self::Delay),
            Some(("split", value)) => value.split(',').map(number).collect::<Result<_, _>>().map(Self::Split),
            Some(("drip", value)) => drip(value),
            Some(("bytes-after-nul", text)) => Ok(Self::BytesAfterNul(text.to_owned())),
            _ => PLAIN
                .iter()
                .find(|(id, _)| *id == written)
                .map(|(_, fault)| fault.clone())
                .ok_or_else(|| format!("no such fault; there are {IDS}")),
        };
        fault.map_err(|problem| UnknownFault { written: written.to_owned(), problem })
    }
}

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault `{}`: {}", self.written, self.problem)
    }
}

debug_as_text!(UnknownFault);

impl std::error::Error for UnknownFault {}

fn split<'a>(answer: &'a [u8], offsets: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = offsets.iter().map(|&at| at.min(answer.len())).collect();
    cuts.extend([0, answer.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| &answer[pair[0]..pair[1]]).collect()
}

fn drip(value: &str) -> Result<Fault, String> {
    let (bytes, every) =
        value.split_once('/').ok_or_else(|| format!("expected BYTES/DURATION such as 1/100ms, found `{value}`"))?;
    match number(bytes)? {
        0 => Err("expected at least 1 byte at a time, found 0".to_owned()),
        bytes => Ok(Fault::Drip { bytes, every: duration(every)? }),
    }
}

fn number(value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("expected a number of bytes, found `{value}`"))
}

pub(crate) fn duration(value: &str) -> Result<Duration, String> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = value.split_at(digits);
    let known = [("ms", 1), ("s", 1000), ("m", 60_000)].into_iter().find(|(name, _)| *name == unit);
    let millis = known.and_then(|(_, millis)| count.parse::<u64>().ok()?.checked_mul(millis));
    let expected = || format!("expected a duration such as 500ms, 4s or 2m, found `{value}`");
    millis.map(Duration::from_millis).ok_or_else(expected)
}
