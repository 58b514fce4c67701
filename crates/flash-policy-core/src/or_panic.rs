//! The step from `try_x()` to `expect_x()`.

use std::fmt::Display;

/// Returns the value, or panics at the caller's line with the error's text.
///
/// Every function here that panics is built so from its twin that returns a `Result`.
///
/// # Panics
///
/// With the text of the error, if there is one.
#[track_caller]
pub fn or_panic<T>(result: Result<T, impl Display>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
