//! The first request: its answer is examined, and is what later answers are measured against.

use std::io;
use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use super::{NO_POLICY, Run, TOO_BUSY, end_of_answers, quiet};
use crate::finding::Finding;
use crate::observation::{ConnectionEnd, ListenUntil, Observation};
use crate::reference::Reference;
use crate::report::CheckVerdict;
use crate::steps::Step;
use crate::verdicts::Location;
use crate::{CheckId, verdicts};

/// The number of requests that look for a reset in place of a close.
const RESET_SAMPLES: usize = 8;

/// The answer to the first request.
pub(super) struct FirstAnswer {
    /// Everything that arrived within the budget.
    pub(super) within_budget: Observation,
    /// Everything that arrived until the server had closed, or had had the time to.
    pub(super) complete: Observation,
    /// An answer to the same request that a reset ended.
    pub(super) reset: Option<Observation>,
    /// The lateness of this machine meanwhile.
    pub(super) lateness: Duration,
}

impl FirstAnswer {
    fn judge(&self, location: &Location) -> Finding {
        verdicts::first_answer(&self.within_budget, &self.complete, location)
    }
}

impl Run {
    /// Sends the first request, and once more if this machine acted too late. Its answer determines
    /// what later answers are measured against, and its latency how long they are awaited.
    pub(super) async fn first_request(&mut self) -> io::Result<FirstAnswer> {
        let mut answer = self.ask_first().await?;
        if self.judge_first(&answer).verdict == CheckVerdict::NotRun {
            answer = self.ask_first().await?;
        }
        Ok(answer)
    }

    /// Judges the first answer, unless this machine may have caused it.
    pub(super) fn judge_first(&self, answer: &FirstAnswer) -> Finding {
        let finding = answer.judge(self.target.location());
        let is_late = |wait| self.is_too_late(answer.lateness, CheckId::Request, wait);
        if finding.wait.is_some_and(is_late) { Finding::not_run(TOO_BUSY) } else { finding }
    }

    async fn ask_first(&mut self) -> io::Result<FirstAnswer> {
        self.target.lateness().reset();
        let mut conversation = self.target.open().await?;
        conversation.play(&[Step::Send(POLICY_REQUEST.to_vec())]).await?;
        conversation.listen(ListenUntil::Answer, conversation.remaining_budget()).await?;
        let answer = conversation.observation().clone();
        self.quiet = quiet(answer.last_byte_at(), self.target.budget());
        if !answer.is_too_large() {
            conversation.listen(ListenUntil::Close, self.closing_time()).await?;
            conversation.await_reset(self.quiet).await?;
        }
        let complete = conversation.leave().await?;
        // A connection that ended early may still turn out to have been reset.
        let within_budget = if answer.is_open() { answer } else { complete.clone() };
        self.listen_until = end_of_answers(&within_budget, &complete);
        let location = self.target.location();
        let known = if within_budget.is_empty() { &complete } else { &within_budget };
        self.reference = Reference::new(known, verdicts::is_foreign(known, location));
        let lateness = self.target.lateness().greatest();
        let reset = self.answer_with_a_reset(&complete).await?;
        Ok(FirstAnswer { within_budget, complete, reset, lateness })
    }

    /// Asks again if a reset arrived after the server had closed. Such a server leaves the request
    /// unread, and whether its FIN or its RST is first may depend on chance.
    async fn answer_with_a_reset(&self, first: &Observation) -> io::Result<Option<Observation>> {
        if !first.was_reset_after_close() {
            return Ok(None);
        }
        for _ in 0..RESET_SAMPLES {
            let answer = self.target.request(ListenUntil::Close).await?;
            if answer.end() == ConnectionEnd::Rst {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Nothing arrived for the first request: finds out whether the server expects TLS, or knows
    /// another spelling.
    pub(super) async fn other_spellings(
        &mut self,
        silent: &Observation,
        silence: Finding,
    ) -> io::Result<()> {
        let is_accepted = !matches!(silent.end(), ConnectionEnd::Refused | ConnectionEnd::Dropped);
        if is_accepted {
            let hello = self.converse(CheckId::TlsClientHello, self.target.budget()).await?;
            let location = self.target.location();
            if let Some(tls) = verdicts::tls_answered(&hello.observation, silent, location) {
                self.add(CheckId::Request, tls);
                self.skip_remaining(NO_POLICY);
                return Ok(());
            }
        }
        let answered = self.answered_spelling(silent).await?;
        let finding = answered.map(|id| verdicts::only_other_spelling_answered(id, silent));
        self.add(CheckId::Request, finding.clone().unwrap_or(silence));
        for id in self.remaining() {
            match &finding {
                Some(finding) if answered == Some(id) => self.add(id, finding.clone()),
                _ => self.add(id, Finding::not_run(NO_POLICY)),
            }
        }
        Ok(())
    }

    async fn answered_spelling(&mut self, silent: &Observation) -> io::Result<Option<CheckId>> {
        if matches!(silent.end(), ConnectionEnd::Refused | ConnectionEnd::Dropped) {
            return Ok(None);
        }
        for id in [CheckId::Spaced, CheckId::UpperCase, CheckId::CrlfAfter] {
            let exchange = self.converse(id, self.target.budget()).await?;
            if exchange.observation.is_policy() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}
