//! Servers that run for long: they change while they run, and hand over what they saw.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc as acknowledgement;

use flash_policy_core::wire::Declaration;
use flash_policy_net::RealTime;
use tokio::sync::mpsc;

use super::{Exchange, Host, Node, NodeTask};

/// The rounds of a runtime that [`ServerGroup::settle`] waits for. In each, the sockets are asked what
/// has come, and each server and connection goes on with it. What is over takes a handful, and more
/// where bytes have piled up.
const ROUNDS: usize = 64;

/// Servers on one thread that run for long, as under `flash-policy serve`. Their declarations change
/// while they run, and each exchange is handed over when it ends, so memory does not grow.
///
/// For a test, start a [`PolicyServer`](super::PolicyServer), a [`Backend`](super::Backend) or a
/// [`Stage`](crate::Stage) instead: those keep a journal.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::{Ipv4Addr, SocketAddr, TcpStream};
/// use flash_policy_fixture::server::ServerGroup;
/// use flash_policy_fixture::wire::{Declaration, POLICY_REQUEST, Script};
///
/// let policy = Declaration::new().policy([Script::policy(b"<cross-domain-policy/>")]);
/// let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
/// let (exchanges, mut ended) = tokio::sync::mpsc::unbounded_channel();
/// let servers = ServerGroup::start([(any_port, policy)], exchanges)?;
///
/// let mut client = TcpStream::connect(servers.addrs()[0])?;
/// client.write_all(POLICY_REQUEST)?;
/// client.read_to_end(&mut Vec::new())?;
/// drop(client);
///
/// let (server, exchange) = ended.blocking_recv().expect("the server hands over the exchange");
/// assert_eq!(server, servers.addrs()[0]);
/// assert!(exchange.is_policy_request());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ServerGroup {
    nodes: Vec<Arc<Node>>,
    addrs: Vec<SocketAddr>,
    /// Their thread, until they are stopped.
    host: Option<Host>,
}

impl ServerGroup {
    /// Starts a server for each address and declaration. All of them listen, or refuse as declared,
    /// when this returns. Each exchange goes to `ended` with the address of its server when it is
    /// over.
    ///
    /// # Errors
    ///
    /// An address cannot be bound, or no descriptor or thread is left.
    pub fn start(
        servers: impl IntoIterator<Item = (SocketAddr, Declaration)>,
        ended: mpsc::UnboundedSender<(SocketAddr, Exchange)>,
    ) -> io::Result<Self> {
        let mut tasks = Vec::new();
        for (addr, declaration) in servers {
            let task = NodeTask::open(addr, declaration, RealTime::default(), None)?;
            task.node.hand_over_to(ended.clone());
            tasks.push(task);
        }
        let nodes: Vec<_> = tasks.iter().map(|task| task.node.clone()).collect();
        let addrs = nodes.iter().map(|node| node.addr()).collect();
        Ok(Self { nodes, addrs, host: Some(Host::start(tasks)?) })
    }

    /// Returns the real addresses, in the order of the servers.
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// Changes what the server at `index` does with the connections that come from now on. With
    /// `from_the_first`, the next policy request gets the first script again. It is so when this
    /// returns; after an error all is as it was.
    ///
    /// # Errors
    ///
    /// As the system, or the server was stopped.
    ///
    /// # Panics
    ///
    /// There is no server at `index`.
    pub fn redeclare(
        &self,
        index: usize,
        declaration: Declaration,
        from_the_first: bool,
    ) -> io::Result<()> {
        self.nodes[index].redeclare(declaration, from_the_first)
    }

    /// Waits until what has come by now is read, and what is over by now is handed over.
    pub fn settle(&self) {
        let Some(runtime) = self.nodes.first().and_then(|node| node.runtime()) else {
            return;
        };
        let (done, is_done) = acknowledgement::channel();
        runtime.spawn(async move {
            for _ in 0..ROUNDS {
                tokio::task::yield_now().await;
            }
            let _ = done.send(());
        });
        let _ = is_done.recv();
    }

    /// Ends every connection. All ports refuse when this returns.
    pub fn stop(&mut self) {
        self.host.take();
    }
}
