//! The question after each act: is a correct request still answered?
//!
//! The act is blamed, not the check after it. A server gets time to recover, because one that is
//! busy is not dead.

use std::io;
use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use super::Run;
use crate::finding::Finding;
use crate::observation::{ConnectionEnd, Observation};
use crate::report::CheckVerdict;
use crate::steps::Step;
use crate::{CheckId, verdicts};

/// The time that a silent server has to recover, in budgets.
const RECOVERY_BUDGETS: u32 = 3;

/// The answer to a correct request that was sent after an act.
struct Liveness {
    /// The last answer.
    answer: Observation,
    is_answered: bool,
    /// The first request that was not answered.
    first_failed: Option<Observation>,
    /// Whether the first answer came within the budget.
    is_in_time: bool,
    took: Duration,
}

/// The standing of the server after a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    StillAnswers,
    NoLongerAnswers,
}

impl Run {
    /// Makes one check, adds its finding, and asks the server whether it still answers.
    pub(super) async fn check_and_ask(&mut self, id: CheckId) -> io::Result<Standing> {
        let opened = self.target.opened();
        let finding = self.check_in_time(id).await?;
        let has_acted = self.target.opened() > opened || id == CheckId::OnePiece;
        let liveness = self.ask(id).await?;
        if !has_acted && !liveness.is_answered {
            // No connection was made, so the server had stopped answering before this check.
            self.blame_last_act(&liveness);
            return Ok(Standing::NoLongerAnswers);
        }
        let later = self.judge_liveness(id, &liveness);
        self.add(id, finding.and(later));
        Ok(self.standing(id, &liveness))
    }

    fn standing(&self, id: CheckId, liveness: &Liveness) -> Standing {
        let answer = &liveness.answer;
        let may_answer = answer.is_open() && self.is_late(id, answer.observed_until());
        if liveness.is_answered || may_answer {
            Standing::StillAnswers
        } else {
            Standing::NoLongerAnswers
        }
    }

    /// Asks after the check `id`, whose finding is already there.
    pub(super) async fn ask_after_last_check(&mut self, id: CheckId) -> io::Result<Standing> {
        let liveness = self.ask(id).await?;
        let later = self.judge_liveness(id, &liveness);
        self.amend(id, later);
        Ok(self.standing(id, &liveness))
    }

    fn judge_liveness(&self, id: CheckId, liveness: &Liveness) -> Finding {
        let location = self.target.location();
        let Liveness { answer, first_failed, took, .. } = liveness;
        let finding = if !liveness.is_answered {
            verdicts::server_stopped_answering(answer, location)
        } else if let Some(failed) = first_failed {
            verdicts::server_recovered(id, failed, *took, location)
        } else if liveness.is_in_time {
            Finding::pass("a correct request is still answered")
        } else {
            verdicts::server_answered_late(id, *took)
        };
        self.unless_late(id, finding)
    }

    /// Adds to the finding of the last check that sent something that the server then stopped.
    fn blame_last_act(&mut self, liveness: &Liveness) {
        let acts = |check: &&crate::Check| {
            !check.id().examines_the_answer() && check.verdict() != CheckVerdict::NotRun
        };
        let Some(last) = self.checks.iter().rev().find(acts).map(crate::Check::id) else {
            return;
        };
        let stopped = verdicts::server_stopped_answering(&liveness.answer, self.target.location());
        self.amend(last, stopped);
    }

    /// Sends correct requests until one is answered, or the server has had the time to recover.
    async fn ask(&mut self, id: CheckId) -> io::Result<Liveness> {
        self.target.lateness().reset();
        let asked = self.target.elapsed();
        let mut first_failed = None;
        loop {
            let (answer, is_in_time) = self.request_patiently().await?;
            self.markers.look_for_leak(&answer, None, id);
            let is_answered = self.reference.is_answered_by(&answer);
            let took = self.target.elapsed() - asked;
            if is_answered && is_in_time {
                self.pauses.push(answer.pause_inside());
            }
            if is_answered || took >= self.recovery(&answer) {
                return Ok(Liveness { answer, is_answered, first_failed, is_in_time, took });
            }
            first_failed.get_or_insert(answer);
            self.target.pause(self.quiet).await?;
        }
    }

    /// Sends one correct request and waits for the answer beyond the budget. Returns what arrived,
    /// and whether the answer came in time.
    async fn request_patiently(&mut self) -> io::Result<(Observation, bool)> {
        let mut conversation = self.target.open().await?;
        conversation.play(&[Step::Send(POLICY_REQUEST.to_vec())]).await?;
        conversation.listen(self.listen_until, conversation.remaining_budget()).await?;
        let in_time = self.reference.is_answered_by(conversation.observation());
        if conversation.observation().is_open() && !in_time {
            let patience = self.target.budget() * (RECOVERY_BUDGETS - 1);
            conversation.listen(self.listen_until, patience).await?;
        }
        Ok((conversation.leave().await?, in_time))
    }

    /// Returns the time that a server has to recover that answers in this way.
    fn recovery(&self, answer: &Observation) -> Duration {
        let budget = self.target.budget();
        match answer.end() {
            ConnectionEnd::Open | ConnectionEnd::Dropped => budget * RECOVERY_BUDGETS,
            _ => self.quiet.max(budget / 2),
        }
    }
}
