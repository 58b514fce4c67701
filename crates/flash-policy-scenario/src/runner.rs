//! [`Runner`]: runs the cases of a scenario, one by one.
//!
//! It keeps the player sessions and counts coverage. `decide.rs` decides each attempt.

use std::collections::BTreeMap;

use flash_policy_core::analysis::Coverage;
use flash_policy_core::player::{Endpoint, Outcome};
use flash_policy_fixture::client::Route;

use super::decide::{Decision, Routes, Sessions, Sockets};
use super::matrix::MatrixReport;
use super::model::{Case, Changes, Scenario, UnnamedHost};
use super::note::CaseNote;
use super::report::{CaseReport, RuleCoverage, ScenarioReport};

/// A runner for the cases of one scenario, in any order and any choice.
///
/// It keeps the player sessions that cases share. Before a case of a session runs, the runner
/// replays the earlier cases of that session that have not run yet. It does not report the replays.
///
/// ```
/// use flash_policy_scenario::{Runner, Scenario};
///
/// # std::env::set_current_dir("../..").unwrap();
/// let scenario = Scenario::read("fixtures/scenarios/backend.toml")?;
/// let mut runner = Runner::new(&scenario);
/// for (index, case) in scenario.cases().iter().enumerate() {
///     if case.name().contains("down") {
///         let report = runner.run(index);
///         assert!(report.passed(), "{}: {report}", case.name());
///     }
/// }
/// let report = runner.finish();
/// assert!(report.is_success());
/// # Ok::<(), flash_policy_scenario::ScenarioError>(())
/// ```
#[derive(Debug)]
pub struct Runner<'a> {
    scenario: &'a Scenario,
    sockets: Sockets,
    /// For each session, by name: the index of the case that ran last, and the players.
    sessions: BTreeMap<&'a str, (usize, Option<Sessions>)>,
    routes: Routes,
    coverage: Coverage,
    report: ScenarioReport,
}

impl<'a> Runner<'a> {
    /// Creates a runner that has run nothing yet.
    pub fn new(scenario: &'a Scenario) -> Self {
        let mut coverage = Coverage::new();
        for (at, policy) in &scenario.policies {
            if let Some(policy) = policy.document.as_ref().and_then(|document| document.policy()) {
                coverage.add(at.clone(), &policy);
            }
        }
        Self {
            scenario,
            sockets: Sockets::open(),
            sessions: BTreeMap::new(),
            routes: Routes::new(),
            coverage,
            report: ScenarioReport::default(),
        }
    }

    /// Puts a real server at a logical endpoint, in place of the servers that the file declares
    /// there.
    ///
    /// All cases are then decided over real sockets only, by the real clock. A case that changes a
    /// server at such an endpoint is skipped.
    ///
    /// ```
    /// use flash_policy_fixture::PolicyServer;
    /// use flash_policy_scenario::{Runner, Scenario};
    ///
    /// # std::env::set_current_dir("../..").unwrap();
    /// let scenario = Scenario::read("fixtures/scenarios/own-site.toml")?;
    /// let server = PolicyServer::start("<cross-domain-policy/>");
    /// let master = "game.example.com:843".parse()?;
    /// let mut runner = Runner::new(&scenario).route(master, server.addr());
    /// assert!(!runner.run(0).passed(), "this server lets nobody in");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn route(mut self, at: Endpoint, to: impl Into<Route>) -> Self {
        self.routes.insert(at, to.into());
        self
    }

    /// Runs the case at an index of [`Scenario::cases`], on a stage of its own. The report of a
    /// case that ran is in [`finish`](Self::finish) too.
    ///
    /// # Panics
    ///
    /// Panics if there is no such case, and inside a tokio runtime, which it would block.
    pub fn run(&mut self, index: usize) -> &CaseReport {
        let case = &self.scenario.cases[index];
        let decision = match case.session() {
            None => self.decide(case, &mut None),
            Some(session) => {
                let mut players = self.replay(session, index);
                let decision = self.decide(case, &mut players);
                self.sessions.insert(session, (index, players));
                decision
            }
        };
        if let Decision::Agreed { outcome, .. } = &decision {
            self.coverage.count(outcome);
        }
        let mut notes = unknown_hosts(&case.unnamed_hosts, &self.routes);
        notes.extend(case.misspelt_idle.iter().map(CaseNote::unknown_port));
        self.report.cases.push(CaseReport::new(self.scenario, case, notes, decision));
        &self.report.cases[self.report.cases.len() - 1]
    }

    /// Runs the matrix. Returns `None` if the scenario has none.
    ///
    /// # Panics
    ///
    /// Panics inside a tokio runtime, which it would block.
    pub fn run_matrix(&mut self) -> Option<&MatrixReport> {
        self.run_matrix_observed(|_| {})
    }

    /// Runs the matrix, as [`run_matrix`](Self::run_matrix) does, and passes the outcome of each
    /// cell to `observe`.
    ///
    /// # Panics
    ///
    /// Panics inside a tokio runtime, which it would block.
    pub fn run_matrix_observed(
        &mut self,
        mut observe: impl FnMut(&Outcome<()>),
    ) -> Option<&MatrixReport> {
        let Self { scenario, sockets, routes, coverage, .. } = self;
        let plan = scenario.matrix.as_ref()?;
        let decide =
            |attempt| sockets.decide(scenario, routes, &Changes::default(), &attempt, &mut None);
        let notes = unknown_hosts(&plan.unnamed_hosts, routes);
        let report = MatrixReport::run(scenario, plan, notes, decide, |outcome| {
            coverage.count(outcome);
            observe(outcome);
        });
        self.report.matrices.push(report);
        self.report.matrices.last()
    }

    /// Returns the report of everything that was run.
    pub fn finish(self) -> ScenarioReport {
        let mut report = ScenarioReport::default();
        report.merge(ScenarioReport { coverage: self.coverage(), ..self.report });
        report
    }

    fn coverage(&self) -> Vec<RuleCoverage> {
        let document =
            |at| self.scenario.policies.get(at).and_then(|policy| policy.document.as_ref());
        let placed = self.coverage.elements().iter().filter_map(|element| {
            let place = document(&element.endpoint)?.place(element.position?, &self.scenario.file);
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

    /// Returns the players of a session as the case at `index` finds them.
    fn replay(&mut self, session: &'a str, index: usize) -> Option<Sessions> {
        let (first, mut players) = match self.sessions.remove(session) {
            Some((last, players)) if last < index => (last + 1, players),
            _ => (0, None),
        };
        for case in &self.scenario.cases[first..index] {
            if case.session() == Some(session) {
                self.decide(case, &mut players);
            }
        }
        players
    }

    fn decide(&self, case: &Case, players: &mut Option<Sessions>) -> Decision {
        self.sockets.decide(self.scenario, &self.routes, &case.changes, &case.attempt, players)
    }
}

/// Returns a warning for each host that neither an entry nor a real server stands for.
fn unknown_hosts(unnamed: &[UnnamedHost], routes: &Routes) -> Vec<CaseNote> {
    let is_routed = |host: &str| routes.keys().any(|at| at.host() == host);
    let unknown = unnamed.iter().filter(|unnamed| !is_routed(&unnamed.host));
    unknown.map(CaseNote::unknown_host).collect()
}

impl Scenario {
    /// Runs every case in the order of the file, and then the matrix.
    ///
    /// # Panics
    ///
    /// Panics inside a tokio runtime, which it would block.
    pub fn run(&self) -> ScenarioReport {
        let mut runner = Runner::new(self);
        for index in 0..self.cases.len() {
            runner.run(index);
        }
        runner.run_matrix();
        runner.finish()
    }
}
