//! The state of an endpoint. Says nothing about its behaviour on an established connection.

use crate::ids;

ids! {
    /// The state of an endpoint, which decides about new connections.
    ///
    /// ```
    /// use flash_policy_core::wire::EndpointState;
    ///
    /// assert_eq!("dropped".parse(), Ok(EndpointState::Dropped));
    /// ```
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum EndpointState {
        /// The endpoint listens.
        #[default]
        Up = "up",
        /// The endpoint answers a SYN with a RST: nothing listens there.
        Refused = "refused",
        /// The endpoint never answers a SYN, as behind a firewall that drops packets.
        Dropped = "dropped",
    }
}
