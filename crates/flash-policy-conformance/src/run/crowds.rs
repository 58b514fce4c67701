//! The checks with many connections at the same time, and those with silent clients.

use std::io;

use flash_policy_core::wire::POLICY_REQUEST;

use super::Run;
use crate::connection::Target;
use crate::finding::Finding;
use crate::steps::{CUT, Step};
use crate::{CheckId, verdicts};

/// The connections of [`CheckId::ConnectAndDrop`], and how many of them are made at the same time.
const DROPPED: usize = 200;
const DROPPED_AT_ONCE: usize = 20;

/// The connections of [`CheckId::AtOnce`].
const AT_ONCE: usize = 200;

/// The silent connections of [`CheckId::IdlePeers`].
const IDLE_PEERS: usize = 150;

/// The connections of [`CheckId::HalfSent`].
const HALF_SENT: usize = 20;

impl Run {
    pub(super) async fn idle(&mut self) -> io::Result<Finding> {
        self.request_beside(CheckId::Idle, 1, &[]).await
    }

    pub(super) async fn idle_peers(&mut self) -> io::Result<Finding> {
        self.request_beside(CheckId::IdlePeers, IDLE_PEERS, &[]).await
    }

    pub(super) async fn half_sent(&mut self) -> io::Result<Finding> {
        let half = Step::Send(POLICY_REQUEST[..CUT].to_vec());
        self.request_beside(CheckId::HalfSent, HALF_SENT, &[half]).await
    }

    /// Sends a request while other clients have done `steps` and are silent.
    async fn request_beside(
        &mut self,
        id: CheckId,
        clients: usize,
        steps: &[Step],
    ) -> io::Result<Finding> {
        let open = |target: Target| {
            let steps = steps.to_vec();
            async move {
                let mut conversation = target.open().await?;
                conversation.play(&steps).await?;
                Ok(conversation)
            }
        };
        let silent = self.target.concurrently(clients, open).await?;
        let answer = self.target.request(self.listen_until).await?;
        for observation in Target::leave_all(silent).await? {
            self.markers.look_for_leak(&observation, None, id);
        }
        self.markers.look_for_leak(&answer, None, id);
        Ok(verdicts::request_beside_silent_clients(id, &answer, clients, &self.reference))
    }

    /// Opens and closes connections, every other one with a RST.
    pub(super) async fn connect_and_drop(&mut self) -> io::Result<Finding> {
        let before = self.target.opened();
        for _ in 0..DROPPED / DROPPED_AT_ONCE {
            let open = |target: Target| async move { target.open().await };
            let conversations = self.target.concurrently(DROPPED_AT_ONCE, open).await?;
            for (number, conversation) in conversations.into_iter().enumerate() {
                if number % 2 == 0 {
                    conversation.abort()?;
                }
            }
        }
        Ok(verdicts::connections_dropped(self.target.opened() - before, DROPPED))
    }

    pub(super) async fn at_once(&mut self) -> io::Result<Finding> {
        let until = self.listen_until;
        let request = |target: Target| async move { target.request(until).await };
        let answers = self.target.concurrently(AT_ONCE, request).await?;
        for answer in &answers {
            self.markers.look_for_leak(answer, None, CheckId::AtOnce);
        }
        Ok(verdicts::requests_at_once(&answers, &self.reference))
    }
}
