//! The check that no connection receives or uses what another sent.

use std::io;
use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;

use super::Run;
use crate::connection::Conversation;
use crate::finding::Finding;
use crate::marker::contains;
use crate::observation::{ListenUntil, Observation};
use crate::steps::{CUT, Step};
use crate::verdicts::SplitRequest;
use crate::{CheckId, verdicts};

impl Run {
    pub(super) async fn leaks(&mut self) -> io::Result<Finding> {
        // A server that speaks first answers half a request like anything else.
        let split_request =
            if self.speaks_first { None } else { Some(self.split_request().await?) };
        let is_relayed = self.is_message_relayed().await?;
        Ok(verdicts::leaks(self.markers.leak(), split_request.as_ref(), is_relayed))
    }

    /// Sends each half of a request on a connection of its own, then the second on the first too.
    async fn split_request(&mut self) -> io::Result<SplitRequest> {
        let (head, tail) = POLICY_REQUEST.split_at(CUT);
        let mut first = self.send_half(head).await?;
        let second = self.send_half(tail).await?.close();
        first.listen(self.listen_until, Duration::ZERO).await?;
        let was_open = first.observation().is_open();
        first.play(&[Step::Send(tail.to_vec())]).await?;
        first.listen(self.listen_until, self.target.budget()).await?;
        let first = first.close();
        let second_half_alone =
            if second.is_policy() { Some(self.send_half(tail).await?.close()) } else { None };
        for observation in [&first, &second] {
            self.markers.look_for_leak(observation, None, CheckId::Leaks);
        }
        let is_answer_due = was_open && self.accepts_pauses() && !was_given_up(&first);
        Ok(SplitRequest { first, second_half_alone, is_answer_due })
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

    /// Sends a message beside a silent client. Returns whether that client received it.
    async fn is_message_relayed(&mut self) -> io::Result<bool> {
        let mut silent = self.target.open().await?;
        // The server must have accepted the silent client before the message arrives.
        silent.listen(ListenUntil::Close, self.quiet).await?;
        let (conversation, marker, _) = self.begin(CheckId::Leaks).await?;
        silent.listen(ListenUntil::Close, self.quiet).await?;
        drop(conversation);
        let observation = silent.close();
        self.markers.look_for_leak(&observation, Some(&marker), CheckId::Leaks);
        Ok(contains(observation.received(), marker.bytes()))
    }
}

/// Returns whether the server ended the connection without an answer. That shares nothing.
fn was_given_up(observation: &Observation) -> bool {
    observation.is_empty() && !observation.is_open()
}
