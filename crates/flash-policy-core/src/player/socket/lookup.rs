//! One connection attempt, as a state machine without sockets and without a clock (rulebook L, T,
//! E).

mod step;

use std::sync::Arc;
use std::time::Duration;

pub use self::step::{Action, Event};
use super::ask::Ask;
use super::policies::Load;
use super::search::Search;
use crate::document::PolicyPlace;
use crate::player::answer::{Answer, Asked, Role};
use crate::player::connection::{Ended, Purpose};
use crate::player::diagnosis::Opening;
use crate::player::outcome::Outcome;
use crate::player::profile::{Profile, TrustedScope};
use crate::player::record::{Grantor, Record, Target};
use crate::player::{Cause, Endpoint, Sandbox, Session, Swf};
use crate::wire::POLICY_REQUEST;

/// One attempt of a SWF to connect, as a state machine.
///
/// A driver carries out [`Lookup::action`], and reports the result and its time with
/// [`Lookup::handle`], until the action is [`Action::Decided`]. All times are the player's, counted
/// from `connect()`. A driver applies no rule of its own.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_core::player::{Action, Event, Lookup, Session};
/// use flash_policy_core::{Cause, Profile, Swf};
///
/// let mut session = Session::new(Profile::flash_10());
/// let swf: Swf = "http://www.example.com/game.swf".parse()?;
/// let mut lookup = Lookup::start(&mut session, &swf, "game.example.com", 5000);
/// while !matches!(lookup.action(), Action::Decided) {
///     lookup.handle(&mut session, Event::Refused, Duration::ZERO);   // nothing listens anywhere
/// }
/// assert_eq!(lookup.finish(None::<()>).cause(), Cause::NoPolicy);
/// # Ok::<(), flash_policy_core::InvalidSwf>(())
/// ```
#[derive(Debug)]
pub struct Lookup {
    profile: Profile,
    record: Record,
    search: Search,
    phase: Phase,
}

impl Lookup {
    /// Starts an attempt, as `Socket.connect(host, port)` does. An empty host means the SWF's own
    /// (L16).
    ///
    /// A port out of range, or a sandbox without sockets, is decided at once.
    pub fn start(session: &mut Session, swf: &Swf, host: &str, port: impl Into<i64>) -> Self {
        let host = if host.is_empty() { swf.host().unwrap_or_default() } else { host };
        let target = Target::new(host, port.into());
        let mut record = Record::new(swf, target, &session.socket.ignored);
        record.picked.clone_from(&session.picked);
        let search = Search::new(session, &mut record);
        let mut lookup =
            Self { profile: session.profile().clone(), record, search, phase: Phase::Decided };
        lookup.phase = lookup.first_phase(session);
        lookup
    }

    /// Returns the next step of the driver.
    pub fn action(&self) -> Action {
        match &self.phase {
            Phase::Joining(endpoint) => {
                Action::Join { endpoint: endpoint.clone(), until: self.until(None) }
            }
            Phase::Connecting(ask) => Action::Connect {
                endpoint: ask.endpoint.clone(),
                purpose: Purpose::Policy,
                until: self.until(Some(ask.connect_deadline(&self.profile))),
            },
            Phase::Sending(_) => Action::Send(POLICY_REQUEST),
            Phase::Receiving(ask) => Action::Receive { until: self.until(ask.deadline) },
            Phase::Closing(_, reason) => Action::Close { watch: self.watch(*reason) },
            Phase::OpeningPayload(started) => Action::Connect {
                endpoint: self.record.target.endpoint(),
                purpose: Purpose::Payload,
                until: self.until(Some(self.payload_deadline(*started))),
            },
            Phase::Decided => Action::Decided,
        }
    }

