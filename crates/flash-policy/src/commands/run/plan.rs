//! The plan of a run: the server, its ports, the logical ports that are mapped to them, and its
//! readiness. It starts nothing.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use flash_policy_core::player::{Endpoint, MASTER_PORT};
use flash_policy_fixture::process::{ServerUnderTest, ServerUnderTestBuilder};

use crate::args::{LogicalPort, ReadyWhen, RealPort, Run, ServerPort, Variable};
use crate::failure::Failure;

/// The arguments of `run`, checked.
pub(super) struct RunPlan<'a> {
    args: &'a Run,
    /// The command line for the shell.
    pub(super) command: String,
    ports: Vec<ServerPort>,
}

impl<'a> RunPlan<'a> {
    pub(super) fn of(args: &'a Run) -> Result<Self, Failure> {
        if args.swf.is_none() && args.scenario.is_empty() && !args.torture {
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
            ReadyWhen::Output(text) => server.ready_when_output(text),
            ReadyWhen::Http(path) => server.ready_when_http(path),
            ReadyWhen::After(pause) => server.ready_after(*pause),
        }
    }

    /// Returns whether the server counts as ready when its ports are listening.
    pub(super) fn awaits_a_listener(&self) -> bool {
        self.args.ready == ReadyWhen::Listening
    }

    /// Returns the logical endpoints that are mapped to the server. For a logical port without a
    /// host, `endpoints` returns them.
    pub(super) fn routes(
        &self,
        server: &ServerUnderTest,
        endpoints: impl Fn(u16) -> BTreeSet<Endpoint>,
    ) -> Vec<(Endpoint, SocketAddr)> {
        let mapped = self
            .ports
            .iter()
            .filter_map(|port| Some((port.real.address(server), port.logical.as_ref()?)));
        let routes = mapped.flat_map(|(to, LogicalPort { host, port })| {
            let at = host.as_ref().map_or_else(
                || endpoints(*port),
                |host| BTreeSet::from([Endpoint::new(host, *port)]),
            );
            at.into_iter().map(move |at| (at, to))
        });
        routes.collect()
    }

    /// Returns the location where the server answers policy requests: the port mapped to 843, or
    /// else the first mapped port, or else the first port.
    pub(super) fn policy_location(&self, server: &ServerUnderTest) -> (Endpoint, SocketAddr) {
        let host = self.args.connect.as_ref().map_or("localhost", |connect| &connect.host);
        let logical = |port: &ServerPort| {
            port.logical.clone().unwrap_or(LogicalPort { host: None, port: MASTER_PORT })
        };
        let mut ports = self.ports.iter();
        let is_master = |port: &&ServerPort| {
            port.logical.as_ref().is_some_and(|logical| logical.port == MASTER_PORT)
        };
        let chosen =
            ports.clone().find(is_master).or_else(|| ports.find(|port| port.logical.is_some()));
        let chosen = chosen.unwrap_or(&self.ports[0]);
        let LogicalPort { host: named, port } = logical(chosen);
        (Endpoint::new(named.as_deref().unwrap_or(host), port), chosen.real.address(server))
    }

    fn fixed_ports(&self) -> impl Iterator<Item = u16> {
        self.ports.iter().filter_map(|port| match port.real {
            RealPort::Fixed(port) => Some(port),
            RealPort::Named(_) => None,
        })
    }

    /// Returns an error for faults that are known before the server is started.
    fn check(&self) -> Result<(), Failure> {
        let texts = || self.args.env.iter().map(|variable| &variable.value).chain([&self.command]);
        for port in &self.ports {
            match &port.real {
                RealPort::Named(name)
                    if !texts().any(|text| text.contains(&format!("{{{name}}}"))) =>
                {
                    let text = format!(
                        "the server is not told the port `{name}`: write {{{name}}} where CMD or \
                         --env takes it, or, where \
                         it has a port of its own, give its number: --port 10843=843"
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
    fn address(&self, server: &ServerUnderTest) -> SocketAddr {
        match self {
            Self::Named(name) => server.addr_named(name),
            Self::Fixed(port) => (Ipv4Addr::LOCALHOST, *port).into(),
        }
    }
}

/// Returns whether a port of this machine accepts, or neither accepts nor refuses, as an overloaded
/// server does.
fn is_taken(port: u16) -> bool {
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
