//! The thread that serves one test's servers.

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

/// A thread of its own with a runtime of its own. When it is dropped the thread has ended, so that every port of it
/// refuses.
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

    /// Starts the thread. The listeners are bound already, so nothing need be waited for.
    pub(crate) fn start(tasks: Vec<NodeTask>) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (shutdown, stopped) = oneshot::channel::<()>();
        let nodes = tasks.iter().map(|task| task.node.clone()).collect();
        let serve = move || {
            let _inside = runtime.enter();
            for task in tasks {
                runtime.spawn(task.serve());
            }
            let _ = runtime.block_on(stopped);
        };
        let thread = Builder::new().name("flash-policy-fixture".to_owned()).spawn(serve)?;
        Ok(Self { nodes, shutdown: Some(shutdown), thread: Some(thread) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // What clients of this process sent and closed is part of what is judged.
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
