//! The plan of a run: the server, its ports, the logical ports that are mapped to them, and its
//! readiness. It starts nothing.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use flash_policy_core::player::{Endpoint, MASTER_PORT};
use flash_policy_fixture::client::Route;
use flash_policy_fixture::process::ListeningSocket;
use flash_policy_fixture::process::{ServerUnderTest, ServerUnderTestBuilder};

use super::scenario_ports;
use crate::args::{LogicalPort, ReadyWhen, RealPort, Run, ServerPort, Variable};
use crate::failure::Failure;

/// The arguments of `run`, checked.
pub(super) struct RunPlan<'a> {
    args: &'a Run,
    /// The command line for the shell.
    command: String,
    ports: Vec<ServerPort>,
}

impl<'a> RunPlan<'a> {
    pub(super) fn of(args: &'a Run) -> Result<Self, Failure> {
        if args.swf.is_empty() && args.scenario.is_empty() && args.torturing.torture.is_none() {
            let text = "nothing would be asked of the server; add --swf URL and --connect \
                HOST:PORT, --scenario FILE or --torture";
            return Err(Failure::usage(text));
        }
        let ports = match args.port.as_slice() {
            [] => vec![ServerPort {
                real: RealPort::Named("port".to_owned()),
                logical: Some(LogicalPort { host: None, port: MASTER_PORT }),
            }],
            ports => ports.to_vec(),
        };
        let plan = Self { args, command: shell_line(&args.command), ports };
        plan.check()?;
        scenario_ports::check(args, &plan.ports)?;
        Ok(plan)
    }

    /// Returns the server, ready to be started.
    pub(super) fn server(&self) -> ServerUnderTestBuilder {
        let mut server = ServerUnderTest::command(self.command.as_str())
            .ready_within(self.args.ready_within)
            .grace(self.args.grace);
        for Variable { name, value } in &self.args.env {
            server = server.env(name, value);
        }
        for port in self.fixed_ports() {
            server = server.fixed_port(port);
        }
        match &self.args.ready {
            ReadyWhen::Listening => server.ready_when_listening(),
            ReadyWhen::Accepting => server.ready_when_accepting(),
            ReadyWhen::Output(text) => server.ready_when_output(text),
            ReadyWhen::Http(path) => server.ready_when_http(path),
            ReadyWhen::After(pause) => server.ready_after(*pause),
        }
    }

    /// Returns whether the server counts as ready when its ports are listening.
    pub(super) fn awaits_a_listener(&self) -> bool {
        matches!(self.args.ready, ReadyWhen::Listening | ReadyWhen::Accepting)
    }

    /// Returns the logical endpoints that are mapped to the server. For a logical port without a
    /// host, `endpoints` returns them.
    pub(super) fn routes(
        &self,
        server: &ServerUnderTest,
        endpoints: impl Fn(u16) -> BTreeSet<Endpoint>,
    ) -> Vec<(Endpoint, Route)> {
        let mapped =
            self.ports.iter().filter_map(|port| Some((&port.real, port.logical.as_ref()?)));
        let routes = mapped.flat_map(|(real, logical)| {
            let LogicalPort { host, port } = logical;
            let at = host.as_ref().map_or_else(
                || endpoints(*port),
                |host| BTreeSet::from([Endpoint::new(host, *port)]),
            );
            let to = real.route(server, logical);
            at.into_iter().map(move |at| (at, to.clone()))
        });
        routes.collect()
    }

    /// Returns the location where the server answers policy requests. `host` is its host if its
    /// `--port` has none.
    pub(super) fn policy_location(
        &self,
        server: &ServerUnderTest,
        host: &str,
    ) -> (Endpoint, SocketAddr) {
        let answering = self.answering();
        let named = answering.logical.as_ref().and_then(|logical| logical.host.as_deref());
        let at = Endpoint::new(named.unwrap_or(host), self.policy_port());
        (at, answering.real.address(server))
    }

    /// Returns the logical port at which the server answers policy requests.
    pub(super) fn policy_port(&self) -> u16 {
        self.answering().logical.as_ref().map_or(MASTER_PORT, |logical| logical.port)
    }

    /// Returns the port at which the server answers policy requests: the one mapped to 843, or else
    /// the first mapped port, or else the first port.
    fn answering(&self) -> &ServerPort {
        if let Some(named) = self.tortured() {
            return named;
        }
        let stands_for_843 = |port: &&ServerPort| {
            port.logical.as_ref().is_some_and(|logical| logical.port == MASTER_PORT)
        };
        let mut ports = self.ports.iter();
        let chosen = ports.clone().find(stands_for_843);
        chosen.or_else(|| ports.find(|port| port.logical.is_some())).unwrap_or(&self.ports[0])
    }

