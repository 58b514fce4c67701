//! The check that no connection receives or uses what another sent.

use std::io;
use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use super::Run;
use crate::connection::Conversation;
use crate::finding::Finding;
use crate::observation::{ListenUntil, Observation};
use crate::steps::{CUT, Step};
use crate::verdicts::{SharedBytes, SplitRequest};
use crate::{CheckId, verdicts};

impl Run {
    pub(super) async fn leaks(&mut self) -> io::Result<Finding> {
        // A server that speaks first answers half a request like anything else.
        let split_request =
            if self.speaks_first { None } else { Some(self.split_request().await?) };
        self.send_message_beside_a_silent_client().await?;
        Ok(verdicts::leaks(&SharedBytes {
            leak: self.markers.leak(),
            split_request: split_request.as_ref(),
            is_relayed: self.markers.is_relayed(),
            reference: &self.reference,
        }))
    }

    /// Sends each half of a request on a connection of its own, then the second on the first too.
    async fn split_request(&mut self) -> io::Result<SplitRequest> {
        let (head, tail) = POLICY_REQUEST.split_at(CUT);
        let mut first = self.send_half(head).await?;
        let second = self.send_half(tail).await?.leave().await?;
        first.listen(ListenUntil::Close, Duration::ZERO).await?;
        let was_open = first.observation().is_open();
        let relayed = first.observation().received().to_vec();
        first.play(&[Step::Send(tail.to_vec())]).await?;
        if relayed.contains(&0) {
            // The end of a relayed message is not the end of the answer.
            first.listen(ListenUntil::Close, self.quiet).await?;
        }
        first.listen(self.listen_until, self.target.budget()).await?;
        let first = first.leave().await?;
        let second_half_alone = if self.reference.is_answered_by(&second) {
            Some(self.send_half(tail).await?.leave().await?)
        } else {
            None
        };
        for observation in [&first, &second] {
            self.markers.look_for_leak(observation, None, CheckId::Leaks);
        }
        let is_answer_due = was_open && self.accepts_pauses() && !was_given_up(&first);
        let is_relayed = relayed.starts_with(tail);
        Ok(SplitRequest { first, second_half_alone, is_answer_due, is_relayed })
    }

    /// Sends half a request, and waits until a server of many threads has read it.
    async fn send_half(&self, half: &[u8]) -> io::Result<Conversation> {
        let mut conversation = self.target.open().await?;
        conversation.play(&[Step::Send(half.to_vec())]).await?;
        conversation.listen(self.listen_until, self.quiet).await?;
        Ok(conversation)
    }

    /// Returns whether earlier checks found that the server accepts a pause inside a request.
    fn accepts_pauses(&self) -> bool {
        !self.has_failed(CheckId::SplitInTwo) && !self.has_failed(CheckId::LateNul)
    }

    /// Sends a message beside a silent client. The markers show whether that client receives it.
    async fn send_message_beside_a_silent_client(&mut self) -> io::Result<()> {
        let mut silent = self.target.open().await?;
        // The server must have accepted the silent client before the message arrives.
        silent.listen(ListenUntil::Close, self.quiet).await?;
        let (conversation, _, _) = self.begin(CheckId::Leaks).await?;
        silent.listen(ListenUntil::Close, self.quiet).await?;
        conversation.leave().await?;
        let observation = silent.leave().await?;
        self.markers.look_for_leak(&observation, None, CheckId::Leaks);
        Ok(())
    }
}

/// Returns whether the server ended the connection without an answer. That shares nothing.
fn was_given_up(observation: &Observation) -> bool {
    observation.is_empty() && !observation.is_open()
}
