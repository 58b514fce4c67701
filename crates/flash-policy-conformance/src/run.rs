//! The order of the checks, and what each learns from those before it.
//!
//! It decides what is sent and how long an answer is awaited. It judges nothing: `verdicts` does.

mod conversations;
mod crowds;
mod first_request;
mod leaks;
mod liveness;

use std::io;
use std::time::Duration;

use crate::connection::Target;
use crate::finding::Finding;
use crate::marker::Markers;
use crate::observation::{ListenUntil, Observation};
use crate::reference::Reference;
use crate::report::{Check, CheckVerdict, TortureReport};
use crate::selection::Selection;
use crate::verdicts::AnswerShape;
use crate::{CheckId, verdicts};
use first_request::FirstAnswer;
use liveness::Standing;

/// The time after which a run stops, whatever is left.
const DEADLINE: Duration = Duration::from_secs(50);

/// The wait on a server that should stay silent: at least this long, or a multiple of the latency.
const MIN_QUIET: Duration = Duration::from_millis(300);
const QUIET_LATENCIES: u32 = 8;

/// The shortest time that a server has to close after its answer.
const MIN_CLOSING_TIME: Duration = Duration::from_secs(1);

/// The part of a wait by which this machine may be late: an answer takes several steps, each of
/// which is late. Some lateness is usual, so that a short wait tolerates a larger part.
const LATE_PART: u32 = 20;
const LATE_PART_OF_SHORTEST: u32 = 6;

const NO_POLICY: &str = "the server sent no policy";
const TOO_BUSY: &str = "this machine was too busy to tell";
const NO_LONGER_ANSWERS: &str = "the server no longer answers";

/// A run of all checks against one server.
pub(crate) struct Run {
    target: Target,
    selection: Selection,
    /// The checks made so far, in order.
    checks: Vec<Check>,
    markers: Markers,
    /// The first answer, which tells what an answer is.
    reference: Reference,
    /// The wait on a server that should stay silent.
    quiet: Duration,
    listen_until: ListenUntil,
    /// The longest clear pause inside each answer to a single request.
    pauses: Vec<Option<Duration>>,
    /// Whether an answer arrives before any request, so that everything seems to be answered.
    speaks_first: bool,
}

impl Run {
    pub(crate) fn new(target: Target, selection: Selection) -> Self {
        Self {
            target,
            selection,
            checks: Vec::new(),
            markers: Markers::default(),
            reference: Reference::default(),
            quiet: Duration::ZERO,
            listen_until: ListenUntil::Answer,
            pauses: Vec::new(),
            speaks_first: false,
        }
    }

    /// Makes all checks, and measures meanwhile how late this machine acts.
    pub(crate) async fn report(mut self) -> io::Result<TortureReport> {
        let _sampler = self.target.lateness().sample_threads()?;
        let heartbeat = tokio::spawn(self.target.clone().measure_lateness());
        let made = self.make_all_checks().await;
        heartbeat.abort();
        made.map(|()| TortureReport::new(self.selection.reported(self.checks)))
    }

    async fn make_all_checks(&mut self) -> io::Result<()> {
        let answer = self.first_request().await?;
        let finding = self.judge_first(&answer);
        if answer.complete.is_empty() {
            return self.other_spellings(&answer.complete, finding).await;
        }
        self.add(CheckId::Request, finding);
        if self.answer_shape(&answer).await? == Standing::NoLongerAnswers {
            self.skip_remaining(NO_LONGER_ANSWERS);
        } else if answer.within_budget.is_empty() {
            self.skip_remaining("the answer came too late to measure others against it");
        } else {
            self.remaining_checks().await?;
        }
        Ok(())
    }

    fn add(&mut self, id: CheckId, finding: Finding) {
        let check = Check::new(id, finding);
        self.selection.tell(&check);
        self.checks.push(check);
    }

    /// Adds a later finding to the check `id`.
    fn amend(&mut self, id: CheckId, later: Finding) {
        if let Some(check) = self.checks.iter_mut().find(|check| check.id() == id) {
            check.amend(later);
        }
    }

    /// Returns the checks that have no finding yet.
    fn remaining(&self) -> impl Iterator<Item = CheckId> + use<> {
        CheckId::ALL.iter().copied().skip(self.checks.len())
    }

    /// Adds `not-run` for the remaining checks. A leak that was seen is reported all the same.
    fn skip_remaining(&mut self, reason: &str) {
        for id in self.remaining() {
            let finding = match self.markers.leak() {
                Some(leak) if id == CheckId::Leaks => Finding::fail(leak, None),
                _ => Finding::not_run(reason),
            };
            self.add(id, finding);
        }
    }

    fn has_failed(&self, id: CheckId) -> bool {
        self.checks.iter().any(|check| check.id() == id && check.verdict() == CheckVerdict::Fail)
    }

    /// Returns the time that the server has to close after its answer.
    fn closing_time(&self) -> Duration {
        self.quiet.max(MIN_CLOSING_TIME).min(self.target.budget())
    }

    /// Returns whether this machine was late, since the lateness was reset, for a finding of the
    /// check `id` that rests on this wait.
    fn is_late(&self, id: CheckId, wait: Duration) -> bool {
        self.is_too_late(self.target.lateness().greatest(), id, wait)
    }

