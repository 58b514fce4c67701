//! The ids of faults: writes a [`Fault`] as text, and parses it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Fault, PLAIN};
use crate::debug_as_text;
use crate::wire::ListedFault;

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

/// Parses the id of a fault of one connection.
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

/// The error for a fault id that does not exist, or whose value cannot be read.
///
/// ```
/// use flash_policy_core::wire::Fault;
///
/// let error = "delay=soon".parse::<Fault>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "fault `delay=soon`: expected a duration such as 500ms, 4s or 2m, found `soon`"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidFault {
    written: String,
    problem: String,
}

impl InvalidFault {
    pub(in crate::wire) fn new(written: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self { written: written.to_string(), problem: problem.into() }
    }
}

impl fmt::Display for InvalidFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault `{}`: {}", self.written, self.problem)
    }
}

debug_as_text!(InvalidFault);

impl std::error::Error for InvalidFault {}

/// Parses the id of a fault and its value. Returns `None` if there is no such fault.
pub(in crate::wire) fn parse(written: &str) -> Option<Result<Fault, String>> {
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

/// Parses `BYTES/DURATION`, at least 1 byte at a time.
fn drip(value: &str) -> Result<Fault, String> {
    let (count, every) = value
        .split_once('/')
        .ok_or_else(|| format!("expected BYTES/DURATION such as 1/100ms, found `{value}`"))?;
    match number(count, "bytes")? {
        0 => Err("expected at least 1 byte at a time, found 0".to_owned()),
        bytes => Ok(Fault::Drip { bytes, every: parse_duration(every)? }),
    }
}

/// Parses a number without a sign.
fn number<T: FromStr>(value: &str, of_what: &str) -> Result<T, String> {
    let is_unsigned = value.starts_with(|first: char| first.is_ascii_digit());
    match value.parse() {
        Ok(number) if is_unsigned => Ok(number),
        _ => Err(format!("expected a number of {of_what}, found `{value}`")),
    }
}

/// Parses a duration such as `500ms`, `4s` or `2m`: a whole number and its unit.
///
/// # Errors
///
/// Returns a sentence that says what was expected.
pub fn parse_duration(value: &str) -> Result<Duration, String> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = value.split_at(digits);
    let known = [("ms", 1), ("s", 1000), ("m", 60_000)].into_iter().find(|(name, _)| *name == unit);
    let millis = known.and_then(|(_, millis)| count.parse::<u64>().ok()?.checked_mul(millis));
    let expected = || format!("expected a duration such as 500ms, 4s or 2m, found `{value}`");
    millis.map(Duration::from_millis).ok_or_else(expected)
}
