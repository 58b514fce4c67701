//! What a run is asked to do: which server, on which ports, in whose place, and how it is waited for.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use flash_policy_core::player::{Endpoint, MASTER_PORT};
use flash_policy_fixture::process::{ServerUnderTest, ServerUnderTestBuilder};

use crate::args::{LogicalPort, ReadyWhen, RealPort, Run, ServerPort, Variable};
use crate::exit::Failure;

/// What was asked for, checked.
pub(super) struct RunPlan<'a> {
    args: &'a Run,
    /// One line for the shell.
    pub(super) command: String,
    ports: Vec<ServerPort>,
}

impl<'a> RunPlan<'a> {
    pub(super) fn of(args: &'a Run) -> Result<Self, Failure> {
        if args.swf.is_none() && args.scenario.is_empty() && !args.torture {
            let text = "nothing would be asked of the server; add --swf URL and --connect HOST:PORT, --scenario FILE or --torture";
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

    /// The server as it is to be started.
    pub(super) fn server(&self) -> ServerUnderTestBuilder {
        let mut server = ServerUnderTest::command(self.command.as_str())
            .ready_within(self.args.ready_within)
            .grace(self.args.grace);
        for Variable { name, value } in &self.args.env {
            server = server.env(name, value);
        }
        for port in self.fixed() {
            server = server.fixed_port(port);
        }
        match &self.args.ready {
            ReadyWhen::Listening => server.ready_when_listening(),
            ReadyWhen::Output(text) => server.ready_when_output(text),
            ReadyWhen::Http(path) => server.ready_when_http(path),
            ReadyWhen::After(pause) => server.ready_after(*pause),
        }
    }

    /// Whether it counts as ready when somebody listens on its ports.
    pub(super) fn awaits_a_listener(&self) -> bool {
        self.args.ready == ReadyWhen::Listening
    }

    /// Where the server stands. Of a port without a host, `endpoints` says which ones it is.
    pub(super) fn routes(
        &self,
        server: &ServerUnderTest,
        endpoints: impl Fn(u16) -> BTreeSet<Endpoint>,
    ) -> Vec<(Endpoint, SocketAddr)> {
        let stands = self
            .ports
            .iter()
            .filter_map(|port| Some((port.real.address(server), port.logical.as_ref()?)));
        let routes = stands.flat_map(|(to, LogicalPort { host, port })| {
            let at = host.as_ref().map_or_else(
                || endpoints(*port),
                |host| BTreeSet::from([Endpoint::new(host, *port)]),
            );
            at.into_iter().map(move |at| (at, to))
        });
        routes.collect()
    }

    /// Where the server answers policy requests: on the port that stands for 843, or else on the first one that stands for
    /// any, or else on the first one.
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

    fn fixed(&self) -> impl Iterator<Item = u16> {
        self.ports.iter().filter_map(|port| match port.real {
            RealPort::Fixed(port) => Some(port),
            RealPort::Named(_) => None,
        })
    }

    /// What can be known to go wrong before anything is started.
    fn check(&self) -> Result<(), Failure> {
        let texts = || self.args.env.iter().map(|variable| &variable.value).chain([&self.command]);
        for port in &self.ports {
            match &port.real {
                RealPort::Named(name)
                    if !texts().any(|text| text.contains(&format!("{{{name}}}"))) =>
                {
                    let text = format!(
                        "the server is not told the port `{name}`: write {{{name}}} where CMD or --env takes it, or, where \
                         it has a port of its own, give its number: --port 10843=843"
                    );
                    return Err(Failure::usage(text));
                }
                RealPort::Fixed(port) if is_taken(*port) => {
                    let text = format!(
                        "something listens on 127.0.0.1:{port} already, which would be taken for the server"
                    );
                    return Err(Failure::not_run(text));
                }
                _ => {}
            }
        }
        self.check_names()
    }

    /// Each port in CMD is meant to be one, and each logical port is one server's.
    fn check_names(&self) -> Result<(), Failure> {
        let is_asked_for = |name: &String| {
            self.ports.iter().any(|port| port.real == RealPort::Named(name.clone()))
        };
        if let Some(name) = self.server().port_names().iter().find(|name| !is_asked_for(name)) {
            let text = format!(
                "there is no --port for {{{name}}}; add --port {name}, or write {{{{{name}}}}} where no port is meant"
            );
            return Err(Failure::usage(text));
        }
        for (nth, port) in self.ports.iter().enumerate() {
            let alike =
                |other: &&ServerPort| other.logical.is_some() && other.logical == port.logical;
            if let Some(other) = self.ports[nth + 1..].iter().find(alike) {
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

/// Whether a port of this machine accepts, or neither accepts nor refuses, as a server that is overrun does.
fn is_taken(port: u16) -> bool {
    match TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), TAKEN_WITHIN) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::TimedOut,
    }
}

/// How long a port is asked whether it is taken.
const TAKEN_WITHIN: Duration = Duration::from_secs(1);

/// One argument is a line for the shell already; several are a command and its arguments.
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
