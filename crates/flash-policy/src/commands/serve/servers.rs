//! Runs the servers of `serve`.

use std::io;
use std::net::SocketAddr;

use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_fixture::server::{Exchange, ServerGroup};
use tokio::sync::mpsc;

use super::messages::{Line, Role};
use super::setup::Setup;
use crate::failure::Failure;

/// A policy server and a backend, or one server that is both.
pub(super) struct Servers {
    group: ServerGroup,
}

impl Servers {
    /// Starts the policy server and the backend at these addresses. When this returns, both listen,
    /// or refuse if they are set up to. Closed connections go to `exchanges`.
    pub(super) fn start(
        setup: &Setup,
        addresses: [SocketAddr; 2],
        exchanges: &mpsc::UnboundedSender<(SocketAddr, Exchange)>,
    ) -> Result<Self, Failure> {
        let servers = addresses.into_iter().zip(setup.declarations());
        let group = ServerGroup::start(servers, exchanges.clone());
        let cannot = |error| {
            // The error does not say which of the two it is.
            let [policy, backend] = addresses;
            let is_taken = |addr: SocketAddr| std::net::TcpListener::bind(addr).is_err();
            let is_backend = backend.port() != 0 && !is_taken(policy);
            let at = if is_backend { backend } else { policy };
            Failure::not_run(cannot_listen(at, &error))
        };
        Ok(Self { group: group.map_err(cannot)? })
    }

    /// Returns the first line of the output.
    pub(super) fn endpoints(&self) -> Line {
        let addr = |addr: Option<&SocketAddr>| addr.map(ToString::to_string).unwrap_or_default();
        let addrs = self.group.addrs();
        Line::endpoints(addr(addrs.first()), addr(addrs.last()))
    }

    /// Returns the server of a connection.
    pub(super) fn role(&self, at: SocketAddr, exchange: &Exchange) -> Role {
        let is_policy = match self.group.addrs() {
            [policy, _] => *policy == at,
            _ => exchange.is_policy_request(),
        };
        if is_policy { Role::Policy } else { Role::Backend }
    }

    /// Applies the whole change, or nothing of it. With new faults, the next connection gets the
    /// first of them.
    pub(super) fn change(
        &self,
        before: &Setup,
        after: &Setup,
        new_faults: bool,
    ) -> Result<(), String> {
        let (old, new) = (before.declarations(), after.declarations());
        for (index, declaration) in new.iter().enumerate() {
            let from_the_first = new_faults && index == 0;
            if *declaration == old[index] && !from_the_first {
                continue;
            }
            if let Err(error) = self.group.redeclare(index, declaration.clone(), from_the_first) {
                for (index, old) in old.into_iter().enumerate().take(index) {
                    // This state was possible a moment ago.
                    let _ = self.group.redeclare(index, old, new_faults);
                }
                return Err(format!("this machine cannot do it: {error}"));
            }
        }
        Ok(())
    }

    /// Waits until all bytes that have arrived are read, and all connections that are closed are
    /// reported.
    pub(super) fn settle(&self) {
        self.group.settle();
    }

    /// Closes every connection. When this returns, both ports refuse.
    pub(super) fn stop(&mut self) {
        self.group.stop();
    }
}

fn cannot_listen(at: SocketAddr, error: &io::Error) -> String {
    let known =
        |rule: Rule| format!("cannot listen on {at}: {error} ({}): {}", rule.id(), rule.help());
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            let advice = "leave the port out to get a free one: a test maps it to 843, as \
                flash-policy probe --map does";
            format!("cannot listen on {at}: {error} ({}): {advice}", rules::EACCES_843.id())
        }
        io::ErrorKind::AddrInUse if at.port() == flash_policy_core::player::MASTER_PORT => {
            known(rules::EADDRINUSE)
        }
        io::ErrorKind::AddrInUse => {
            let advice =
                "end the program that has this port, or leave the port out to get a free one";
            format!("cannot listen on {at}: {error} ({}): {advice}", rules::EADDRINUSE.id())
        }
        _ => format!("cannot listen on {at}: {error}"),
    }
}
