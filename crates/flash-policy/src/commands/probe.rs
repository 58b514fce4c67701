//! `flash-policy probe`: the live handshake with real servers, and then the backend.

mod addresses;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use flash_policy_core::diagnostics::{self, rules};
use flash_policy_core::player::{Asked, Endpoint, Grantor, Outcome, Profile, Swf, Verdict};
use flash_policy_fixture::client::{FlashClient, blocking};
use flash_policy_scenario::Status;

use crate::args::Probe;
use crate::commands::live::{self, FailRule};
use crate::exit::Failure;
use crate::report::{
    self, Case, CaseSummary, CommandResult, Diagnostic, LiveResult, ProbeResult, Report,
    ReportedError, Route,
};
use addresses::Family;

pub(crate) use addresses::Way;

pub(crate) fn run(probe: &Probe) -> Result<Report, Failure> {
    let ways = addresses::ways(probe)?;
    let probed = attempts(probe, &ways)?;
    let fail_rule = FailRule::new(probe.fail_on, &probe.allow);
    let mut live = live_result(&probed, &fail_rule);
    let mut errors = Vec::new();
    if probe.torture {
        let server = to_torture(probe, &ways, &probed);
        let tortured =
            server.and_then(|(at, addr)| live::torture(&mut live, &at, addr, &fail_rule));
        errors.extend(tortured.err());
    }
    let warning_ms = probe.nagios.then(|| report::millis(probe.warning));
    let result = ProbeResult { live, warning_ms };
    Ok(Report::new(CommandResult::Probe(result), errors))
}

/// Makes one attempt for each way to the host; none where no SWF is said to connect.
fn attempts(probe: &Probe, ways: &[Way]) -> Result<Vec<Probed>, ReportedError> {
    let (Some(swf), Some(port)) = (&probe.swf, probe.connect) else {
        return Ok(Vec::new());
    };
    let player = ProbingPlayer {
        swf,
        profile: &probe.profile,
        load_policy_file: &probe.load_policy_file,
        host: probe.host.host(),
        port,
    };
    ways.iter().map(|way| player.connect(way)).collect()
}

/// Returns the location whose server is tortured, and its address: the one that granted, or else the
/// first that answered at all.
fn to_torture(
    probe: &Probe,
    ways: &[Way],
    probed: &[Probed],
) -> Result<(Endpoint, SocketAddr), ReportedError> {
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
        let host = probe.host.host();
        let text = format!("{host} does not resolve: there is no server to torture");
        ReportedError::new(report::ErrorKind::NotRun, text)
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
    address: Option<IpAddr>,
    unresolved: Option<String>,
    profile: Profile,
    took: Duration,
    pub(crate) outcome: Outcome<()>,
}

impl ProbingPlayer<'_> {
    /// Makes the attempt of a new session, over real sockets and in real time.
    pub(crate) fn connect(&self, way: &Way) -> Result<Probed, ReportedError> {
        let Way { network, address, unresolved } = way.clone();
        let client = FlashClient::new(self.swf.clone());
        let client = client.profile(self.profile.clone()).network(network);
        let client = blocking::FlashClient::new(client);
        for url in self.load_policy_file {
            client.load_policy_file(url);
        }
        let started = Instant::now();
        let outcome = client
            .try_connect(self.host, self.port)
            .map_err(|error| ReportedError::new(report::ErrorKind::NotRun, error.to_string()))?;
        Ok(Probed {
            address,
            unresolved,
            profile: self.profile.clone(),
            took: started.elapsed(),
            outcome: outcome.without_socket(),
        })
    }
}

impl Probed {
    fn is_permitted(&self) -> bool {
        self.outcome.verdict() == Verdict::Permitted
    }

    /// Returns the location that granted, or else the first whose answer has bytes.
    fn policy_location(&self) -> Option<&Endpoint> {
        match self.outcome.granted_by() {
            Some(Grantor::Policy(location)) => Some(location),
            _ => self.outcome.asked().iter().find(|asked| has_bytes(asked)).map(Asked::endpoint),
        }
    }

    fn case(&self) -> Case {
        let status = if self.is_permitted() { Status::Passed } else { Status::Failed };
        let (swf, target) = (self.outcome.swf(), self.outcome.target());
        let name = match self.address {
            Some(address) => format!("{swf} to {target} over {} ({address})", Family::of(address)),
            None => format!("{swf} to {target}"),
        };
        let budget = |role| self.profile.timing.budget(role);
        let case = Case {
            got: Some(report::Verdict::new(&self.outcome, budget)),
            route: Some(Route {
                host: target.host().to_owned(),
                address: self.address.map(|address| address.to_string()),
                family: self.address.map(|address| Family::of(address).to_string()),
                unresolved: self.unresolved.clone(),
            }),
            ..Case::new(name, status)
        };
        case.took(self.took)
    }
}

/// Returns the result of all attempts of one player: one for each address family of the host.
pub(crate) fn live_result(probed: &[Probed], fail_rule: &FailRule) -> LiveResult {
    let cases: Vec<_> = probed.iter().map(Probed::case).collect();
    let outcomes = probed.iter().map(|probed| &probed.outcome);
    LiveResult {
        summary: CaseSummary::of(&cases, None),
        cases,
        host_diagnostics: address_family(probed).iter().map(Diagnostic::from).collect(),
        answer_findings: fail_rule.answers(outcomes),
        conformance: None,
        checks: None,
    }
}

/// Returns what is wrong with a host that answers over IPv4 and not over IPv6, which comes first.
fn address_family(probed: &[Probed]) -> Option<diagnostics::Diagnostic> {
    let [first, second] = probed else { return None };
    let (v6, v4) = (first.address.filter(IpAddr::is_ipv6)?, second.address?);
    (!first.is_permitted() && second.is_permitted())
        .then(|| rules::ipv6_vs_ipv4(first.outcome.target().host(), v6, v4))
}

fn has_bytes(asked: &Asked) -> bool {
    use flash_policy_core::player::AnswerKind::{Malformed, NotAPolicy, Policy};
    matches!(asked.answer(), Policy | Malformed | NotAPolicy)
}
