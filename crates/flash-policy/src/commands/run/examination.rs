//! The examination of a running server: the probe, the scenarios and the conformance checks.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use flash_policy_conformance::{CheckId, CheckVerdict};
use flash_policy_core::player::{Endpoint, Swf, canonical_host};
use flash_policy_fixture::server::RunningBackend;
use flash_policy_fixture::{Backend, Network};
use flash_policy_scenario::{Connect, Scenario};

use super::family::ProcessFamily;
use super::plan::RunPlan;
use super::server::{ENDS_WITHIN, Halt, RunningServer};
use super::watched_cases::{ScenarioState, WatchedCases};
use crate::args::{Run, Test};
use crate::commands::live::{self, FailRule};
use crate::commands::probe::{self, HostRoute, Probed, ProbingPlayer};
use crate::commands::test::{self, ScenarioRun};
use crate::report::{CaseSummary, ConformanceCheck, ErrorKind, ReportedError, RunResult};
use crate::so_far::SoFar;

/// The probe, the scenarios and the conformance checks of a running server.
pub(super) struct Examination<'a> {
    pub(super) args: &'a Run,
    pub(super) plan: &'a RunPlan<'a>,
    pub(super) family: &'a ProcessFamily,
    pub(super) fail_rule: &'a FailRule,
    pub(super) so_far: &'a SoFar<RunResult>,
    /// The host of a scenario for which the server stands.
    pub(super) scenario_host: Option<String>,
    pub(super) server: RunningServer<'a>,
}

