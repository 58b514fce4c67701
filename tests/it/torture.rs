//! The conformance checks, before servers that are bad on purpose: each is found by its check and by those that it
//! implies.

mod runs;
mod servers;
mod table;
