//! From a `try_x()` to its `x()`.

use std::fmt::Display;

/// The value, or a panic at the caller's line with the error's text: what every `x()` makes of its `try_x()`.
#[track_caller]
pub(crate) fn or_panic<T>(result: Result<T, impl Display>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
