//! What is said of policies without a network.

mod diff;
