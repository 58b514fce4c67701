//! The server while the cases of scenarios run against it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use flash_policy_core::player::{Endpoint, Outcome, Verdict};

use super::server::{ENDED, ENDS_WITHIN, Halt, RunningServer};
use crate::commands::live::FailRule;
use crate::commands::test::CaseObserver;
use crate::report::{AnswerFinding, Case, CaseSummary, RunResult};
use crate::so_far::SoFar;

/// The time after a case that passed in which the end of the server makes it doubtful.
const GONE_WITHIN: Duration = Duration::from_millis(20);

/// Starts the server again where a case has ended it.
pub(super) struct WatchedCases<'s, 'a>(pub(super) RefCell<ScenarioState<'s, 'a>>);

/// The server, and what ran against it.
pub(super) struct ScenarioState<'s, 'a> {
    pub(super) server: &'s mut RunningServer<'a>,
    so_far: &'s SoFar<RunResult>,
    /// The host of the first scenario.
    pub(super) host: Option<String>,
    /// The number of cases that were run.
    ran: usize,
    /// The name of the last case.
    pub(super) last: Option<String>,
    /// True if no case has run against the server since it was started.
    is_fresh: bool,
    /// The reason why the server is gone, and the number of cases that were run before.
    pub(super) halt: Option<(Halt, usize)>,
    fail_rule: &'s FailRule,
    /// The endpoints for which the server stands.
    real: BTreeSet<Endpoint>,
    /// The diagnostics of the server's answers.
    pub(super) answers: Vec<AnswerFinding>,
    /// The number of those that were there before the case in progress.
    known: usize,
}

impl<'s, 'a> WatchedCases<'s, 'a> {
    pub(super) fn new(
        server: &'s mut RunningServer<'a>,
        so_far: &'s SoFar<RunResult>,
        fail_rule: &'s FailRule,
    ) -> Self {
        let (host, last, halt) = (None, None, None);
        Self(RefCell::new(ScenarioState {
            server,
            so_far,
            host,
            ran: 0,
            last,
            is_fresh: true,
            halt,
            fail_rule,
            real: BTreeSet::new(),
            answers: Vec::new(),
            known: 0,
        }))
    }

    /// Adds endpoints for which the server stands.
    pub(super) fn stands_for<'e>(&self, endpoints: impl Iterator<Item = &'e Endpoint>) {
        self.0.borrow_mut().real.extend(endpoints.cloned());
    }

    /// Starts the server again if the last case ended it. `master` is the endpoint of the scenario
    /// at which the server answers policy requests.
    pub(super) fn before_a_case(&self, master: Option<&Endpoint>) {
        let mut state = self.0.borrow_mut();
        if state.host.is_none() {
            state.host = master.map(|at| at.host().to_owned());
        }
        if let Some(last) = state.last.clone() {
            state.revive(&format!("after {last}"), ENDED);
        }
    }
}

impl CaseObserver for WatchedCases<'_, '_> {
    /// Keeps the diagnostics of the server's answers. The one that explains a denial is left out:
    /// the expectation of the case decides about it.
    fn answered(&self, outcome: &Outcome<()>) {
        let mut state = self.0.borrow_mut();
        let ScenarioState { fail_rule, real, answers, halt, .. } = &mut *state;
        if halt.is_some() {
            return;
        }
        let is_denied = outcome.verdict() != Verdict::Permitted;
        let explanation = if is_denied { outcome.diagnostics().next() } else { None };
        fail_rule.add_answers(answers, outcome, |at, diagnostic| {
            let explains = explanation.is_some_and(|one| one == diagnostic);
            real.contains(at) && !explains
        });
    }

    fn is_doubtful(&self, case: &Case) -> bool {
        let mut state = self.0.borrow_mut();
        let is_permitted = case.got.as_ref().is_some_and(|got| got.outcome.0 == Verdict::Permitted);
        if is_permitted || state.is_fresh {
            return false;
        }
        let Some(last) = state.last.clone() else {
            return false;
        };
        let limit = if case.passed { GONE_WITHIN } else { ENDS_WITHIN };
        let is_revived = state.revive(&format!("after {last} or in {}", case.name), limit);
        if is_revived {
            let known = state.known;
            state.answers.truncate(known);
        }
        is_revived
    }

    fn done(&self, case: &Case) {
        let mut state = self.0.borrow_mut();
        state.ran += 1;
        state.known = state.answers.len();
        state.is_fresh = false;
        state.last = Some(case.name.clone());
        state.so_far.update(|known| {
            known.live.cases.push(case.clone());
            known.live.summary = CaseSummary::of(&known.live.cases, None);
        });
    }
}

impl ScenarioState<'_, '_> {
    /// Starts the server again if it ends within this time. Returns whether it was.
    fn revive(&mut self, when: &str, limit: Duration) -> bool {
        if self.halt.is_some() {
            return false;
        }
        match self.server.revive(when, limit) {
            Ok(is_revived) => {
                self.is_fresh |= is_revived;
                is_revived
            }
            Err(halt) => {
                self.halt = Some((halt, self.ran));
                false
            }
        }
    }
}
