//! `flash-policy probe`: the live handshake with real servers, and then the backend.

mod addresses;
mod nagios;
mod text;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use flash_policy_core::player::{
    Asked, Endpoint, Grantor, Outcome, Profile, Role, Swf, TimingProfile, Verdict,
};
use flash_policy_fixture::client::{FlashClient, blocking};

use crate::args::Probe;
use crate::commands::torture::torture;
use crate::exit::{Exit, Failure};
use crate::report::Done;

pub(crate) use addresses::Way;
pub(crate) use nagios::{
    is_asked_for as nagios_is_asked_for, main as nagios, unknown as nagios_unknown,
};
pub(crate) use text::done;

pub(crate) fn run(probe: &Probe) -> Result<Done, Failure> {
    let ways = addresses::ways(probe)?;
    let probed = attempts(probe, &ways)?;
    let done = if probed.is_empty() { Done::nothing("probe") } else { done("probe", &probed) };
    if !probe.torture {
        return Ok(done);
    }
    let (endpoint, addr) = to_torture(probe, &ways, &probed)?;
    Ok(done.and(torture("probe", &endpoint, addr, probe.fail_on)?))
}

/// One attempt for each way to the host; none where no SWF is said to connect.
fn attempts(probe: &Probe, ways: &[Way]) -> Result<Vec<Probed>, Failure> {
    let (Some(swf), Some(port)) = (&probe.swf, probe.connect) else {
        return Ok(Vec::new());
    };
    let (profile, load_policy_file) = (&probe.profile, probe.load_policy_file.as_slice());
    let player = ProbingPlayer { swf, profile, load_policy_file, host: probe.host.host(), port };
    ways.iter().map(|way| player.connect(way)).collect()
}

/// The location whose server is tortured, and where it is: the one that granted, or else the first that answered at all.
fn to_torture(
    probe: &Probe,
    ways: &[Way],
    probed: &[Probed],
) -> Result<(Endpoint, SocketAddr), Failure> {
    let answered = ways
        .iter()
        .zip(probed)
        .find_map(|(way, probed)| Some((way, probed.policy_location()?.clone())));
    let asked = || match probe.connect.filter(|_| probe.swf.is_none()).map(u16::try_from) {
        Some(Ok(port)) => Endpoint::new(probe.host.host(), port),
        _ => probe.host.clone(),
    };
    let (way, endpoint) = answered.unwrap_or_else(|| (&ways[0], asked()));
    let addr = way.network.address(&endpoint);
    let unknown = || {
        Failure::new(
            Exit::NotRun,
            format!("{} does not resolve: there is no server to torture", probe.host.host()),
        )
    };
    Ok((endpoint, addr.ok_or_else(unknown)?))
}

/// A player with a SWF that connects somewhere.
pub(crate) struct ProbingPlayer<'a> {
    pub(crate) swf: &'a Swf,
    pub(crate) profile: &'a Profile,
    pub(crate) load_policy_file: &'a [String],
    pub(crate) host: &'a str,
    pub(crate) port: i64,
}

/// What came of an attempt.
pub(crate) struct Probed {
    /// The address that the host was taken to have, where that matters.
    pub(crate) address: Option<IpAddr>,
    unresolved: Option<String>,
    timing: TimingProfile,
    pub(crate) outcome: Outcome<()>,
}

impl ProbingPlayer<'_> {
    /// A new session's attempt, over real sockets and in real time.
    pub(crate) fn connect(&self, way: &Way) -> Result<Probed, Failure> {
        let Way { network, address, unresolved } = way.clone();
        let client =
            FlashClient::new(self.swf.clone()).profile(self.profile.clone()).network(network);
        let client = blocking::FlashClient::new(client);
        for url in self.load_policy_file {
            client.load_policy_file(url);
        }
        let outcome = client
            .try_connect(self.host, self.port)
            .map_err(|error| Failure::new(Exit::NotRun, error))?;
        Ok(Probed {
            address,
            unresolved,
            timing: self.profile.timing.clone(),
            outcome: outcome.without_socket(),
        })
    }
}

impl Probed {
    fn is_permitted(&self) -> bool {
        self.outcome.verdict() == Verdict::Permitted
    }

    /// The location that granted, or else the first whose answer has bytes.
    fn policy_location(&self) -> Option<&Endpoint> {
        match self.outcome.granted_by() {
            Some(Grantor::Policy(location)) => Some(location),
            _ => {
                self.outcome.asked().iter().find(|asked| text::is_heard(asked)).map(Asked::endpoint)
            }
        }
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
