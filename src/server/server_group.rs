//! [`ServerGroup`]: servers that run for a long time, for example under `flash-policy serve`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc as acknowledgement;

use flash_policy_core::wire::Declaration;
use flash_policy_net::RealTime;
use tokio::sync::mpsc;

use super::{Exchange, Host, Node, NodeTask};

/// The number of scheduler rounds that [`ServerGroup::settle`] waits for.
///
/// In each round the runtime polls the sockets, and each server and connection continues. A
/// connection that is over takes a handful of rounds, and more if bytes have piled up.
const SETTLE_ROUNDS: usize = 64;

/// Servers on one thread that run for a long time, as under `flash-policy serve`.
///
/// Their declarations can change while they run. Each exchange is handed over when it ends, so
/// memory does not grow.
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
    /// The thread of the servers; `None` once they are stopped.
    host: Option<Host>,
}

impl ServerGroup {
    /// Starts a server for each address and declaration. When this returns, each of them listens,
    /// or refuses as declared.
    ///
    /// When an exchange ends, it is sent to `ended` with the real address of its server.
    ///
    /// # Errors
    ///
    /// Returns an error if an address cannot be bound, or if no descriptor or thread is left.
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

    /// Changes how the server at `index` treats the connections that come from now on. With
    /// `from_the_first`, the next policy request gets the first script again.
    ///
    /// The change has happened when this returns. After an error nothing has changed.
    ///
    /// # Errors
    ///
    /// Returns `NotConnected` if the server was stopped. Other errors come from the system.
    ///
    /// # Panics
    ///
    /// Panics if there is no server at `index`.
    pub fn redeclare(
        &self,
        index: usize,
        declaration: Declaration,
        from_the_first: bool,
    ) -> io::Result<()> {
        self.nodes[index].redeclare(declaration, from_the_first)
    }

    /// Waits until the bytes that have come by now are read, and the exchanges that are over by now
    /// are handed over.
    pub fn settle(&self) {
        let Some(runtime) = self.nodes.first().and_then(|node| node.runtime()) else {
            return;
        };
        let (done, is_done) = acknowledgement::channel();
        runtime.spawn(async move {
            for _ in 0..SETTLE_ROUNDS {
                tokio::task::yield_now().await;
            }
            let _ = done.send(());
        });
        let _ = is_done.recv();
    }

    /// Stops the servers and cuts every connection. All ports refuse when this returns. Dropping
    /// the group does the same.
    pub fn stop(&mut self) {
        self.host.take();
    }
}