    /// Takes an event that happened at the player's time `at`. An event that does not belong to the
    /// current action is ignored, except that any event answers [`Action::Send`].
    pub fn handle(&mut self, session: &mut Session, event: Event<'_>, at: Duration) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Decided) {
            Phase::Joining(endpoint) => self.joining(session, endpoint, event, at),
            Phase::Connecting(ask) => self.connecting(session, ask, event, at),
            Phase::Sending(ask) => {
                self.record.connection().has_sent(POLICY_REQUEST.len(), at);
                Phase::Receiving(ask)
            }
            Phase::Receiving(ask) => self.receiving(ask, event, at),
            Phase::Closing(ask, reason) => self.closing(session, ask, reason, event, at),
            Phase::OpeningPayload(started) => self.opening_payload(started, event, at),
            Phase::Decided => Phase::Decided,
        };
    }

    /// Returns the location that this lookup is loading. A driver that gives the lookup up now must
    /// call [`Session::abandon`] with it.
    pub fn loading(&self) -> Option<&Endpoint> {
        match &self.phase {
            Phase::Connecting(ask)
            | Phase::Sending(ask)
            | Phase::Receiving(ask)
            | Phase::Closing(ask, _) => Some(&ask.endpoint),
            _ => None,
        }
    }

    /// Returns the outcome, with the live socket if there is one.
    pub fn finish<S>(self, socket: Option<S>) -> Outcome<S> {
        Outcome::new(self.record, socket, &self.profile)
    }

    /// Decides what needs no network (rulebook P8, R3, R5), or turns to the first location.
    fn first_phase(&mut self, session: &mut Session) -> Phase {
        let swf = &self.record.swf;
        if !swf.may_use_network() {
            self.decide(Cause::NetworkingDisabled, Duration::ZERO)
        } else if swf.sandbox() == Sandbox::LocalWithFile {
            self.decide(Cause::SandboxLocalWithFile, Duration::ZERO)
        } else if !self.record.target.is_valid() {
            self.decide(Cause::InvalidPort, Duration::ZERO)
        } else if self.is_exempt() {
            self.record.granted_by = Some(Grantor::Sandbox);
            Phase::OpeningPayload(Duration::ZERO)
        } else {
            self.advance(session, Duration::ZERO)
        }
    }

    /// Returns true if the sandbox needs no policy (rulebook R3).
    fn is_exempt(&self) -> bool {
        match self.record.swf.sandbox() {
            Sandbox::AirApplication => true,
            Sandbox::LocalTrusted => {
                let is_loopback =
                    matches!(self.record.target.host(), "localhost" | "127.0.0.1" | "::1");
                is_loopback || self.profile.lookup.local_trusted == TrustedScope::AllHosts
            }
            _ => false,
        }
    }

    /// Consults one location after the other (rulebook L2, L10), until one must be loaded or the
    /// attempt is decided.
    fn advance(&mut self, session: &mut Session, at: Duration) -> Phase {
        while let Some((endpoint, role)) = self.search.next_location(&self.record) {
            if role == Role::Explicit && self.is_blocked(endpoint.port()) {
                let ask = Ask::new(endpoint.clone(), role, at, None);
                let answer = ask.not_opened(Opening::BlockedPort, at, &self.profile);
                self.consult(endpoint, role, Arc::new(answer), false);
                continue;
            }
            match session.load(&endpoint) {
                Some(Load::Done(answer)) => {
                    let answer = answer.clone();
                    self.consult(endpoint, role, answer, true);
                }
                Some(Load::InProgress) => return Phase::Joining(endpoint),
                None => return self.start_load(session, endpoint, role, at),
            }
        }
        if self.record.is_granted() {
            Phase::OpeningPayload(at)
        } else {
            self.decide(self.search.cause(), at)
        }
    }

    /// Returns true if the profile loads no policy from this port (rulebook L15).
    fn is_blocked(&self, port: u16) -> bool {
        self.profile.lookup.blocked_policy_ports.contains(&port)
    }

    fn start_load(
        &self,
        session: &mut Session,
        endpoint: Endpoint,
        role: Role,
        at: Duration,
    ) -> Phase {
        session.begin(&endpoint);
        let patience = self.search.patience(role, &self.profile);
        Phase::Connecting(Ask::new(endpoint, role, at, patience))
    }

    fn joining(
        &mut self,
        session: &mut Session,
        endpoint: Endpoint,
        event: Event<'_>,
        at: Duration,
    ) -> Phase {
        match event {
            Event::Elapsed => self.decide(Cause::TimedOut, at),
            Event::Joined => self.advance(session, at),
            _ => Phase::Joining(endpoint),
        }
    }

    fn connecting(
        &mut self,
        session: &mut Session,
        mut ask: Ask,
        event: Event<'_>,
        at: Duration,
    ) -> Phase {
        let opening = match event {
            Event::Connected | Event::ConnectedToStandIn => {
                if event == Event::ConnectedToStandIn {
                    ask.opening = Opening::StandIn;
                }
                let cap = self.profile.wire.answer_cap;
                self.record.opened(ask.endpoint.clone(), Purpose::Policy, cap);
                return Phase::Sending(ask);
            }
            Event::Refused => Opening::Refused,
            Event::NotMapped => Opening::NotMapped,
            Event::Stopped => Opening::Stopped,
            Event::Reset => Opening::Reset,
            Event::NameNotFound => Opening::NameNotFound,
            Event::Elapsed => Opening::Dropped,
            _ => return Phase::Connecting(ask),
        };
        let answer = ask.not_opened(opening, at, &self.profile);
        if event == Event::Elapsed && self.has_ended(at) {
            self.timed_out(session, ask, answer, at)
        } else {
            self.loaded(session, ask, answer, at)
        }
    }

    fn receiving(&mut self, ask: Ask, event: Event<'_>, at: Duration) -> Phase {
        let (reason, ended) = match event {
            Event::Received(bytes) => match self.record.connection().has_received(bytes, at) {
                Some(_) => (CloseReason::Answered, Ended::ClientClosed),
                None => return Phase::Receiving(ask),
            },
            Event::EndOfStream => (CloseReason::Answered, Ended::PeerClosed),
            Event::Reset => (CloseReason::Answered, Ended::Reset),
            Event::Elapsed if self.has_ended(at) => (CloseReason::TimedOut, Ended::Deadline),
            Event::Elapsed => (CloseReason::Deadline, Ended::Deadline),
            _ => return Phase::Receiving(ask),
        };
        self.record.connection().has_ended(ended, at);
        Phase::Closing(ask, reason)
    }

    /// Returns how long to watch what the peer does behind its answer. It changes no verdict.
    fn watch(&self, reason: CloseReason) -> Duration {
        match reason {
            CloseReason::Answered => self.profile.timing.watch_after_answer,
            CloseReason::Deadline | CloseReason::TimedOut => Duration::ZERO,
        }
    }

    /// Takes events while the policy connection is being closed. The peer's end may still be seen:
    /// more bytes, a FIN or a RST (FSP-T06). It changes no verdict.
    fn closing(
        &mut self,
        session: &mut Session,
        ask: Ask,
        reason: CloseReason,
        event: Event<'_>,
        at: Duration,
    ) -> Phase {
        // Once an answer is judged as unfinished, nothing that comes later may finish it.
        let is_watched = reason == CloseReason::Answered;
        match event {
            Event::Closed => return self.closed(session, ask, reason, at),
            Event::EndOfStream if is_watched => {
                self.record.connection().has_ended(Ended::PeerClosed, at);
            }
            Event::Reset if is_watched => self.record.connection().has_ended(Ended::Reset, at),
            Event::Received(bytes) if is_watched => {
                self.record.connection().has_received(bytes, at);
            }
            _ => {}
        }
        Phase::Closing(ask, reason)
    }

    fn closed(
        &mut self,
        session: &mut Session,
        ask: Ask,
        reason: CloseReason,
        at: Duration,
    ) -> Phase {
        let exchange = self.record.connection().exchange().clone();
        let answer = ask.answer(&exchange, at, &self.profile);
        match reason {
            CloseReason::TimedOut => self.timed_out(session, ask, answer, at),
            _ => self.loaded(session, ask, answer, at),
        }
    }

    /// Stores a finished load in the session, and consults it.
    fn loaded(&mut self, session: &mut Session, ask: Ask, answer: Answer, at: Duration) -> Phase {
        let answer = Arc::new(answer);
        session.finish(&ask.endpoint, answer.clone());
        self.consult(ask.endpoint, ask.role, answer, false);
        self.advance(session, at)
    }

    /// Ends an attempt whose deadline passed during `ask`. The session may ask the same location
    /// again.
    fn timed_out(
        &mut self,
        session: &mut Session,
        ask: Ask,
        answer: Answer,
        at: Duration,
    ) -> Phase {
        session.abandon(&ask.endpoint);
        self.consult(ask.endpoint, ask.role, Arc::new(answer), false);
        self.decide(Cause::TimedOut, at)
    }

    fn consult(&mut self, endpoint: Endpoint, role: Role, answer: Arc<Answer>, cached: bool) {
        let place = PolicyPlace::Elsewhere;
        let asked = Asked { endpoint, role, cached, answer, place, diagnostics: Vec::new() };
        self.search.consult(asked, &mut self.record, &self.profile);
    }

    fn opening_payload(&mut self, started: Duration, event: Event<'_>, at: Duration) -> Phase {
        let cause = match event {
            Event::Connected | Event::ConnectedToStandIn => {
                let cap = self.profile.wire.answer_cap;
                self.record.opened(self.record.target.endpoint(), Purpose::Payload, cap);
                Cause::Connected
            }
            Event::Refused | Event::NotMapped | Event::Stopped => {
                self.record.is_target_mapped = event != Event::NotMapped;
                Cause::BackendRefused
            }
            Event::Reset => Cause::BackendReset,
            Event::NameNotFound => Cause::NameNotFound,
            Event::Elapsed => Cause::BackendTimedOut,
            _ => return Phase::OpeningPayload(started),
        };
        self.decide(cause, at)
    }

    fn decide(&mut self, cause: Cause, at: Duration) -> Phase {
        self.record.decide(cause, at, &self.profile);
        Phase::Decided
    }

    /// Returns the earlier of a deadline and the deadline of the whole attempt.
    fn until(&self, deadline: Option<Duration>) -> Duration {
        let end = self.attempt_deadline();
        deadline.map_or(end, |deadline| deadline.min(end))
    }

    fn has_ended(&self, at: Duration) -> bool {
        at >= self.attempt_deadline()
    }

    /// Returns the deadline of the whole attempt: `Socket.timeout` (T4), or this client's patience
    /// if the player has no such timeout.
    fn attempt_deadline(&self) -> Duration {
        let timing = &self.profile.timing;
        timing.socket_timeout.unwrap_or(timing.patience)
    }

    /// Returns the deadline of the SWF's own connect. Without `Socket.timeout` the operating system
    /// ends it.
    fn payload_deadline(&self, started: Duration) -> Duration {
        let timing = &self.profile.timing;
        timing.socket_timeout.unwrap_or(started.saturating_add(timing.connect_timeout))
    }
}

#[derive(Debug)]
enum Phase {
    /// Waiting for another lookup that asks this location.
    Joining(Endpoint),
    Connecting(Ask),
    Sending(Ask),
    Receiving(Ask),
    Closing(Ask, CloseReason),
    /// Opening the connection for the SWF's own data, since the given time.
    OpeningPayload(Duration),
    Decided,
}

/// The reason why a policy connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CloseReason {
    /// A NUL, the peer's end or too many bytes ended the answer.
    Answered,
    /// The load's own deadline passed.
    Deadline,
    /// The deadline of the whole attempt passed.
    TimedOut,
}
