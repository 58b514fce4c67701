//! The simulated player, rule by rule (rulebook W, L, M, P, D, R, X, T, E, C). The id of a rule stands before its
//! test or case; `rule_index` sees to it that none is missing.

mod document;
mod events;
mod lookup;
mod profile;
mod requester;
mod session;
mod timing;
mod wire;