    /// Returns the port that `--torture` names, by its name or by its number.
    fn tortured(&self) -> Option<&ServerPort> {
        let named = self.args.torturing.named()?;
        self.ports.iter().find(|port| {
            let logical = port.logical.as_ref().map(|logical| logical.port.to_string());
            port.real.to_string() == named || logical.as_deref() == Some(named)
        })
    }

    fn fixed_ports(&self) -> impl Iterator<Item = u16> {
        self.ports.iter().filter_map(|port| match port.real {
            RealPort::Fixed(port) => Some(port),
            RealPort::Named(_) => None,
        })
    }

    /// Returns an error for faults that are known before the server is started.
    fn check(&self) -> Result<(), Failure> {
        let used = self.server().port_names();
        for port in &self.ports {
            match &port.real {
                RealPort::Named(name) if !used.contains(name) => {
                    let stands_for = port.logical.as_ref().map_or(MASTER_PORT, |at| at.port);
                    let picks = match self.args.port.as_slice() {
                        [] => "without --port, a port is picked for".to_owned(),
                        _ => format!("--port {name} picks a port for"),
                    };
                    let text = format!(
                        "{picks} {{{name}}}, but neither CMD nor --env has {{{name}}} in it, so \
                         the server would not learn that port; write {{{name}}} where it takes \
                         its port, or, if it always listens on the same port, give that number, \
                         as in --port 10843={stands_for}"
                    );
                    return Err(Failure::usage(text));
                }
                RealPort::Fixed(port) if is_taken(*port) => {
                    let text = format!(
                        "something listens on 127.0.0.1:{port} already, which would be taken for \
                         the server"
                    );
                    return Err(Failure::not_run(text));
                }
                _ => {}
            }
        }
        if let (Some(named), None) = (self.args.torturing.named(), self.tortured()) {
            let names: Vec<_> = self.ports.iter().map(|port| port.real.to_string()).collect();
            let text =
                format!("--torture={named} names no --port; expected one of {}", names.join(", "));
            return Err(Failure::usage(text));
        }
        self.check_names()
    }

    /// Returns an error if a placeholder has no `--port`, or if two ports have the same logical
    /// port.
    fn check_names(&self) -> Result<(), Failure> {
        let is_declared = |name: &String| {
            self.ports.iter().any(|port| port.real == RealPort::Named(name.clone()))
        };
        if let Some(name) = self.server().port_names().iter().find(|name| !is_declared(name)) {
            let text = format!(
                "there is no --port for {{{name}}}; add --port {name}, or write {{{{{name}}}}} \
                 where no port is meant"
            );
            return Err(Failure::usage(text));
        }
        for (nth, port) in self.ports.iter().enumerate() {
            let has_same_logical_port =
                |other: &&ServerPort| other.logical.is_some() && other.logical == port.logical;
            if let Some(other) = self.ports[nth + 1..].iter().find(has_same_logical_port) {
                let text = format!(
                    "the ports `{}` and `{}` stand for the same logical port",
                    port.real, other.real
                );
                return Err(Failure::usage(text));
            }
        }
        Ok(())
    }
}

impl RealPort {
    /// Returns the route of a logical port to this one.
    fn route(&self, server: &ServerUnderTest, logical: &LogicalPort) -> Route {
        let address = self.address(server);
        match self {
            Self::Named(name) => {
                let port = logical.port;
                let instead =
                    format!("use --port {port}={logical}, with {port} in the place of {{{name}}}");
                Route::picked(address, instead)
            }
            Self::Fixed(_) => address.into(),
        }
    }

    fn address(&self, server: &ServerUnderTest) -> SocketAddr {
        match self {
            Self::Named(name) => server.addr_named(name),
            Self::Fixed(port) => (Ipv4Addr::LOCALHOST, *port).into(),
        }
    }
}

/// Returns whether something listens on a port of this machine. Only where the system has no table
/// of sockets, it is asked: it accepts, or neither accepts nor refuses, as an overloaded server
/// does.
fn is_taken(port: u16) -> bool {
    if let Some(sockets) = ListeningSocket::on_port(port) {
        return !sockets.is_empty();
    }
    match TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), CONNECT_TIMEOUT) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::TimedOut,
    }
}

/// The longest time to wait for a port to accept or refuse.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the command line for the shell. A single argument is one already; several are a command
/// and its arguments.
fn shell_line(command: &[String]) -> String {
    match command {
        [line] => line.clone(),
        words => {
            let quoted: Vec<_> =
                words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
            format!("exec {}", quoted.join(" "))
        }
    }
}
