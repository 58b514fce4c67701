//! The two kinds of policy file.

use crate::ids;

ids! {
    /// The kind of a policy file. Both kinds have the same elements, but with different meanings.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum PolicyKind {
        /// A policy served over a bare socket, on 843 or on the port itself. It says who may open
        /// sockets.
        Socket = "socket",
        /// A `crossdomain.xml`, served over HTTP. It says who may read data.
        Url = "url",
    }
}
