//! One load in progress, with its deadline.

use std::time::Duration;

use crate::diagnostics::{Diagnostic, Rule, rules};
use crate::document::PolicyFile;
use crate::player::answer::{Answer, AnswerKind, Role};
use crate::player::{Endpoint, Profile};
use crate::wire::{AnswerEnd, AnswerReader};

/// A load in progress.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) endpoint: Endpoint,
    pub(super) role: Role,
    pub(super) started: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) reader: AnswerReader,
    /// The peer reset the connection after its answer.
    pub(super) reset: bool,
}

impl Ask {
    /// Asks `endpoint` from `started` on, for `patience`; without one the player itself sets no deadline.
    pub(super) fn new(
        endpoint: Endpoint,
        role: Role,
        started: Duration,
        patience: Option<Duration>,
        profile: &Profile,
    ) -> Self {
        Self {
            endpoint,
            role,
            started,
            deadline: patience.map(|patience| started.saturating_add(patience)),
            reader: AnswerReader::new(profile.wire.answer_cap),
            reset: false,
        }
    }

    pub(super) fn connect_deadline(&self, profile: &Profile) -> Duration {
        self.deadline.unwrap_or(self.started.saturating_add(profile.timing.connect_timeout))
    }

    /// Judges the answer that ended so. HTTP on the master's port is a web server, not a proxy in the way (FSP-T11).
    pub(super) fn read(&self, end: AnswerEnd, profile: &Profile) -> Answer {
        let mut answer = Answer::read(&self.reader, end, profile);
        let is_http = |diagnostic: &&mut Diagnostic| *diagnostic.rule() == rules::T10;
        if let Some(http) =
            answer.diagnostics.iter_mut().find(is_http).filter(|_| self.role == Role::Master)
        {
            *http = Diagnostic::new(rules::T11, &[]);
        }
        answer
    }

    /// No answer to the SYN: every first connection pays for it (FSP-T02), an explicit one the more (FSP-T03).
    pub(super) fn filtered(&self, at: Duration) -> Diagnostic {
        let rule = if self.deadline.is_some() { rules::T02 } else { rules::T03 };
        self.note(rule, at)
    }

    /// The deadline came first: silence (FSP-T04), a policy that only lacks its NUL (FSP-T14), or a part (FSP-T05).
    pub(super) fn unanswered(&self, at: Duration) -> Answer {
        let rule = if self.reader.received().is_empty() {
            rules::T04
        } else if PolicyFile::parse(self.reader.document()).is_ok() {
            rules::T14
        } else {
            rules::T05
        };
        Answer::failed(AnswerKind::None, Some(self.note(rule, at)))
    }

    fn note(&self, rule: Rule, at: Duration) -> Diagnostic {
        let waited = at.saturating_sub(self.started).as_secs_f64().to_string();
        let port = self.endpoint.port().to_string();
        let received = self.reader.received().len().to_string();
        let values =
            [("host", self.endpoint.host()), ("port", &port), ("t", &waited), ("n", &received)];
        Diagnostic::new(rule, &values)
    }
}
