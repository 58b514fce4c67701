//! The step from `try_x()` to `expect_x()`.

use std::fmt::Display;

/// Returns the value, or panics at the caller's line with the error's text.
///
/// Every function of this project that panics on an error calls its twin that returns a `Result`,
/// and passes the result to this function.
///
/// # Panics
///
/// Panics with the text of the error if there is one.
#[track_caller]
pub fn or_panic<T>(result: Result<T, impl Display>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
