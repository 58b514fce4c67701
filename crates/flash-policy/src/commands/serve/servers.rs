//! The running servers.

use std::io;
use std::net::SocketAddr;

use flash_policy_core::diagnostics::{Rule, rules};
use flash_policy_fixture::server::{Exchange, ServerGroup};
use tokio::sync::mpsc;

use super::messages::{Line, Role};
use super::setup::Setup;
use crate::exit::Failure;

/// A policy server and a backend, or one server that is both.
pub(super) struct Servers {
    group: ServerGroup,
}

impl Servers {
    /// Starts them: both listen, or refuse as they were told to, when this returns. Connections that
    /// are over go to `taker`.
    pub(super) fn start(
        setup: &Setup,
        listen: SocketAddr,
        taker: &mpsc::UnboundedSender<(SocketAddr, Exchange)>,
    ) -> Result<Self, Failure> {
        let any_port = SocketAddr::new(listen.ip(), 0);
        let addresses = [listen, any_port];
        let servers = addresses.into_iter().zip(setup.declarations());
        let group = ServerGroup::start(servers, taker.clone());
        let cannot = |error| Failure::not_run(cannot_listen(listen, &error));
        Ok(Self { group: group.map_err(cannot)? })
    }

    /// Returns the first line that is printed.
    pub(super) fn endpoints(&self) -> Line {
        let addr = |addr: Option<&SocketAddr>| addr.map(ToString::to_string).unwrap_or_default();
        let addrs = self.group.addrs();
        Line::endpoints(addr(addrs.first()), addr(addrs.last()))
    }

    /// Returns which server a connection came to.
    pub(super) fn role(&self, at: SocketAddr, exchange: &Exchange) -> Role {
        let is_policy = match self.group.addrs() {
            [policy, _] => *policy == at,
            _ => exchange.is_policy_request(),
        };
        if is_policy { Role::Policy } else { Role::Backend }
    }

    /// Changes all of it, or leaves all of it as it was. With new faults, the next connection has the
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
                    // It was so a moment ago.
                    let _ = self.group.redeclare(index, old, new_faults);
                }
                return Err(format!("this machine cannot do it: {error}"));
            }
        }
        Ok(())
    }

    /// Waits until what has come by now is read, and what is over by now is taken.
    pub(super) fn settle(&self) {
        self.group.settle();
    }

    /// Ends every connection; both ports refuse when this returns.
    pub(super) fn stop(&mut self) {
        self.group.stop();
    }
}

fn cannot_listen(at: SocketAddr, error: &io::Error) -> String {
    let known =
        |rule: Rule| format!("cannot listen on {at}: {error} ({}): {}", rule.id(), rule.help());
    match error.kind() {
        io::ErrorKind::PermissionDenied => known(rules::EACCES_843),
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
