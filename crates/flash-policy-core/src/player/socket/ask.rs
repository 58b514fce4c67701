//! One load of a policy in progress, with its deadline.

use std::time::Duration;

use crate::diagnostics::{Diagnostic, rules};
use crate::document::PolicyFile;
use crate::player::answer::{Answer, AnswerKind, Role};
use crate::player::{Endpoint, Profile};
use crate::wire::{AnswerEnd, AnswerReader};

/// One load of a policy in progress.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) endpoint: Endpoint,
    pub(super) role: Role,
    pub(super) started: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) reader: AnswerReader,
    /// True if the peer reset the connection after its answer.
    pub(super) reset: bool,
}

impl Ask {
    /// Starts a load at the time `started`, with `patience` until its deadline. Without `patience`
    /// the player itself sets no deadline.
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

    /// Returns the time at which the TCP connect is given up. Without a deadline of the player, the
    /// operating system sets it.
    pub(super) fn connect_deadline(&self, profile: &Profile) -> Duration {
        self.deadline.unwrap_or(self.started.saturating_add(profile.timing.connect_timeout))
    }

    /// Judges an answer that is over. HTTP on the master's port comes from a web server, not from a
    /// proxy in front of it (FSP-T11).
    pub(super) fn read(&self, end: AnswerEnd, profile: &Profile) -> Answer {
        let mut answer = Answer::read(&self.reader, end, profile);
        let is_http =
            |diagnostic: &&mut Diagnostic| *diagnostic.rule() == rules::HTTP_PROXY_EATS_REQUEST;
        if self.role == Role::Master {
            if let Some(http) = answer.diagnostics.iter_mut().find(is_http) {
                *http = rules::http_server_on_843();
            }
        }
        answer
    }

    /// Returns the diagnostic for a SYN without a reply. With a deadline, every first connection
    /// pays for the wait (FSP-T02). Without one, as for explicit locations, the wait is longer
    /// (FSP-T03).
    pub(super) fn filtered(&self, at: Duration) -> Diagnostic {
        let (host, port) = (self.endpoint.host(), self.endpoint.port());
        let diagnostic = if self.deadline.is_some() {
            rules::master_dropped(host, port, self.seconds_until(at))
        } else {
            rules::explicit_load_no_timeout()
        };
        self.identify(diagnostic, at)
    }

    /// Judges a load whose deadline came first: silence (FSP-T04), a policy that only lacks its NUL
    /// (FSP-T14), or part of an answer (FSP-T05).
    pub(super) fn unanswered(&self, at: Duration) -> Answer {
        let (host, port) = (self.endpoint.host(), self.endpoint.port());
        let (received, seconds) = (self.reader.received().len(), self.seconds_until(at));
        let diagnostic = if received == 0 {
            rules::accept_then_silence(host, port, seconds)
        } else if PolicyFile::parse(self.reader.document()).is_ok() {
            rules::missing_nul_open()
        } else {
            rules::slow_drip(host, port, seconds, received)
        };
        Answer::failed(AnswerKind::None, Some(self.identify(diagnostic, at)))
    }

    /// Returns the time since the start of the load, in seconds.
    fn seconds_until(&self, at: Duration) -> f64 {
        at.saturating_sub(self.started).as_secs_f64()
    }

    /// Returns the diagnostic with a fingerprint of this load, because not every message names the
    /// location.
    fn identify(&self, diagnostic: Diagnostic, at: Duration) -> Diagnostic {
        let port = self.endpoint.port().to_string();
        let seconds = self.seconds_until(at).to_string();
        let received = self.reader.received().len().to_string();
        diagnostic.identified_by(&[self.endpoint.host(), &port, &seconds, &received])
    }
}
