//! Checks that the ports of the server are asked: a `--port` that stands for nothing would leave
//! every scenario to the servers that flash-policy plays itself.

use std::collections::BTreeSet;
use std::path::PathBuf;

use flash_policy_core::player::{Endpoint, MASTER_PORT};
use flash_policy_scenario::{Scenario, find_all, values};

use crate::args::{LogicalPort, RealPort, Run, ServerPort};
use crate::failure::Failure;

/// The most endpoints that a message lists.
const LISTED: usize = 6;

/// Returns an error if no logical port is mapped to the server, or if one is mapped to an endpoint
/// that nothing asks.
pub(super) fn check(args: &Run, ports: &[ServerPort]) -> Result<(), Failure> {
    if args.swf.is_empty() && args.scenario.is_empty() {
        return Ok(());
    }
    if let Some(name) = only_picked(ports) {
        let text = format!(
            "no logical port is mapped to {{{name}}}, so nothing would be asked of the server; \
             write --port {name}={MASTER_PORT}, or the port that the server stands for"
        );
        return Err(Failure::usage(text));
    }
    let Some(known) = endpoints(&args.scenario) else {
        // A scenario that cannot be read is an error of its own.
        return Ok(());
    };
    let mapped = ports.iter().filter_map(|port| Some((port, port.logical.as_ref()?)));
    let mut unasked = mapped.filter(|(_, at)| !at.is_among(&known) && !is_probed(args, at));
    match unasked.next() {
        Some((port, at)) => Err(Failure::usage(nothing_asks(port, at, &known))),
        None => Ok(()),
    }
}

/// Returns the name of the first port if no port has a logical port.
fn only_picked(ports: &[ServerPort]) -> Option<&str> {
    if ports.iter().any(|port| port.logical.is_some()) {
        return None;
    }
    ports.iter().find_map(|port| match &port.real {
        RealPort::Named(name) => Some(name.as_str()),
        RealPort::Fixed(_) => None,
    })
}

/// Returns the endpoints of the scenarios; `None` without scenarios, or if one cannot be read.
fn endpoints(scenarios: &[PathBuf]) -> Option<BTreeSet<Endpoint>> {
    let mut known = BTreeSet::new();
    for found in scenarios.iter().map(find_all) {
        if !found.errors.is_empty() {
            return None;
        }
        for file in found.scenarios {
            known.extend(Scenario::read(file).ok()?.endpoints());
        }
    }
    (!known.is_empty()).then_some(known)
}

/// Returns whether `--connect` may ask this endpoint.
fn is_probed(args: &Run, at: &LogicalPort) -> bool {
    args.connect.iter().any(|connect| {
        let on_this_host = Endpoint::new(&connect.host, at.port);
        at.on(&connect.host) == on_this_host
    })
}

fn nothing_asks(port: &ServerPort, at: &LogicalPort, known: &BTreeSet<Endpoint>) -> String {
    let names: Vec<_> = known.iter().map(ToString::to_string).collect();
    let ports: BTreeSet<_> = known.iter().map(|endpoint| endpoint.port().to_string()).collect();
    let candidates: Vec<_> = match at.host {
        Some(_) => names.iter().map(String::as_str).collect(),
        None => ports.iter().map(String::as_str).collect(),
    };
    let meant = values::nearest(&at.to_string(), &candidates);
    let meant = meant.map(|near| format!("; did you mean --port {}={near}?", port.real));
    let more = if names.len() > LISTED { ", …" } else { "" };
    let listed = names[..names.len().min(LISTED)].join(", ");
    let what = if at.host.is_some() { "an endpoint" } else { "a port" };
    format!(
        "--port {}={at} stands for {what} that no scenario has, so the server would not be asked \
         there; the scenarios have {listed}{more}{}",
        port.real,
        meant.unwrap_or_default()
    )
}

impl LogicalPort {
    fn is_among(&self, known: &BTreeSet<Endpoint>) -> bool {
        match &self.host {
            Some(host) => known.contains(&Endpoint::new(host, self.port)),
            None => known.iter().any(|endpoint| endpoint.port() == self.port),
        }
    }
}
