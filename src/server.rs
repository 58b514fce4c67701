//! The servers that a test starts: policy servers, backends, and reserved ports.
//!
//! A server plays scripts from [`wire`](crate::wire) and keeps a [`Journal`]. It knows no rule of
//! the player.

mod backend;
mod connection;
mod host;
mod journal;
mod listener;
mod node;
mod policy_server;
mod port;
mod server_group;
mod server_port;

pub use backend::{Backend, BackendState, RunningBackend};
pub(crate) use host::Host;
pub use journal::{Exchange, ExchangeEnd, Journal, Traffic};
pub(crate) use listener::NodeTask;
pub(crate) use node::Node;
pub use policy_server::{PolicyServer, PolicyServerBuilder};
pub use port::Port;
pub use server_group::ServerGroup;
pub use server_port::ServerPort;
