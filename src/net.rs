//! The parts that servers and clients share.
//!
//! [`Network`] maps logical endpoints to real addresses. The [`Declared`] trait lets a server of
//! this crate say in advance what it will do, so that the player's clock can jump. Nothing here
//! opens a socket.

mod declared;
mod network;

pub(crate) use declared::{Claim, Declared, JournalMark, PlayRequest};
pub use network::{Network, Route};
