//! The order of the checks, and what each learns from those before it.
//!
//! It decides what is sent and how long an answer is awaited. It judges nothing: `verdicts` does.

mod conversations;
mod crowds;
mod leaks;

use std::io;
use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use crate::connection::Target;
use crate::finding::Finding;
use crate::marker::Markers;
use crate::observation::{ConnectionEnd, ListenUntil, Observation};
use crate::report::{Check, CheckVerdict, TortureReport};
use crate::steps::Step;
use crate::verdicts::{AnswerShape, Location};
use crate::{CheckId, verdicts};

/// The time after which a run stops, whatever is left.
const DEADLINE: Duration = Duration::from_secs(50);

/// The wait on a server that should stay silent: at least this long, or a multiple of the latency.
const MIN_QUIET: Duration = Duration::from_millis(300);
const QUIET_LATENCIES: u32 = 8;

/// The shortest time that a server has to close after its answer.
const MIN_CLOSING_TIME: Duration = Duration::from_secs(1);

/// The number of requests that look for a reset in place of a close.
const RESET_SAMPLES: usize = 8;

const NO_POLICY: &str = "the server sent no policy";

/// A run of all checks against one server.
pub(crate) struct Run {
    target: Target,
    /// The checks made so far, in order.
    checks: Vec<Check>,
    markers: Markers,
    /// The wait on a server that should stay silent.
    quiet: Duration,
    listen_until: ListenUntil,
    /// Whether a policy arrives before any request, so that everything seems to be answered.
    speaks_first: bool,
}

/// The answer to the first request.
struct FirstAnswer {
    /// Everything that arrived within the budget.
    within_budget: Observation,
    /// Everything that arrived until the server had closed, or had had the time to.
    complete: Observation,
    /// An answer to the same request that a reset ended.
    reset: Option<Observation>,
}

impl FirstAnswer {
    fn judge(&self, location: &Location) -> Finding {
        verdicts::first_answer(&self.within_budget, &self.complete, location)
    }
}