    /// Returns whether a machine that is this late may have caused a finding. With a crowd, each
    /// connection adds to the lateness.
    fn is_too_late(&self, lateness: Duration, id: CheckId, wait: Duration) -> bool {
        let shortest_wait = MIN_QUIET.min(self.target.budget() / 5);
        let tolerated = (wait / LATE_PART).max(shortest_wait / LATE_PART_OF_SHORTEST);
        lateness > if id.is_crowd() { tolerated / 2 } else { tolerated }
    }

    /// Returns the finding of the check `id`, unless this machine may have caused it.
    fn unless_late(&self, id: CheckId, finding: Finding) -> Finding {
        match finding.wait {
            Some(wait) if self.is_late(id, wait) => Finding::not_run(TOO_BUSY),
            _ => finding,
        }
    }

    /// Makes the checks on the first answer, and on what the server sends before a request.
    async fn answer_shape(&mut self, first: &FirstAnswer) -> io::Result<Standing> {
        let can_compare = !first.within_budget.is_empty();
        let mut standing = Standing::StillAnswers;
        if can_compare {
            standing = self.ask_after_last_check(CheckId::Request).await?;
        }
        if standing == Standing::StillAnswers {
            let finding = self.bytes_before_the_request().await?;
            self.add(CheckId::SpeaksFirst, finding);
        } else {
            self.add(CheckId::SpeaksFirst, Finding::not_run(NO_LONGER_ANSWERS));
        }
        self.examine(first);
        if can_compare && standing == Standing::StillAnswers {
            standing = self.ask_after_last_check(CheckId::SpeaksFirst).await?;
        }
        Ok(standing)
    }

    /// Connects, sends nothing, and judges what arrives.
    async fn bytes_before_the_request(&mut self) -> io::Result<Finding> {
        self.target.lateness().reset();
        let mut conversation = self.target.open().await?;
        conversation.listen(self.listen_until, self.quiet).await?;
        let before_request = conversation.leave().await?;
        self.speaks_first = self.reference.is_answered_by(&before_request);
        Ok(self
            .unless_late(CheckId::SpeaksFirst, verdicts::bytes_before_the_request(&before_request)))
    }

    /// Makes the checks that examine the answer to `request`.
    fn examine(&mut self, first: &FirstAnswer) {
        let target = self.target.clone();
        let shape = AnswerShape {
            answer: &first.complete,
            reset: first.reset.as_ref(),
            location: target.location(),
            closing_time: self.closing_time(),
        };
        for id in self.remaining().take_while(|id| *id != CheckId::SplitInTwo) {
            let finding = shape.judge(id);
            let is_doubtful =
                finding.wait.is_some_and(|wait| self.is_too_late(first.lateness, id, wait));
            self.add(id, if is_doubtful { Finding::not_run(TOO_BUSY) } else { finding });
        }
    }

    /// Makes the remaining checks, until the deadline or until the server no longer answers.
    async fn remaining_checks(&mut self) -> io::Result<()> {
        for id in self.remaining() {
            if !self.selection.has(id) {
                self.checks.push(Selection::left_out(id));
                continue;
            }
            let target = self.target.clone();
            let left = DEADLINE.saturating_sub(target.elapsed());
            match target.limit(left, self.check_and_ask(id)).await?.transpose()? {
                Some(Standing::StillAnswers) => {}
                Some(Standing::NoLongerAnswers) => {
                    self.skip_remaining(NO_LONGER_ANSWERS);
                    break;
                }
                None => {
                    let limit = DEADLINE.as_secs();
                    self.skip_remaining(&format!("the run had reached its limit of {limit} s"));
                    break;
                }
            }
        }
        Ok(())
    }

    /// Makes one check, and once more if this machine may have caused its finding.
    async fn check_in_time(&mut self, id: CheckId) -> io::Result<Finding> {
        self.target.lateness().reset();
        let finding = self.check(id).await?;
        if !finding.wait.is_some_and(|wait| self.is_late(id, wait)) {
            return Ok(finding);
        }
        self.target.pause(self.quiet).await?;
        self.target.lateness().reset();
        let again = self.check(id).await?;
        Ok(self.unless_late(id, again))
    }

    async fn check(&mut self, id: CheckId) -> io::Result<Finding> {
        match id {
            CheckId::TwoRequests => self.two_requests().await,
            CheckId::Idle => self.idle().await,
            CheckId::ConnectAndDrop => self.connect_and_drop().await,
            CheckId::AtOnce => self.at_once().await,
            CheckId::IdlePeers => self.idle_peers().await,
            CheckId::HalfSent => self.half_sent().await,
            CheckId::OnePiece => Ok(verdicts::pieces(&self.pauses)),
            CheckId::Leaks => self.leaks().await,
            _ => self.single_conversation(id).await,
        }
    }
}

/// Returns the wait on a server that should stay silent.
fn quiet(latency: Duration, budget: Duration) -> Duration {
    (latency * QUIET_LATENCIES).max(MIN_QUIET.min(budget / 5)).min(budget)
}

/// Returns the point up to which later answers are observed, if the first one was like this.
fn end_of_answers(within_budget: &Observation, complete: &Observation) -> ListenUntil {
    let has_end = within_budget.has_nul() || !within_budget.is_open();
    if has_end || within_budget.is_empty() {
        ListenUntil::Answer
    } else if !within_budget.is_policy() {
        ListenUntil::Length(within_budget.received().len())
    } else if complete.has_nul() || !complete.is_open() {
        ListenUntil::Answer
    } else {
        ListenUntil::Document
    }
}
