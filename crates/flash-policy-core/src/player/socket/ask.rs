//! One load of a policy in progress, with its deadline.

use std::time::Duration;

use crate::player::answer::{Answer, Role};
use crate::player::diagnosis::{AnswerEvidence, Opening};
use crate::player::{Endpoint, Profile};
use crate::wire::Exchange;

/// One load of a policy in progress.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) endpoint: Endpoint,
    pub(super) role: Role,
    pub(super) started: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) opening: Opening,
}

impl Ask {
    /// Starts a load at the time `started`, with `patience` until its deadline. Without `patience`
    /// the player itself sets no deadline.
    pub(super) fn new(
        endpoint: Endpoint,
        role: Role,
        started: Duration,
        patience: Option<Duration>,
    ) -> Self {
        Self {
            endpoint,
            role,
            started,
            deadline: patience.map(|patience| started.saturating_add(patience)),
            opening: Opening::Connected,
        }
    }

    /// Returns the time at which the TCP connect is given up. Without a deadline of the player, the
    /// operating system sets it.
    pub(super) fn connect_deadline(&self, profile: &Profile) -> Duration {
        self.deadline.unwrap_or(self.started.saturating_add(profile.timing.connect_timeout))
    }

    /// Judges a location whose connection was opened, with what was seen on it until `at`.
    pub(super) fn answer(&self, exchange: &Exchange, at: Duration, profile: &Profile) -> Answer {
        let evidence = self.evidence(self.opening, at).with_exchange(exchange.clone());
        Answer::of(evidence, self.took(at), profile)
    }

    /// Judges a location to which no connection was opened.
    pub(super) fn not_opened(&self, opening: Opening, at: Duration, profile: &Profile) -> Answer {
        Answer::of(self.evidence(opening, at), self.took(at), profile)
    }

    fn evidence(&self, opening: Opening, at: Duration) -> AnswerEvidence {
        let evidence = AnswerEvidence::new(self.endpoint.clone(), opening).waited(self.took(at));
        AnswerEvidence { started: self.started, has_deadline: self.deadline.is_some(), ..evidence }
    }

    fn took(&self, at: Duration) -> Duration {
        at.saturating_sub(self.started)
    }
}
