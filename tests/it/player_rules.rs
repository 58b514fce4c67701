//! The simulated player, rule by rule: rulebook W, L, M, P, D, R, X, T, E and C.
//!
//! The id of a rule is in a comment directly above its test or row, or starts the name of the test
//! or row. `rule_citations` in the suite fails if a rule has no test.

mod document;
mod domain;
mod events;
mod lookup;
mod meta_policy;
mod profile;
mod requester;
mod session;
mod timing;
mod to_ports;
mod wire;
