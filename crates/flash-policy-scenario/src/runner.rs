//! Runs the cases of a scenario, one by one.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use flash_policy_core::analysis::Coverage;
use flash_policy_core::player::Endpoint;

use super::decide::{Decided, Routes, Sessions, Sockets};
use super::matrix::MatrixReport;
use super::model::{Case, Changes, Scenario};
use super::report::{CaseReport, RuleCoverage, ScenarioReport};

/// Runs the cases of one scenario, in any order and any choice. It remembers the player sessions that cases share: a
/// case of a session replays those before it that have not run yet, unreported.
///
/// ```
/// use flash_policy_scenario::{Runner, Scenario};
///
/// # std::env::set_current_dir("../..").unwrap();
/// let scenario = Scenario::read("fixtures/scenarios/backend.toml")?;
/// let mut runner = Runner::new(&scenario);
/// for (index, case) in scenario.cases().iter().enumerate().filter(|(_, case)| case.name().contains("down")) {
///     let report = runner.run(index);
///     assert!(report.passed(), "{}: {report}", case.name());
/// }
/// let report = runner.finish();
/// assert!(report.is_success());
/// # Ok::<(), flash_policy_scenario::ScenarioError>(())
/// ```
#[derive(Debug)]
pub struct Runner<'a> {
    scenario: &'a Scenario,
    sockets: Sockets,
    /// By name: which case has run last, and the player.
    sessions: BTreeMap<&'a str, (usize, Option<Sessions>)>,
    routes: Routes,
    coverage: Coverage,
    report: ScenarioReport,
}

impl<'a> Runner<'a> {
    /// A runner that has run nothing yet.
    pub fn new(scenario: &'a Scenario) -> Self {
        let mut coverage = Coverage::new();
        for (at, policy) in &scenario.policies {
            if let Some(policy) = policy.document.as_ref().and_then(|document| document.policy()) {
                coverage.add(at.clone(), &policy);
            }
        }
        let (sockets, sessions, routes) = (Sockets::open(), BTreeMap::new(), Routes::new());
        Self { scenario, sockets, sessions, routes, coverage, report: ScenarioReport::default() }
    }

    /// Puts a real server at a logical endpoint, instead of what the file declares there. Cases are then decided over real
    /// sockets only, and by the real clock; one that changes what stands at such an endpoint is skipped.
    ///
    /// ```
    /// use flash_policy_fixture::PolicyServer;
    /// use flash_policy_scenario::{Runner, Scenario};
    ///
    /// # std::env::set_current_dir("../..").unwrap();
    /// let scenario = Scenario::read("fixtures/scenarios/own-site.toml")?;
    /// let server = PolicyServer::start("<cross-domain-policy/>");
    /// let mut runner = Runner::new(&scenario).route("game.example.com:843".parse()?, server.addr());
    /// assert!(!runner.run(0).passed(), "this server lets nobody in");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn route(mut self, at: Endpoint, to: SocketAddr) -> Self {
        self.routes.insert(at, to);
        self
    }

    /// Runs one of [`Scenario::cases`], on a stage of its own.
    ///
    /// # Panics
    ///
    /// There is no such case, or this is inside a tokio runtime, which it would block.
    pub fn run(&mut self, index: usize) -> &CaseReport {
        let case = &self.scenario.cases[index];
        let decided = match case.session() {
            None => self.decide(case, &mut None),
            Some(session) => {
                let mut player = self.replayed(session, index);
                let decided = self.decide(case, &mut player);
                self.sessions.insert(session, (index, player));
                decided
            }
        };
        if let Decided::Alike(outcome) = &decided {
            self.coverage.count(outcome);
        }
        self.report.cases.push(CaseReport::new(self.scenario, case, decided));
        &self.report.cases[self.report.cases.len() - 1]
    }

    /// Runs the matrix, where the scenario has one.
    ///
    /// # Panics
    ///
    /// This is inside a tokio runtime, which it would block.
    pub fn run_matrix(&mut self) -> Option<&MatrixReport> {
        let Self { scenario, sockets, routes, coverage, .. } = self;
        let plan = scenario.matrix.as_ref()?;
        let decide =
            |attempt| sockets.decide(scenario, routes, &Changes::default(), &attempt, &mut None);
        let report = MatrixReport::run(scenario, plan, decide, |outcome| coverage.count(outcome));
        self.report.matrices.push(report);
        self.report.matrices.last()
    }

    /// What came of all that was run.
    pub fn finish(self) -> ScenarioReport {
        let mut report = ScenarioReport::default();
        report.merge(ScenarioReport { coverage: self.coverage(), ..self.report });
        report
    }

    fn coverage(&self) -> Vec<RuleCoverage> {
        let documents =
            |at| self.scenario.policies.get(at).and_then(|policy| policy.document.as_ref());
        let placed = self.coverage.elements().iter().filter_map(|element| {
            let place = documents(&element.endpoint)?.place(element.position?, &self.scenario.file);
            Some(RuleCoverage {
                position: place.position(),
                file: place.path,
                element: element.element.clone(),
                granted: element.granted,
                denied: element.denied,
                is_exercised: element.is_exercised(),
            })
        });
        placed.collect()
    }

    /// The player of a session as the case at `index` finds it.
    fn replayed(&mut self, session: &'a str, index: usize) -> Option<Sessions> {
        let (first, mut player) = match self.sessions.remove(session) {
            Some((last, player)) if last < index => (last + 1, player),
            _ => (0, None),
        };
        for case in &self.scenario.cases[first..index] {
            if case.session() == Some(session) {
                self.decide(case, &mut player);
            }
        }
        player
    }

    fn decide(&self, case: &Case, player: &mut Option<Sessions>) -> Decided {
        self.sockets.decide(self.scenario, &self.routes, &case.changes, &case.attempt, player)
    }
}

impl Scenario {
    /// Runs all of it, in the order of the file.
    ///
    /// # Panics
    ///
    /// This is inside a tokio runtime, which it would block.
    pub fn run(&self) -> ScenarioReport {
        let mut runner = Runner::new(self);
        for index in 0..self.cases.len() {
            runner.run(index);
        }
        runner.run_matrix();
        runner.finish()
    }
}
