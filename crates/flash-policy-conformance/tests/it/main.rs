//! The conformance checks, before servers that are bad on purpose: each is found by its check and by those that it
//! implies.

#![allow(
    clippy::unwrap_used,
    reason = "what a test sets up must work; clippy exempts test functions only"
)]

mod runs;
mod servers;
mod table;

/// A policy that permits everybody.
const OPEN: &str =
    "<cross-domain-policy><allow-access-from domain=\"*\" to-ports=\"*\"/></cross-domain-policy>";

/// That policy with its NUL.
fn open_answer() -> Vec<u8> {
    [OPEN.as_bytes(), b"\0"].concat()
}
