//! The checks that are one conversation.

use std::io;
use std::time::Duration;

use super::Run;
use crate::check_id::Expectation;
use crate::connection::Conversation;
use crate::finding::Finding;
use crate::marker::Marker;
use crate::observation::{ListenUntil, Observation};
use crate::steps::Step;
use crate::verdicts::Conversed;
use crate::{CheckId, verdicts};

/// The least and the most marked bytes of a message.
const MIN_COVER: usize = 512;
const MAX_COVER: usize = 4096;

/// A conversation that is over.
pub(super) struct Exchange {
    pub(super) observation: Observation,
    /// The first bytes that were sent.
    sent: Vec<u8>,
}

impl Run {
    pub(super) async fn single_conversation(&mut self, id: CheckId) -> io::Result<Finding> {
        let expectation =
            id.expectation().expect("a check of several conversations has its own function");
        let limit = match expectation {
            Expectation::Policy(_) | Expectation::PolicyPreferred(_) => self.target.budget(),
            Expectation::NoPolicy | Expectation::Either => self.quiet,
        };
        let Exchange { observation, sent } = self.converse(id, limit).await?;
        if id.is_in_parts() && !self.has_failed(CheckId::Copies) {
            let location = self.target.location();
            if let Some(finding) = verdicts::answered_at_each_part(&observation, location) {
                let reason = format!("during `{id}`, {}", finding.reason);
                self.amend(CheckId::Copies, Finding { reason, ..finding.clone() });
                return Ok(finding);
            }
        }
        Ok(self.conversed(&observation).judge(expectation, &sent))
    }

    /// Listens beyond the NUL of an answer, because a server may send another.
    async fn listen_for_copies(&self, conversation: &mut Conversation) -> io::Result<()> {
        if self.reference.is_answered_by(conversation.observation()) {
            conversation.listen(ListenUntil::Close, self.quiet).await?;
        }
        Ok(())
    }

    fn conversed<'a>(&'a self, observation: &'a Observation) -> Conversed<'a> {
        let speaks_first = self.speaks_first;
        Conversed { observation, reference: &self.reference, speaks_first }
    }

    /// Has the conversation of the check `id`, and listens for at most `limit` after its last step.
    pub(super) async fn converse(&mut self, id: CheckId, limit: Duration) -> io::Result<Exchange> {
        let (mut conversation, marker, steps) = self.begin(id).await?;
        conversation.listen(self.listen_until, limit).await?;
        if id.is_in_parts() {
            self.listen_for_copies(&mut conversation).await?;
        }
        let observation = conversation.leave().await?;
        self.markers.look_for_leak(&observation, Some(&marker), id);
        Ok(Exchange { observation, sent: first_sent(steps) })
    }

    /// Returns the number of marked bytes that a message needs so that some are left where a server
    /// writes its answer over them.
    fn cover(&self) -> usize {
        (2 * self.reference.length()).clamp(MIN_COVER, MAX_COVER)
    }

    /// Opens a connection and does the steps of the check `id` on it.
    pub(super) async fn begin(
        &mut self,
        id: CheckId,
    ) -> io::Result<(Conversation, Marker, Vec<Step>)> {
        let marker = self.markers.issue(id);
        let steps = id.steps(&marker, self.cover(), self.target.budget());
        for step in &steps {
            if let Step::Send(bytes) = step {
                self.markers.remember(bytes);
            }
        }
        let mut conversation = self.target.open().await?;
        conversation.play(&steps).await?;
        Ok((conversation, marker, steps))
    }

    pub(super) async fn two_requests(&mut self) -> io::Result<Finding> {
        let id = CheckId::TwoRequests;
        let (mut conversation, marker, _) = self.begin(id).await?;
        conversation.listen(self.listen_until, self.target.budget()).await?;
        self.listen_for_copies(&mut conversation).await?;
        let observation = conversation.leave().await?;
        self.markers.look_for_leak(&observation, Some(&marker), id);
        if !self.has_failed(CheckId::Copies) {
            let location = self.target.location();
            if let Some(finding) = verdicts::answered_twice(&observation, location) {
                return Ok(finding);
            }
        }
        let expectation = id.expectation().expect("two requests get a policy");
        Ok(self.conversed(&observation).judge(expectation, &[]))
    }
}

fn first_sent(steps: Vec<Step>) -> Vec<u8> {
    let mut sent = steps.into_iter().filter_map(|step| match step {
        Step::Send(bytes) => Some(bytes),
        _ => None,
    });
    sent.next().unwrap_or_default()
}
