//! The faults of a policy server, by the ids of scenario files and of `serve --fault`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{ListedFault, POLICY_REQUEST, Script, Step};
use crate::debug_as_text;

/// The table of faults: of each the variant, its id or the form of it, and the script that it plays.
macro_rules! faults {
    (
        |$document:ident, $answer:ident, $asked:ident|
        plain { $($(#[$plain_doc:meta])* $plain:ident $id:literal => $plain_script:expr;)* }
        valued {
            $(
                $(#[$doc:meta])*
                $valued:ident $(($value:ident: $type:ty))? $({ $($(#[$field_doc:meta])* $field:ident: $field_type:ty,)* })?
                $form:literal => $script:expr;
            )*
        }
    ) => {
        /// What a policy server does wrong on a connection. Each has an id, and plays a [`Script`].
        ///
        /// ```
        /// use std::time::Duration;
        /// use flash_policy_core::wire::Fault;
        ///
        /// assert_eq!("delay=4s".parse(), Ok(Fault::Delay(Duration::from_secs(4))));
        /// assert_eq!(Fault::Split(vec![5, 10]).to_string(), "split=5,10");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[$plain_doc])* $plain,)*
            $($(#[$doc])* $valued $(($type))? $({ $($(#[$field_doc])* $field: $field_type,)* })?,)*
        }

        /// The faults whose id takes no value.
        const PLAIN: &[(&str, Fault)] = &[$(($id, Fault::$plain),)*];

        /// The ids of the faults, with the form of the value where one takes a value.
        pub(super) const FORMS: &[&str] = &[$($id,)* $($form,)*];

        impl Fault {
            /// What a server with this fault does when it is asked for `document`.
            pub fn script(&self, $document: &[u8]) -> Script {
                let $asked = Script::new().read_request();
                let $answer = [$document, b"\0"].concat();
                match self {
                    $(Self::$plain => $plain_script,)*
                    $(Self::$valued $(($value))? $({ $($field),* })? => $script,)*
                }
            }
        }
    };
}

faults! {
    |document, answer, asked|
    plain {
        /// `ok`: none.
        Ok "ok" => asked.write(answer).fin();
        /// `silent`: accepts, never speaks (FSP-T04).
        Silent "silent" => Script::new();
        /// `close-on-accept`: closes before it speaks (FSP-T27).
        CloseOnAccept "close-on-accept" => Script::new().fin();
        /// `close-on-request`: closes when the request came (FSP-T27).
        CloseOnRequest "close-on-request" => asked.fin();
        /// `reset-on-accept`: resets before it speaks (FSP-T07).
        ResetOnAccept "reset-on-accept" => Script::new().rst();
        /// `reset-on-request`: resets when the request came (FSP-T07).
        ResetOnRequest "reset-on-request" => asked.rst();
        /// `reset-after-answer`: answers, then resets, as the kernel does for a server that closes with a part of the
        /// request unread (FSP-T06).
        ResetAfterAnswer "reset-after-answer" => asked.write(answer).rst();
        /// `no-nul`: the document, then FIN, without a NUL (FSP-T15).
        NoNul "no-nul" => asked.write(document).fin();
        /// `no-nul-open`: the document without a NUL, and the connection stays open (FSP-T14).
        NoNulOpen "no-nul-open" => asked.write(document);
        /// `escaped-nul`: the characters `\0` instead of a NUL, then FIN (FSP-T16).
        EscapedNul "escaped-nul" => asked.write([document, br"\0"].concat()).fin();
        /// `keep-open`: answers, and the connection stays open (FSP-T26).
        KeepOpen "keep-open" => asked.write(answer);
        /// `twice`: answers, and answers again (FSP-T25).
        Twice "twice" => asked.write(&answer).write(answer).fin();
        /// `unprompted`: speaks before it is asked (FSP-T24).
        Unprompted "unprompted" => Script::new().write(answer).fin();
        /// `http-400`: answers as an HTTP server would (FSP-T10).
        Http400 "http-400" => asked.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").fin();
        /// `tls-alert`: answers as a TLS server would: `protocol_version`, fatal (FSP-T12).
        TlsAlert "tls-alert" => asked.write(b"\x15\x03\x01\x00\x02\x02\x46").fin();
        /// `bom`: a UTF-8 byte order mark before the answer (FSP-D17).
        Bom "bom" => asked.write([b"\xef\xbb\xbf", &answer[..]].concat()).fin();
        /// `leading-whitespace`: an empty line before the answer (FSP-D16).
        LeadingWhitespace "leading-whitespace" => asked.write([b"\n", &answer[..]].concat()).fin();
        /// `length-prefix`: the document's length in two bytes before the answer, as Java's `writeUTF` does (FSP-L13). One
        /// of less than 256 bytes so begins with a NUL.
        LengthPrefix "length-prefix" => asked.write([&length(document)[..], &answer].concat()).fin();
        /// `utf-16`: the document as UTF-16 with a byte order mark, little end first (FSP-D18).
        Utf16 "utf-16" => asked.write(utf_16(&answer)).fin();
        /// `request-needs-newline`: answers a line, which a player never sends (FSP-T37).
        RequestNeedsNewline "request-needs-newline" => Script::new().then(Step::ReadThrough(b'\n')).write(answer).fin();
        /// `one-read`: answers only a request that comes alone and whole in the first segment; else FIN (FSP-T18).
        OneRead "one-read" => Script::new().then(Step::ExpectAtOnce(POLICY_REQUEST.to_vec())).write(answer).fin();
        /// `first-byte-only`: answers whatever begins with `<` (FSP-T20).
        FirstByteOnly "first-byte-only" => Script::new().then(Step::Expect(b"<".to_vec())).write(answer).fin();
        /// `swallow-coalesced`: answers, and goes on as the backend at its endpoint on the same connection; what came in one
        /// segment with the request is lost (FSP-T19).
        SwallowCoalesced "swallow-coalesced" => asked.then(Step::Swallow).write(answer).then(Step::Backend);
    }
    valued {
        /// `delay=DURATION`: a pause before the answer (FSP-T05).
        Delay(pause: Duration) "delay=DURATION" => asked.wait(*pause).write(answer).fin();
        /// `split=N,M`: the answer is cut at these byte offsets and sent in segments (FSP-T21).
        Split(offsets: Vec<usize>) "split=N,M" => split(&answer, offsets).into_iter().fold(asked, Script::write).fin();
        /// `drip=BYTES/DURATION`: so many bytes, a pause, and so on (FSP-T05).
        Drip {
            /// How many bytes at a time, at least 1.
            bytes: usize,
            /// The pause after each.
            every: Duration,
        } "drip=BYTES/DURATION" => {
            answer.chunks((*bytes).max(1)).fold(asked, |script, drop| script.write(drop).wait(*every)).fin()
        };
        /// `truncate=N`: the first so many bytes of the answer, then FIN (FSP-D21).
        Truncate(bytes: usize) "truncate=N" => asked.write(&answer[..answer.len().min(*bytes)]).fin();
        /// `extra-nuls=N`: the answer, its NUL, and so many more (FSP-T17).
        ExtraNuls(extra: u16) "extra-nuls=N" => asked.write([answer, vec![0; usize::from(*extra)]].concat()).fin();
        /// `bytes-after-nul=TEXT`: the answer, its NUL, and then this (FSP-T17).
        BytesAfterNul(text: String) "bytes-after-nul=TEXT" => asked.write([&answer, text.as_bytes()].concat()).fin();
    }
}

/// A fault id that does not exist, or whose value cannot be read.
///
/// ```
/// use flash_policy_core::wire::Fault;
///
/// let error = "delay=soon".parse::<Fault>().unwrap_err();
/// assert_eq!(error.to_string(), "fault `delay=soon`: expected a duration such as 500ms, 4s or 2m, found `soon`");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidFault {
    written: String,
    problem: String,
}

impl InvalidFault {
    pub(super) fn new(written: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self { written: written.to_string(), problem: problem.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(pause) => write!(f, "delay={}ms", pause.as_millis()),
            Self::Split(offsets) => {
                let offsets: Vec<String> = offsets.iter().map(usize::to_string).collect();
                write!(f, "split={}", offsets.join(","))
            }
            Self::Drip { bytes, every } => write!(f, "drip={bytes}/{}ms", every.as_millis()),
            Self::Truncate(bytes) => write!(f, "truncate={bytes}"),
            Self::ExtraNuls(extra) => write!(f, "extra-nuls={extra}"),
            Self::BytesAfterNul(text) => write!(f, "bytes-after-nul={text}"),
            plain => PLAIN
                .iter()
                .filter(|(_, fault)| fault == plain)
                .try_for_each(|(id, _)| f.write_str(id)),
        }
    }
}

/// Reads the id of a fault of one connection.
impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(written: &str) -> Result<Self, InvalidFault> {
        match written.parse()? {
            ListedFault::Connection(fault) => Ok(fault),
            _ => Err(InvalidFault::new(
                written,
                "it is about the whole endpoint, not one connection",
            )),
        }
    }
}

impl fmt::Display for InvalidFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault `{}`: {}", self.written, self.problem)
    }
}

debug_as_text!(InvalidFault);

impl std::error::Error for InvalidFault {}

/// Reads the id of a fault and its value. `None` where there is no such fault.
pub(super) fn parse(written: &str) -> Option<Result<Fault, String>> {
    let fault = match written.split_once('=') {
        Some(("delay", value)) => parse_duration(value).map(Fault::Delay),
        Some(("split", value)) => split_offsets(value).map(Fault::Split),
        Some(("drip", value)) => drip(value),
        Some(("truncate", value)) => number(value, "bytes").map(Fault::Truncate),
        Some(("extra-nuls", value)) => number(value, "NULs up to 65535").map(Fault::ExtraNuls),
        Some(("bytes-after-nul", text)) => Ok(Fault::BytesAfterNul(text.to_owned())),
        _ => {
            let (_, fault) = PLAIN.iter().find(|(id, _)| *id == written)?;
            Ok(fault.clone())
        }
    };
    Some(fault)
}

fn split_offsets(value: &str) -> Result<Vec<usize>, String> {
    value.split(',').map(|offset| number(offset, "bytes")).collect()
}

fn split<'a>(answer: &'a [u8], offsets: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = offsets.iter().map(|&at| at.min(answer.len())).collect();
    cuts.extend([0, answer.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| &answer[pair[0]..pair[1]]).collect()
}

/// As `writeUTF` counts; one that it would refuse counts as the longest.
fn length(document: &[u8]) -> [u8; 2] {
    u16::try_from(document.len()).unwrap_or(u16::MAX).to_be_bytes()
}

fn utf_16(text: &[u8]) -> Vec<u8> {
    let marked = format!("\u{feff}{}", String::from_utf8_lossy(text));
    marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn drip(value: &str) -> Result<Fault, String> {
    let (count, every) = value
        .split_once('/')
        .ok_or_else(|| format!("expected BYTES/DURATION such as 1/100ms, found `{value}`"))?;
    match number(count, "bytes")? {
        0 => Err("expected at least 1 byte at a time, found 0".to_owned()),
        bytes => Ok(Fault::Drip { bytes, every: parse_duration(every)? }),
    }
}

/// A number without a sign.
fn number<T: FromStr>(value: &str, of_what: &str) -> Result<T, String> {
    let number =
        value.parse().ok().filter(|_| value.starts_with(|first: char| first.is_ascii_digit()));
    number.ok_or_else(|| format!("expected a number of {of_what}, found `{value}`"))
}

/// Reads a duration such as `500ms`, `4s` or `2m`.
///
/// # Errors
///
/// A sentence that says what was expected.
pub fn parse_duration(value: &str) -> Result<Duration, String> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = value.split_at(digits);
    let known = [("ms", 1), ("s", 1000), ("m", 60_000)].into_iter().find(|(name, _)| *name == unit);
    let millis = known.and_then(|(_, millis)| count.parse::<u64>().ok()?.checked_mul(millis));
    let expected = || format!("expected a duration such as 500ms, 4s or 2m, found `{value}`");
    millis.map(Duration::from_millis).ok_or_else(expected)
}
