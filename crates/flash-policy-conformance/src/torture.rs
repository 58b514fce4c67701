//! The order of the checks, and what each learns from those before it.

use std::io;
use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use super::check::{AT_ONCE, CUT, DROPPED, IDLE_PEERS, Step, Wanted};
use super::connection::{Conversation, Target};
use super::marker::{Marker, Markers, contains};
use super::observation::{End, Observation, Until};
use super::report::{Check, Finding, TortureReport};
use super::verdicts::{self, Halves};
use super::{CheckId, CheckVerdict};

/// When the checks end, whatever is left.
const DEADLINE: Duration = Duration::from_secs(50);

/// Silence is right for this long, or for so many times a good answer's latency.
const QUIET: Duration = Duration::from_millis(300);
const QUIET_LATENCIES: u32 = 8;

/// How long at least a server may take to close after its answer.
const CLOSING: Duration = Duration::from_secs(1);

/// How many connections of `connect-and-drop` are made at the same time.
const DROPPED_AT_ONCE: usize = 20;

/// One run.
pub(super) struct Run {
    target: Target,
    checks: Vec<Check>,
    markers: Markers,
    /// How long silence is waited for where it is right.
    quiet: Duration,
    /// How far an answer is listened to.
    until: Until,
    /// A policy came that nobody had asked for, so that everything seems to be answered.
    speaks_first: bool,
}