impl Examination<'_> {
    /// Runs the parts, the gentlest one first. Results before an error are kept. Results that a
    /// signal may have cut short are dropped.
    pub(super) fn make(
        &mut self,
        result: &mut RunResult,
        errors: &mut Vec<ReportedError>,
    ) -> Result<(), Halt> {
        self.probe(result)?;
        if !self.args.scenario.is_empty() && !self.family.is_interrupted() {
            self.run_scenarios(result, errors)?;
        }
        if self.is_tortured() && !self.family.is_interrupted() {
            self.torture(result)?;
        }
        Ok(())
    }

    fn is_tortured(&self) -> bool {
        self.args.torturing.torture.is_some()
    }

    /// Runs the conformance checks. If the server ends in one of them, it is started again for
    /// those that were not run.
    fn torture(&mut self, result: &mut RunResult) -> Result<(), Halt> {
        let mut chosen = self.args.torturing.check.clone();
        loop {
            let (endpoint, addr) = self.policy_location();
            let tortured = live::torture(&endpoint, addr, self.fail_rule, &chosen)?;
            // A signal stops the server, so checks that were under way would blame it wrongly.
            if self.family.is_interrupted() {
                return Ok(());
            }
            let last = last_run(&tortured.1);
            result.live.add_conformance(tortured);
            let left = result.live.checks_not_run();
            let has_stopped_midway = !left.is_empty() && left.len() != chosen.len();
            let last = match last {
                Some(last) if has_stopped_midway => last,
                _ => return Ok(()),
            };
            if !self.server.revive(&format!("after the check {last}"), ENDS_WITHIN)? {
                return Ok(());
            }
            chosen = left;
        }
    }

    /// Returns the location where the server answers policy requests, and its real address.
    pub(super) fn policy_location(&self) -> (Endpoint, SocketAddr) {
        let of_target = self.args.connect.first().map(|connect| connect.host.as_str());
        let host = of_target.or(self.scenario_host.as_deref()).unwrap_or("localhost");
        self.plan.policy_location(self.server.process(), host)
    }

    /// Performs the handshake for each SWF and each target.
    fn probe(&mut self, result: &mut RunResult) -> Result<(), Halt> {
        let backend = Backend::echo().try_start().map_err(|error| {
            ReportedError::new(ErrorKind::NotRun, format!("cannot start a backend: {error}"))
        })?;
        let swfs = &self.args.swf;
        let pairs = swfs.iter().flat_map(|swf| self.args.connect.iter().map(move |to| (swf, to)));
        let mut pairs = pairs.peekable();
        let mut probed = Vec::new();
        let mut earlier: Option<String> = None;
        while let Some((swf, connect)) = pairs.next() {
            let Connect { host, port, .. } = connect;
            let name = format!("{swf} to {host}:{port}");
            let (mut attempt, played) = self.attempt(swf, connect, &backend)?;
            if let (Some(earlier), false) = (&earlier, attempt.is_permitted()) {
                // It may have failed because the attempt before it ended the server.
                if self.server.revive(&format!("after {earlier} or in {name}"), ENDS_WITHIN)? {
                    (attempt, _) = self.attempt(swf, connect, &backend)?;
                }
            }
            if self.family.is_interrupted() {
                return Ok(());
            }
            probed.push(attempt);
            result.live = probe::live_result(&probed, self.fail_rule);
            let played = played.map(|at| at.to_string()).filter(|at| !result.played.contains(at));
            result.played.extend(played);
            self.so_far.update(|known| known.clone_from(result));
            let is_last = pairs.peek().is_none();
            if !is_last || !self.args.scenario.is_empty() || self.is_tortured() {
                let is_revived = self.server.revive(&format!("after {name}"), ENDS_WITHIN)?;
                earlier = if is_revived { None } else { Some(name) };
            }
        }
        Ok(())
    }

    /// Performs one handshake. If no port of the server is mapped to the target, a backend of this
    /// command plays it; then the target is returned as well.
    fn attempt(
        &self,
        swf: &Swf,
        connect: &Connect,
        backend: &RunningBackend,
    ) -> Result<(Probed, Option<Endpoint>), ReportedError> {
        let host = canonical_host(&connect.host);
        let mut network = Network::new();
        let of_host = |port| BTreeSet::from([Endpoint::new(&host, port)]);
        let routes = self.plan.routes(self.server.process(), of_host);
        let destination = u16::try_from(connect.port).ok().map(|port| Endpoint::new(&host, port));
        let stand_in = destination.filter(|at| !routes.iter().any(|(stands, _)| stands == at));
        for (at, to) in routes {
            network.route(at, to);
        }
        if let Some(at) = &stand_in {
            network.route(at.clone(), backend);
        }
        let player = ProbingPlayer {
            swf,
            profile: &self.args.player.simulated.profile,
            load_policy_file: &self.args.player.load_policy_file,
            host: &host,
            port: connect.port,
        };
        let probed = player.connect(&HostRoute { network, address: None, unresolved: None })?;
        Ok((probed, stand_in))
    }

    /// Runs the scenarios. The errors are those of the files that could not be run.
    fn run_scenarios(
        &mut self,
        result: &mut RunResult,
        errors: &mut Vec<ReportedError>,
    ) -> Result<(), Halt> {
        let plan = self.plan;
        let watched = WatchedCases::new(&mut self.server, self.so_far, self.fail_rule);
        let routes = |scenario: &Scenario| {
            let at = |port| scenario.endpoints_at(port);
            watched.before_a_case(at(plan.policy_port()).first());
            let routes = plan.routes(watched.0.borrow().server.process(), at);
            watched.stands_for(routes.iter().map(|(at, _)| at));
            routes
        };
        let run = test::run_against(&Test::of(&self.args.scenario), &routes, &watched);
        let ScenarioState { host, last, halt, mut answers, .. } = watched.0.into_inner();
        self.scenario_host = host;
        let ScenarioRun { files, cases, coverage: _, errors: unread } = run?;
        errors.extend(unread);
        if self.family.is_interrupted() {
            return Ok(());
        }
        let (halt, ran) = halt.map_or((None, cases.len()), |(halt, ran)| (Some(halt), ran));
        result.live.cases.extend(cases.into_iter().take(ran));
        result.live.summary = CaseSummary::of(&result.live.cases, Some(files));
        if self.args.failing.fail_on.is_none() {
            // The expectations alone decide.
            answers.iter_mut().for_each(|finding| finding.fails = false);
        }
        result.live.add_answers(answers);
        if let Some(halt) = halt {
            return Err(halt);
        }
        match last {
            Some(last) if self.is_tortured() => {
                self.server.revive(&format!("after {last}"), ENDS_WITHIN)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Returns the last check that was run.
fn last_run(checks: &[ConformanceCheck]) -> Option<CheckId> {
    let was_run = |check: &&ConformanceCheck| check.verdict.0 != CheckVerdict::NotRun;
    checks.iter().rfind(was_run).map(|check| check.id.0)
}
