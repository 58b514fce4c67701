//! The two kinds of policy file.

use crate::ids;

ids! {
    /// What a policy file is for. Both have the same elements; what they mean differs.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum PolicyKind {
        /// Served over a bare socket, on 843 or on the port itself: who may open sockets.
        Socket = "socket",
        /// `crossdomain.xml`, served over HTTP: who may read data.
        Url = "url",
    }
}
