//! `flash-policy probe`: the live handshake with real servers, and then the backend.

mod nagios;
mod told;
mod ways;

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::args::Probe;
use super::exit::{Exit, Failure};
use super::report::Done;
use crate::client::{FlashClient, blocking};
use crate::player::{Asked, Endpoint, MASTER_PORT, Outcome, Profile, Role, Swf, TimingProfile, Verdict};

pub(super) use nagios::{is_asked_for as nagios_is_asked_for, main as nagios, unknown as nagios_unknown};
pub(super) use told::done;
pub(super) use ways::{PortMap, Way};

pub(super) fn run(probe: &Probe) -> Result<Done, Failure> {
    Ok(done("probe", &attempts(probe)?))
}

/// One attempt for each way to the host.
fn attempts(probe: &Probe) -> Result<Vec<Probed>, Failure> {
    let player = Player {
        swf: &probe.swf,
        profile: &probe.profile,
        load_policy_file: &probe.load_policy_file,
        host: probe.host.host(),
        port: probe.connect,
    };
    ways::ways(probe)?.into_iter().map(|way| player.connect(way)).collect()
}

/// A player with a SWF that connects somewhere.
pub(super) struct Player<'a> {
    pub(super) swf: &'a Swf,
    pub(super) profile: &'a Profile,
    pub(super) load_policy_file: &'a [String],
    pub(super) host: &'a str,
    pub(super) port: i64,
}

/// What came of an attempt.
pub(super) struct Probed {
    /// The address that the host was taken to have, where that matters.
    pub(super) address: Option<IpAddr>,
    unresolved: Option<String>,
    timing: TimingProfile,
    pub(super) outcome: Outcome<()>,
}

impl Player<'_> {
    /// A new session's attempt, over real sockets and in real time.
    pub(super) fn connect(&self, way: Way) -> Result<Probed, Failure> {
        let Way { network, address, unresolved } = way;
        let client = FlashClient::new(self.swf.clone()).profile(self.profile.clone()).network(network);
        let client = blocking::FlashClient::driving(client);
        for url in self.load_policy_file {
            client.load_policy_file(url);
        }
        let outcome = client.try_connect(self.host, self.port).map_err(|error| Failure::new(Exit::NotRun, error))?;
        Ok(Probed { address, unresolved, timing: self.profile.timing.clone(), outcome: outcome.without_socket() })
    }
}

impl Probed {
    fn is_permitted(&self) -> bool {
        self.outcome.verdict() == Verdict::Permitted
    }

    /// How long a player waits for this location; `None` for one that `loadPolicyFile` named.
    fn waits_for(&self, asked: &Asked) -> Option<Duration> {
        match asked.role() {
            Role::Master => Some(self.timing.master_timeout),
            Role::Destination => Some(self.timing.destination_timeout),
            Role::Explicit => None,
        }
    }
}

/// The host of a probe, as its master policy endpoint.
pub(super) fn host(written: &str) -> Result<Endpoint, String> {
    let bracketed = written.parse::<Ipv6Addr>().map(|address| format!("[{address}]"));
    let host = bracketed.unwrap_or_else(|_| written.to_owned());
    let endpoint = format!("{host}:{MASTER_PORT}").parse();
    endpoint.map_err(|_| "expected a name or an address without a port, as in game.example.com or 127.0.0.1".to_owned())
}
