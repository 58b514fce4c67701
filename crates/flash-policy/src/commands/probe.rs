//! `flash-policy probe`: performs the handshake of a player with live servers.

mod addresses;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use flash_policy_core::diagnosis::diagnose_families;
use flash_policy_core::diagnostics;
use flash_policy_core::player::{Asked, Endpoint, Grantor, Outcome, Profile, Role, Swf, Verdict};
use flash_policy_fixture::client::{FlashClient, blocking};
use flash_policy_scenario::Status;

use crate::args::{FailOn, Probe};
use crate::commands::live::{self, FailRule};
use crate::failure::Failure;
use crate::report::{
    self, Case, CaseSummary, CommandResult, Diagnostic, LiveResult, ProbeResult, Report,
    ReportedError, Route,
};
use crate::so_far::SoFar;
use addresses::Family;

pub(crate) use addresses::HostRoute;

pub(crate) fn run(probe: &Probe, so_far: &SoFar<ProbeResult>) -> Result<Report, Failure> {
    probe.check_target()?;
    let routes = addresses::routes(probe)?;
    let fail_on = probe.failing.fail_on.unwrap_or(FailOn::Error);
    let fail_rule = FailRule::new(fail_on, &probe.failing.exceptions)?;
    let probed = attempts(probe, &routes, |probed| {
        so_far.update(|result| result.live = live_result(probed, &fail_rule));
    })?;
    let mut live = live_result(&probed, &fail_rule);
    let mut errors = Vec::new();
    if probe.torturing.torture.is_some() {
        let server = torture_target(probe, &routes, &probed)?;
        let chosen = &probe.torturing.check;
        match server.and_then(|(at, addr)| live::torture(&at, addr, &fail_rule, chosen)) {
            Ok(tortured) => live.set_conformance(tortured),
            Err(error) => errors.push(error),
        }
    }
    let warning_ms = probe.nagios.then(|| report::millis(probe.warning));
    let result = ProbeResult { live, warning_ms };
    Ok(Report::new(CommandResult::Probe(result), errors))
}

/// Makes one attempt for each route to the host; none without `--swf`. Reports the attempts so far
/// after each one.
fn attempts(
    probe: &Probe,
    routes: &[HostRoute],
    so_far: impl Fn(&[Probed]),
) -> Result<Vec<Probed>, ReportedError> {
    let (Some(swf), Some(port)) = (&probe.swf, probe.port()) else {
        return Ok(Vec::new());
    };
    let player = ProbingPlayer {
        swf,
        profile: &probe.player.simulated.profile,
        load_policy_file: &probe.player.load_policy_file,
        host: probe.host.host(),
        port,
    };
    let mut probed = Vec::new();
    for route in routes {
        probed.push(player.connect(route)?);
        so_far(&probed);
    }
    Ok(probed)
}

/// Returns the location to run the conformance checks against, and its address: the location that
/// granted, or else the first one that answered.
fn torture_target(
    probe: &Probe,
    routes: &[HostRoute],
    probed: &[Probed],
) -> Result<Result<(Endpoint, SocketAddr), ReportedError>, Failure> {
    let named = probe.torturing.named().map(str::parse::<u16>).transpose();
    let named = named.map_err(|_| {
        Failure::usage("--torture takes a port of the host that is probed, as in --torture=5000")
    })?;
    let answered = routes
        .iter()
        .zip(probed)
        .find_map(|(route, probed)| Some((route, probed.policy_location()?.clone())));
    let asked = || match probe.port().map(u16::try_from) {
        Some(Ok(port)) if probe.swf.is_none() => Endpoint::new(probe.host.host(), port),
        _ => probe.host.clone(),
    };
    let (route, endpoint) = match named {
        Some(port) => (&routes[0], Endpoint::new(probe.host.host(), port)),
        None => answered.unwrap_or_else(|| (&routes[0], asked())),
    };
    let addr = route.network.address(&endpoint);
    let unknown = || {
        let host = probe.host.host();
        let text = format!("{host} does not resolve: there is no server to torture");
        ReportedError::new(report::ErrorKind::NotRun, text)
    };
    Ok(addr.ok_or_else(unknown).map(|addr| (endpoint, addr)))
}

/// A player with a SWF and its target.
pub(crate) struct ProbingPlayer<'a> {
    pub(crate) swf: &'a Swf,
    pub(crate) profile: &'a Profile,
    pub(crate) load_policy_file: &'a [String],
    pub(crate) host: &'a str,
    pub(crate) port: i64,
}

/// The result of an attempt.
pub(crate) struct Probed {
    /// The address that was used for the host; `None` if it was mapped or is unknown.
    address: Option<IpAddr>,
    unresolved: Option<String>,
    profile: Profile,
    took: Duration,
    pub(crate) outcome: Outcome<()>,
}

impl ProbingPlayer<'_> {
    /// Makes one attempt in a new session, over real sockets and in real time.
    pub(crate) fn connect(&self, route: &HostRoute) -> Result<Probed, ReportedError> {
        let HostRoute { network, address, unresolved } = route.clone();
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
    pub(crate) fn is_permitted(&self) -> bool {
        self.outcome.verdict() == Verdict::Permitted
    }

    /// Returns the location that granted, or else the first one whose answer has bytes.
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
        let budget = |role: Role| role.budget(&self.profile.timing);
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

/// Returns the result of all attempts of one player, one for each address family of the host.
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

/// Returns the diagnostic of a host that permits over IPv4 but not over IPv6, which comes first.
fn address_family(probed: &[Probed]) -> Option<diagnostics::Diagnostic> {
    let [first, second] = probed else { return None };
    diagnose_families((first.address?, &first.outcome), (second.address?, &second.outcome))
}

fn has_bytes(asked: &Asked) -> bool {
    use flash_policy_core::player::AnswerKind::{Malformed, NotAPolicy, Policy};
    matches!(asked.answer(), Policy | Malformed | NotAPolicy)
}
