//! The state of an endpoint, apart from what it does on a connection.

use crate::ids;

ids! {
    /// The state of an endpoint: what becomes of a new connection.
    ///
    /// ```
    /// use flash_policy_core::wire::EndpointState;
    ///
    /// assert_eq!("dropped".parse(), Ok(EndpointState::Dropped));
    /// ```
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum EndpointState {
        /// It listens.
        #[default]
        Up = "up",
        /// It answers the SYN with a RST: nothing listens there.
        Refused = "refused",
        /// It never answers the SYN, as behind a firewall that drops.
        Dropped = "dropped",
    }
}
