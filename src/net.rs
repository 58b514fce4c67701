//! What server and client share: the map from logical endpoints to real addresses, and what an
//! endpoint declares about itself.

mod declared;
mod network;

pub(crate) use declared::{Claim, Declared, Mark, Play};
pub use network::{Network, Route};
