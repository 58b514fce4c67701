//! The simulated Flash client: it drives [`player::Lookup`](crate::player::Lookup) over real sockets.

mod attempt;
pub mod blocking;
mod flash_client;
mod socket;
mod xml_socket;

pub use crate::net::{Network, Route};
pub use flash_client::{ConnectError, FlashClient};
pub use socket::FlashSocket;
use socket::Tally;
pub use xml_socket::XmlSocket;

/// What came of a connection attempt of a [`FlashClient`], with the live socket.
pub type Outcome = flash_policy_core::Outcome<FlashSocket>;
