//! The analysis of policies without a network.

mod diff;
mod policies;
