//! The simulated Flash client.
//!
//! It drives [`player::Lookup`](crate::player::Lookup) over real sockets. It knows no rule of the
//! player itself: the lookup says what to do next, and decides.

mod attempt;
pub mod blocking;
mod flash_client;
mod socket;
mod xml_socket;

pub use crate::net::{Network, Route};
pub use flash_client::{ConnectError, FlashClient};
use socket::CloseReport;
pub use socket::FlashSocket;
pub use xml_socket::XmlSocket;

/// The outcome of a connection attempt of a [`FlashClient`], with the live socket.
pub type Outcome = flash_policy_core::Outcome<FlashSocket>;
