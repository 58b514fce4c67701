//! The running servers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc as ack;

use tokio::sync::mpsc;

use super::super::exit::{Exit, Failure};
use super::lines::{Line, Role};
use super::setup::Setup;
use crate::client::RealTime;
use crate::fixture::{Exchange, Host, Node, NodeTask};
use crate::rules::{self, Rule};

/// In each round the sockets are asked what has come, and each server and connection goes on with it. What is over takes
/// a handful, and more of them where bytes have piled up.
const ROUNDS: usize = 64;

/// A policy server and a backend, or one server that is both.
pub(super) struct Servers {
    nodes: Vec<Arc<Node>>,
    /// Their thread, until they are stopped.
    host: Option<Host>,
}

impl Servers {
    /// Starts them: both listen, or refuse as they were told to, when this returns. Connections that are over go to
    /// `taker`.
    pub(super) fn start(
        setup: &Setup,
        listen: SocketAddr,
        taker: &mpsc::UnboundedSender<(SocketAddr, Exchange)>,
    ) -> Result<Self, Failure> {
        let mut tasks = Vec::new();
        for (index, declaration) in setup.declarations().map_err(Failure::usage)?.into_iter().enumerate() {
            let at = if index == 0 { listen } else { SocketAddr::new(listen.ip(), 0) };
            let task = NodeTask::open(at, declaration, RealTime::default(), None);
            let task = task.map_err(|error| Failure::new(Exit::NotRun, cannot_listen(at, &error)))?;
            task.node.gives_to(taker.clone());
            tasks.push(task);
        }
        let nodes = tasks.iter().map(|task| task.node.clone()).collect();
        let host = Host::start(tasks);
        let host = host.map_err(|error| Failure::new(Exit::NotRun, format!("cannot start: {error}")))?;
        Ok(Self { nodes, host: Some(host) })
    }

    /// The first line.
    pub(super) fn endpoints(&self) -> Line {
        let addr = |node: Option<&Arc<Node>>| node.map(|node| node.addr().to_string()).unwrap_or_default();
        Line::endpoints(addr(self.nodes.first()), addr(self.nodes.last()))
    }

    /// Which server a connection came to.
    pub(super) fn role(&self, at: SocketAddr, exchange: &Exchange) -> Role {
        let is_policy = match self.nodes.as_slice() {
            [policy, _] => policy.addr() == at,
            _ => exchange.is_policy_request(),
        };
        if is_policy { Role::Policy } else { Role::Backend }
    }

    /// Makes all of it so, or leaves all of it as it was. With new faults, the next connection has the first of them.
    pub(super) fn change(&self, before: &Setup, after: &Setup, new_faults: bool) -> Result<(), String> {
        let (old, new) = (before.declarations()?, after.declarations()?);
        for (index, node) in self.nodes.iter().enumerate() {
            let from_the_first = new_faults && index == 0;
            if new[index] == old[index] && !from_the_first {
                continue;
            }
            if let Err(error) = node.redeclare(new[index].clone(), from_the_first) {
                for (node, old) in self.nodes[..index].iter().zip(old) {
                    // It was so a moment ago.
                    let _ = node.redeclare(old, new_faults);
                }
                return Err(format!("this machine cannot do it: {error}"));
            }
        }
        Ok(())
    }

    /// Waits until what has come by now is read, and what is over by now is taken.
    pub(super) fn settle(&self) {
        let Some(runtime) = self.nodes.first().and_then(|node| node.runtime()) else { return };
        let (done, is_done) = ack::channel();
        runtime.spawn(async move {
            for _ in 0..ROUNDS {
                tokio::task::yield_now().await;
            }
            let _ = done.send(());
        });
        let _ = is_done.recv();
    }

    /// Ends every connection; both ports refuse when this returns.
    pub(super) fn stop(&mut self) {
        self.host.take();
    }
}

fn cannot_listen(at: SocketAddr, error: &io::Error) -> String {
    let known = |rule: Rule| format!("cannot listen on {at}: {error} ({}): {}", rule.id(), rule.help());
    match error.kind() {
        io::ErrorKind::PermissionDenied => known(rules::O01),
        io::ErrorKind::AddrInUse if at.port() == crate::player::MASTER_PORT => known(rules::O02),
        io::ErrorKind::AddrInUse => {
            let advice = "end the program that has this port, or leave the port out to get a free one";
            format!("cannot listen on {at}: {error} ({}): {advice}", rules::O02.id())
        }
        _ => format!("cannot listen on {at}: {error}"),
    }
}