impl Run {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            checks: Vec::new(),
            markers: Markers::default(),
            quiet: Duration::ZERO,
            listen_until: ListenUntil::Answer,
            speaks_first: false,
        }
    }

    /// Makes all checks.
    pub(crate) async fn report(mut self) -> io::Result<TortureReport> {
        let answer = self.first_request().await?;
        let finding = answer.judge(self.target.location());
        if answer.complete.is_empty() {
            self.other_spellings(&answer.complete, finding).await?;
            return Ok(TortureReport::new(self.checks));
        }
        self.add(CheckId::Request, finding);
        self.answer_shape(&answer).await?;
        if answer.within_budget.is_policy() {
            self.checks_of_a_policy_server().await?;
        } else {
            self.skip_remaining(NO_POLICY);
        }
        Ok(TortureReport::new(self.checks))
    }

    fn add(&mut self, id: CheckId, finding: Finding) {
        self.checks.push(Check::new(id, finding));
    }

    /// Returns the checks that have no finding yet.
    fn remaining(&self) -> impl Iterator<Item = CheckId> + use<> {
        CheckId::ALL.iter().copied().skip(self.checks.len())
    }

    fn skip_remaining(&mut self, reason: &str) {
        for id in self.remaining() {
            self.add(id, Finding::not_run(reason));
        }
    }

    fn has_failed(&self, id: CheckId) -> bool {
        self.checks.iter().any(|check| check.id() == id && check.verdict() == CheckVerdict::Fail)
    }

    /// Returns the time that the server has to close after its answer.
    fn closing_time(&self) -> Duration {
        self.quiet.max(MIN_CLOSING_TIME).min(self.target.budget())
    }

    /// Sends the first request. Its latency determines later waits.
    async fn first_request(&mut self) -> io::Result<FirstAnswer> {
        let mut conversation = self.target.open().await?;
        conversation.play(&[Step::Send(POLICY_REQUEST.to_vec())]).await?;
        conversation.listen(ListenUntil::Answer, conversation.remaining_budget()).await?;
        let answer = conversation.observation().clone();
        self.quiet = quiet(answer.last_byte_at(), self.target.budget());
        if !answer.is_empty() && !answer.is_too_large() {
            conversation.listen(ListenUntil::Close, self.closing_time()).await?;
            conversation.await_reset(self.quiet).await?;
        }
        let complete = conversation.close();
        if complete.is_open() && !complete.has_nul() {
            self.listen_until = ListenUntil::Document;
        }
        // A connection that ended early may still turn out to have been reset.
        let within_budget = if answer.is_open() { answer } else { complete.clone() };
        let reset = self.answer_with_a_reset(&complete).await?;
        Ok(FirstAnswer { within_budget, complete, reset })
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

    /// Nothing arrived for the first request: finds out whether the server knows another spelling.
    async fn other_spellings(&mut self, silent: &Observation, silence: Finding) -> io::Result<()> {
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

    /// Makes the checks on the first answer, and on what the server sends before a request.
    async fn answer_shape(&mut self, first: &FirstAnswer) -> io::Result<()> {
        let mut conversation = self.target.open().await?;
        conversation.listen(self.listen_until, self.quiet).await?;
        let before_request = conversation.close();
        self.speaks_first = before_request.is_policy();
        self.add(CheckId::SpeaksFirst, verdicts::bytes_before_the_request(&before_request));
        let target = self.target.clone();
        let shape = AnswerShape {
            answer: &first.complete,
            reset: first.reset.as_ref(),
            location: target.location(),
            closing_time: self.closing_time(),
        };
        for id in self.remaining().take_while(|id| *id != CheckId::SplitInTwo) {
            self.add(id, shape.judge(id));
        }
        Ok(())
    }

    /// Makes the remaining checks, until the deadline or until the server no longer answers.
    async fn checks_of_a_policy_server(&mut self) -> io::Result<()> {
        for id in self.remaining() {
            let target = self.target.clone();
            let left = DEADLINE.saturating_sub(target.elapsed());
            let Some(checked) = target.limit(left, self.check_and_ask(id)).await? else {
                let limit = DEADLINE.as_secs();
                self.skip_remaining(&format!("the run had reached its limit of {limit} s"));
                break;
            };
            let (finding, still_answers) = checked?;
            self.add(id, finding);
            if !still_answers {
                self.skip_remaining("the server no longer answers");
                break;
            }
        }
        Ok(())
    }

    /// Makes one check. Returns its finding, and whether the server still answers.
    async fn check_and_ask(&mut self, id: CheckId) -> io::Result<(Finding, bool)> {
        let finding = self.check(id).await?;
        if id.sends_only_requests() && finding.is_pass() {
            return Ok((finding, true));
        }
        let answer = self.request_after(id).await?;
        if answer.is_policy() {
            return Ok((finding, true));
        }
        Ok((verdicts::server_stopped_answering(&answer, self.target.location()), false))
    }

    /// Sends a correct request after a check. If the server ends the connection without a policy,
    /// it may still be busy with the check, and gets a second request after a pause.
    async fn request_after(&mut self, id: CheckId) -> io::Result<Observation> {
        let mut answer = self.target.request(self.listen_until).await?;
        if !answer.is_policy() && !answer.is_open() {
            self.target.pause(self.quiet).await?;
            answer = self.target.request(self.listen_until).await?;
        }
        self.markers.look_for_leak(&answer, None, id);
        Ok(answer)
    }

    async fn check(&mut self, id: CheckId) -> io::Result<Finding> {
        match id {
            CheckId::TwoRequests => self.two_requests().await,
            CheckId::Idle => self.idle().await,
            CheckId::ConnectAndDrop => self.connect_and_drop().await,
            CheckId::AtOnce => self.at_once().await,
            CheckId::IdlePeers => self.idle_peers().await,
            CheckId::Leaks => self.leaks().await,
            _ => self.single_conversation(id).await,
        }
    }
}

/// Returns the wait on a server that should stay silent.
fn quiet(latency: Duration, budget: Duration) -> Duration {
    (latency * QUIET_LATENCIES).max(MIN_QUIET.min(budget / 5)).min(budget)
}
