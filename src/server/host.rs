//! [`Host`]: the thread that serves the servers of one test.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use flash_policy_core::wire::Declaration;
use flash_policy_net::RealTime;
use tokio::runtime;
use tokio::sync::oneshot;

use super::listener::NodeTask;
use super::node::Node;
use super::server_port::ServerPort;

/// A thread with a runtime of its own. Dropping it joins the thread, so that every port of its
/// servers refuses afterwards.
#[derive(Debug)]
pub(crate) struct Host {
    nodes: Vec<Arc<Node>>,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Starts one server alone, on no stage.
    pub(super) fn alone(
        addr: SocketAddr,
        declaration: Declaration,
    ) -> io::Result<(Self, ServerPort)> {
        let task = NodeTask::open(addr, declaration, RealTime::default(), None)?;
        let port = ServerPort { node: task.node.clone() };
        Ok((Self::start(vec![task])?, port))
    }

    /// Starts the thread. The listeners are already bound, so there is nothing to wait for.
    pub(crate) fn start(tasks: Vec<NodeTask>) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (shutdown, is_shut_down) = oneshot::channel::<()>();
        let nodes = tasks.iter().map(|task| task.node.clone()).collect();
        let serve = move || {
            let _inside = runtime.enter();
            for task in tasks {
                runtime.spawn(task.serve());
            }
            let _ = runtime.block_on(is_shut_down);
        };
        let thread = Builder::new().name("flash-policy-fixture".to_owned()).spawn(serve)?;
        Ok(Self { nodes, shutdown: Some(shutdown), thread: Some(thread) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // The servers judge what clients of this process sent and closed, so it is read first.
            for node in &self.nodes {
                let _ = node.settle();
            }
        }
        self.shutdown.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