impl Run {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            checks: Vec::new(),
            markers: Markers::default(),
            quiet: Duration::ZERO,
            until: Until::Answer,
            speaks_first: false,
        }
    }

    pub(super) async fn report(mut self) -> io::Result<TortureReport> {
        let (in_time, answer) = self.request().await?;
        let finding = verdicts::request(&in_time, self.target.port());
        if answer.is_empty() {
            self.variants(&answer, finding).await?;
        } else {
            self.add(CheckId::Request, finding);
            self.shape(&answer).await?;
            if in_time.is_policy() {
                self.rest().await?;
            } else {
                self.leave_out("there is no policy to ask for");
            }
        }
        Ok(TortureReport::new(self.checks))
    }

    fn add(&mut self, id: CheckId, finding: Finding) {
        self.checks.push(Check::new(id, finding));
    }

    fn left(&self) -> impl Iterator<Item = CheckId> + use<> {
        CheckId::ALL.iter().copied().skip(self.checks.len())
    }

    fn leave_out(&mut self, why: &str) {
        for id in self.left() {
            self.add(id, Finding::not_run(why));
        }
    }

    /// How long a server may take to close after its answer.
    fn closing(&self) -> Duration {
        self.quiet.max(CLOSING).min(self.target.budget())
    }

    /// The first conversation: what came within the budget, and all of it, until the server has closed, or had the time
    /// for it.
    async fn request(&mut self) -> io::Result<(Observation, Observation)> {
        let mut line = self.target.open().await?;
        line.play(&[Step::Send(POLICY_REQUEST.to_vec())]).await?;
        line.hear(Until::Answer, line.left()).await?;
        let in_time =
            Some(line.observation().clone()).filter(|heard| heard.how_it_ended() == End::Open);
        let latency = line.observation().last_byte();
        let budget = self.target.budget();
        self.quiet = (latency * QUIET_LATENCIES).max(QUIET.min(budget / 5)).min(budget);
        if !line.observation().is_empty() && !line.observation().is_too_large() {
            line.hear(Until::End, self.closing()).await?;
            line.await_reset(self.quiet).await?;
        }
        let heard = line.close();
        if !heard.has_nul() && heard.how_it_ended() == End::Open {
            self.until = Until::Document;
        }
        Ok((in_time.unwrap_or_else(|| heard.clone()), heard))
    }

    /// Nothing came: perhaps it is another spelling that the server knows.
    async fn variants(&mut self, silent: &Observation, silence: Finding) -> io::Result<()> {
        let mut answered = None;
        let is_there = !matches!(silent.how_it_ended(), End::Refused | End::Dropped);
        for id in [CheckId::Spaced, CheckId::UpperCase, CheckId::CrlfAfter]
            .into_iter()
            .filter(|_| is_there)
        {
            if answered.is_none() && self.converse(id, self.target.budget()).await?.0.is_policy() {
                answered = Some(id);
            }
        }
        let only = answered.map(|id| (id, verdicts::answers_only(id, silent)));
        let request = only.as_ref().map_or(silence, |(_, finding)| finding.clone());
        self.add(CheckId::Request, request);
        for id in self.left() {
            let finding =
                only.as_ref().filter(|(only, _)| *only == id).map(|(_, finding)| finding.clone());
            self.add(
                id,
                finding.unwrap_or_else(|| Finding::not_run("there is no policy to ask for")),
            );
        }
        Ok(())
    }

    /// The checks on the answer that came, and on what comes unasked.
    async fn shape(&mut self, answer: &Observation) -> io::Result<()> {
        let mut line = self.target.open().await?;
        line.hear(self.until, self.quiet).await?;
        let unasked = line.close();
        self.speaks_first = unasked.is_policy();
        let finding = verdicts::speaks_first(&unasked);
        self.add(CheckId::SpeaksFirst, finding);
        for id in self.left().take_while(|id| *id != CheckId::SplitInTwo) {
            self.add(id, verdicts::shape(id, answer, self.closing()));
        }
        Ok(())
    }

    /// Everything else, as far as the time goes.
    async fn rest(&mut self) -> io::Result<()> {
        for id in self.left() {
            let (target, left) =
                (self.target.clone(), DEADLINE.saturating_sub(self.target.elapsed()));
            let Some(done) = target.limit(left, self.check_and_ask(id)).await? else {
                self.leave_out(&format!("the {} s of a run are over", DEADLINE.as_secs()));
                break;
            };
            let (finding, is_well) = done?;
            self.add(id, finding);
            if !is_well {
                self.leave_out("the server no longer answers");
                break;
            }
        }
        Ok(())
    }

    /// One check, and whether the server still answers.
    async fn check_and_ask(&mut self, id: CheckId) -> io::Result<(Finding, bool)> {
        let finding = self.check(id).await?;
        if id.asks_only() && finding.is_pass() {
            return Ok((finding, true));
        }
        let after = self.ask_after(id).await?;
        Ok(if after.is_policy() {
            (finding, true)
        } else {
            (verdicts::afterwards(&after, self.target.port()), false)
        })
    }

    /// A good request. A server that turns it away may still be busy with the check, and gets a second one after a while.
    async fn ask_after(&mut self, id: CheckId) -> io::Result<Observation> {
        let mut heard = self.target.ask(self.until).await?;
        if !heard.is_policy() && heard.how_it_ended() != End::Open {
            self.target.pause(self.quiet).await?;
            heard = self.target.ask(self.until).await?;
        }
        self.markers.look(&heard, None, id);
        Ok(heard)
    }

    async fn check(&mut self, id: CheckId) -> io::Result<Finding> {
        match id {
            CheckId::TwoRequests => self.two_requests().await,
            CheckId::Idle => self.idle().await,
            CheckId::ConnectAndDrop => self.connect_and_drop().await,
            CheckId::AtOnce => self.at_once().await,
            CheckId::IdlePeers => self.idle_peers().await,
            CheckId::Leaks => self.leaks().await,
            _ => self.conversation(id).await,
        }
    }

    async fn conversation(&mut self, id: CheckId) -> io::Result<Finding> {
        let wanted = id.wanted().expect("a check without a conversation has its own function");
        let limit = match wanted {
            Wanted::Policy(_) | Wanted::PolicyRather(_) => self.target.budget(),
            Wanted::NoPolicy | Wanted::Either => self.quiet,
        };
        let (heard, sent) = self.converse(id, limit).await?;
        Ok(verdicts::conversation(wanted, &heard, self.speaks_first, &sent))
    }

    /// What is heard, and what was sent at first.
    async fn converse(
        &mut self,
        id: CheckId,
        limit: Duration,
    ) -> io::Result<(Observation, Vec<u8>)> {
        let (mut line, marker, steps) = self.begin(id).await?;
        line.hear(self.until, limit).await?;
        let heard = line.close();
        self.markers.look(&heard, Some(&marker), id);
        let sent = steps
            .into_iter()
            .find_map(|step| if let Step::Send(bytes) = step { Some(bytes) } else { None });
        Ok((heard, sent.unwrap_or_default()))
    }

    async fn begin(&mut self, id: CheckId) -> io::Result<(Conversation, Marker, Vec<Step>)> {
        let marker = self.markers.next(id);
        let steps = id.steps(&marker, self.target.budget());
        let mut line = self.target.open().await?;
        line.play(&steps).await?;
        Ok((line, marker, steps))
    }

    async fn two_requests(&mut self) -> io::Result<Finding> {
        let (mut line, marker, _) = self.begin(CheckId::TwoRequests).await?;
        line.hear(self.until, self.target.budget()).await?;
        if line.observation().is_policy() {
            line.hear(Until::End, self.quiet).await?;
        }
        let heard = line.close();
        self.markers.look(&heard, Some(&marker), CheckId::TwoRequests);
        let is_known = self.checks.iter().any(|check| is_fail(check, CheckId::Copies));
        if heard.policies() > 1 && !is_known {
            return Ok(verdicts::answered_twice(&heard));
        }
        let wanted = CheckId::TwoRequests.wanted().expect("it wants a policy");
        Ok(verdicts::conversation(wanted, &heard, self.speaks_first, &[]))
    }

    async fn idle(&mut self) -> io::Result<Finding> {
        let silent = self.target.open().await?;
        let heard = self.target.ask(self.until).await?;
        drop(silent);
        self.markers.look(&heard, None, CheckId::Idle);
        Ok(verdicts::beside_idle(&heard))
    }

    async fn connect_and_drop(&mut self) -> io::Result<Finding> {
        let (mut made, began) = (0, self.target.elapsed());
        while made < DROPPED && self.target.elapsed() - began < self.target.budget() {
            let lines = self
                .target
                .together(DROPPED_AT_ONCE, |target| async move { target.open().await })
                .await?;
            for line in lines {
                made += 1;
                if made % 2 == 0 {
                    line.abort()?;
                }
            }
        }
        Ok(Finding::pass(format!("{made} connections came and went")))
    }

    async fn at_once(&mut self) -> io::Result<Finding> {
        let until = self.until;
        let all =
            self.target.together(AT_ONCE, |target| async move { target.ask(until).await }).await?;
        for heard in &all {
            self.markers.look(heard, None, CheckId::AtOnce);
        }
        Ok(verdicts::at_once(&all))
    }

    async fn idle_peers(&mut self) -> io::Result<Finding> {
        let silent =
            self.target.together(IDLE_PEERS, |target| async move { target.open().await }).await?;
        let heard = self.target.ask(self.until).await?;
        drop(silent);
        self.markers.look(&heard, None, CheckId::IdlePeers);
        Ok(verdicts::beside_many(&heard, IDLE_PEERS))
    }

    async fn leaks(&mut self) -> io::Result<Finding> {
        let halves = if self.speaks_first { None } else { Some(self.halves().await?) };
        let is_relayed = self.message_beside_a_silent_peer().await?;
        Ok(verdicts::leaks(self.markers.leak(), halves.as_ref(), is_relayed))
    }

    async fn halves(&mut self) -> io::Result<Halves> {
        let (head, tail) = POLICY_REQUEST.split_at(CUT);
        let (head, tail) = ([Step::Send(head.to_vec())], [Step::Send(tail.to_vec())]);
        let mut first = self.target.open().await?;
        first.play(&head).await?;
        // A server of many threads must have read the first half before the second comes.
        first.hear(self.until, self.quiet).await?;
        let mut second = self.target.open().await?;
        second.play(&tail).await?;
        second.hear(self.until, self.quiet).await?;
        first.hear(self.until, Duration::ZERO).await?;
        let stands = first.observation().how_it_ended() == End::Open;
        first.play(&tail).await?;
        first.hear(self.until, self.target.budget()).await?;
        let (first, second) = (first.close(), second.close());
        let alone = match second.is_policy() {
            false => None,
            true => {
                let mut line = self.target.open().await?;
                line.play(&tail).await?;
                line.hear(self.until, self.quiet).await?;
                Some(line.close())
            }
        };
        for heard in [&first, &second] {
            self.markers.look(heard, None, CheckId::Leaks);
        }
        // A server that gives up on a request with a pause inside shares nothing by that.
        let needed = [CheckId::SplitInTwo, CheckId::LateNul];
        let is_understood =
            !self.checks.iter().any(|check| needed.iter().any(|id| is_fail(check, *id)));
        let is_given_up = first.is_empty() && first.how_it_ended() != End::Open;
        Ok(Halves { alone, first, is_fair: stands && is_understood && !is_given_up })
    }

    /// Whether the message came to the silent one.
    async fn message_beside_a_silent_peer(&mut self) -> io::Result<bool> {
        let mut silent = self.target.open().await?;
        // The server must have accepted it before the message comes.
        silent.hear(Until::End, self.quiet).await?;
        let (line, marker, _) = self.begin(CheckId::Leaks).await?;
        silent.hear(Until::End, self.quiet).await?;
        drop(line);
        let heard = silent.close();
        self.markers.look(&heard, Some(&marker), CheckId::Leaks);
        Ok(contains(heard.received(), marker.bytes()))
    }
}

fn is_fail(check: &Check, id: CheckId) -> bool {
    check.id() == id && check.verdict() == CheckVerdict::Fail
}
