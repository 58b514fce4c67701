//! Finds the real addresses of a probe's hosts, by `--map`, `--address` or the system's resolver.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use flash_policy_core::player::{self, Endpoint, MASTER_PORT};
use flash_policy_fixture::Network;
use flash_policy_net::RealTime;

use crate::args::Probe;
use crate::failure::Failure;

/// The longest time that the resolver may take for one name.
const RESOLVED_WITHIN: Duration = Duration::from_secs(10);

/// One route to the host, as a network for the player.
#[derive(Clone)]
pub(crate) struct HostRoute {
    pub(crate) network: Network,
    /// The address of the host; `None` if none is needed or none is known.
    pub(crate) address: Option<IpAddr>,
    /// The answer of the resolver, if it knows no address.
    pub(crate) unresolved: Option<String>,
}

/// An address family: IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    is_v4: bool,
}

impl Family {
    pub(super) fn of(address: IpAddr) -> Self {
        Self { is_v4: address.is_ipv4() }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_v4 { "IPv4" } else { "IPv6" })
    }
}

/// Returns the routes to the host, one for each address family that it has, in the order in which
/// the system would try them.
pub(super) fn routes(probe: &Probe) -> Result<Vec<HostRoute>, Failure> {
    let asked = asked(probe);
    check_maps(probe, &asked)?;
    let mut known = BTreeMap::new();
    if !probe.address.is_empty() {
        known.insert(probe.host.host(), Ok(probe.address.clone()));
    }
    for endpoint in asked.iter().filter(|endpoint| mapped(probe, endpoint).is_none()) {
        if !known.contains_key(endpoint.host()) {
            known.insert(endpoint.host(), resolve(endpoint.host())?);
        }
    }
    let all_mapped = asked
        .iter()
        .filter(|endpoint| endpoint.host() == probe.host.host())
        .all(|at| mapped(probe, at).is_some());
    let addresses = match known.get(probe.host.host()) {
        Some(Ok(addresses)) if !all_mapped => one_of_each_family(addresses),
        _ => vec![None],
    };
    addresses.into_iter().map(|address| route(probe, &asked, &known, address)).collect()
}

/// The answer of the resolver for each name.
type Known<'a> = BTreeMap<&'a str, Result<Vec<IpAddr>, String>>;

fn route(
    probe: &Probe,
    asked: &[Endpoint],
    known: &Known<'_>,
    address: Option<IpAddr>,
) -> Result<HostRoute, Failure> {
    let mut network = Network::new();
    let family = address.map(Family::of);
    for endpoint in asked {
        let to = match (mapped(probe, endpoint), known.get(endpoint.host())) {
            (Some(to), _) => to,
            (None, Some(Ok(found))) => {
                let same_family = found.iter().find(|found| Some(Family::of(**found)) == family);
                SocketAddr::new(*same_family.unwrap_or(&found[0]), endpoint.port())
            }
            (None, _) => {
                network.unknown_name(endpoint.host());
                continue;
            }
        };
        if !probe.allow_remote && !to.ip().to_canonical().is_loopback() {
            let text = format!(
                "{endpoint} is at {to}, which is not this machine; add --allow-remote to probe it \
                 all the same, or map \
                 it: --map {}=127.0.0.1:PORT",
                endpoint.port()
            );
            return Err(Failure::usage(text));
        }
        network.route(endpoint.clone(), to);
    }
    let unresolved = known.get(probe.host.host()).and_then(|found| found.as_ref().err().cloned());
    Ok(HostRoute { network, address, unresolved })
}

/// Returns every location that the player may ask, and the destination.
fn asked(probe: &Probe) -> Vec<Endpoint> {
    let destination = probe.port().and_then(|port| u16::try_from(port).ok());
    let mut asked: Vec<_> =
        destination.map(|port| Endpoint::new(probe.host.host(), port)).into_iter().collect();
    // Without a SWF, the conformance checks need only one location.
    if probe.swf.is_some() || asked.is_empty() {
        asked.insert(0, probe.host.clone());
    }
    asked
        .extend(probe.player.load_policy_file.iter().filter_map(|url| player::parse_location(url)));
    asked
}

fn mapped(probe: &Probe, endpoint: &Endpoint) -> Option<SocketAddr> {
    if endpoint.host() != probe.host.host() {
        return None;
    }
    probe.map.iter().find(|map| map.port == endpoint.port()).map(|map| map.to)
}

/// Returns an error if two maps have the same port, or if a map has a port that no one asks.
fn check_maps(probe: &Probe, asked: &[Endpoint]) -> Result<(), Failure> {
    for (nth, map) in probe.map.iter().enumerate() {
        if probe.map[nth + 1..].iter().any(|other| other.port == map.port) {
            return Err(Failure::usage(format!(
                "--map says twice where port {} is; leave one of them out",
                map.port
            )));
        }
    }
    let is_asked = |port| asked.contains(&Endpoint::new(probe.host.host(), port));
    match probe.map.iter().find(|map| !is_asked(map.port)) {
        None => Ok(()),
        Some(map) => {
            let ports: Vec<String> =
                asked.iter().map(|endpoint| endpoint.port().to_string()).collect();
            let text = format!(
                "--map names port {}, which nobody asks; the player asks {}",
                map.port,
                ports.join(", ")
            );
            Err(Failure::usage(text))
        }
    }
}

/// Returns the first address of each family, in the order of the resolver.
fn one_of_each_family(addresses: &[IpAddr]) -> Vec<Option<IpAddr>> {
    let first = Family::of(addresses[0]);
    let other = addresses.iter().find(|address| Family::of(**address) != first);
    [addresses.first(), other].into_iter().flatten().map(|address| Some(*address)).collect()
}

/// Returns the addresses of a host, at least one, or the error of the resolver as text.
fn resolve(host: &str) -> Result<Result<Vec<IpAddr>, String>, Failure> {
    let not_run = |error: io::Error| Failure::not_run(format!("cannot resolve {host}: {error}"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(not_run)?;
    let found = runtime.block_on(
        RealTime::default().limit(RESOLVED_WITHIN, tokio::net::lookup_host((host, MASTER_PORT))),
    );
    // The system's resolver cannot be cancelled, so its thread is left behind.
    runtime.shutdown_background();
    Ok(match found {
        Ok((Some(Ok(found)), _)) => match found.map(|address| address.ip()).collect::<Vec<_>>() {
            none if none.is_empty() => Err("it has no address".to_owned()),
            addresses => Ok(addresses),
        },
        Ok((Some(Err(error)), _)) => Err(error.to_string()),
        _ => Err(format!("the resolver has not answered within {RESOLVED_WITHIN:?}")),
    })
}
