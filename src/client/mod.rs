//! The simulated Flash client: it drives [`player::Lookup`](crate::player::Lookup) over real sockets.

mod attempt;
pub mod blocking;
mod declared;
mod flash_client;
mod network;
mod real_time;
mod socket;
mod xml_socket;

pub(crate) use declared::{Claim, Declared, Mark, Play};
pub use flash_client::{ConnectError, FlashClient};
pub use network::{Network, Route};
#[cfg(feature = "torture")]
pub(crate) use real_time::PausedClock;
pub(crate) use real_time::RealTime;
pub use socket::FlashSocket;
pub(crate) use socket::Tally;
pub use xml_socket::XmlSocket;

/// What came of a connection attempt of a [`FlashClient`], with the live socket.
pub type Outcome = crate::player::Outcome<FlashSocket>;
