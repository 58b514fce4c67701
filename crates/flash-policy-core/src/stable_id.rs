//! Values with stable ids, and the error for an id that is not in a closed list.

use std::fmt;

use crate::debug_as_text;
use crate::printable::printable_within;

/// A value of a closed list with stable ids, as [`ids!`](crate::ids) defines it.
pub trait StableId: Copy {
    /// The id of every value, in the order of the list.
    const IDS: &'static [&'static str];

    /// Returns the id of this value.
    fn id(self) -> &'static str;
}

/// The error for an id that is not in the list that it should be from.
///
/// ```
/// use flash_policy_core::Profile;
///
/// let error = "flash-8".parse::<Profile>().unwrap_err();
/// assert_eq!(error.written(), "flash-8");
/// assert!(error.to_string().starts_with("`flash-8` is unknown; expected one of flash-10,"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownId {
    written: String,
    expected: &'static [&'static str],
}

impl UnknownId {
    /// Creates the error for `written`, where one of `expected` should be.
    pub fn new(written: &str, expected: &'static [&'static str]) -> Self {
        Self { written: written.to_owned(), expected }
    }

    /// Returns the unknown id.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Returns the ids that are known.
    pub fn expected(&self) -> &'static [&'static str] {
        self.expected
    }
}

impl fmt::Display for UnknownId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = printable_within(&self.written, 80);
        write!(f, "`{written}` is unknown; expected one of {}", self.expected.join(", "))
    }
}

debug_as_text!(UnknownId);

impl std::error::Error for UnknownId {}
