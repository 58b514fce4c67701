//! One connection attempt, as a machine without sockets and without a clock (rulebook L, T, E).

use std::sync::Arc;
use std::time::Duration;

use super::ask::Ask;
use super::policies::Load;
use super::search::Search;
use crate::diagnostics::{Diagnostic, rules};
use crate::player::answer::{Answer, AnswerKind, Asked, Role};
use crate::player::outcome::Outcome;
use crate::player::profile::{Profile, TrustedScope};
use crate::player::record::{Ended, Grantor, Purpose, Record, Target};
use crate::player::{Cause, Endpoint, Sandbox, Session, Swf};
use crate::wire::{AnswerEnd, POLICY_REQUEST, Sent};

/// One attempt of a SWF to connect. It says what to do ([`Lookup::action`]), and is told what happened and when
/// ([`Lookup::handle`]); all times are the player's, counted from `connect()`. Drivers do just that, and no rule
/// is theirs.
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

/// The next step of the driver. Every driver must know all of them, so this enum is exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a TCP connection: [`Event::Connected`] or why not; [`Event::Elapsed`] at `until`.
    Connect {
        /// Where to, logically.
        endpoint: Endpoint,
        /// For a policy, or for the SWF's own data.
        purpose: Purpose,
        /// When to give up.
        until: Duration,
    },
    /// Send these bytes: [`Event::Sent`], whether that worked or not; what can still be read decides.
    Send(&'static [u8]),
    /// Read: [`Event::Received`], [`Event::EndOfStream`] or [`Event::Reset`]; [`Event::Elapsed`] at `until`.
    Receive {
        /// When to give up.
        until: Duration,
    },
    /// Close the policy connection: [`Event::Closed`]. What is seen of the peer's end may be told before.
    Close,
    /// Another lookup of this session asks the same location: [`Event::Joined`] when that is done or given up.
    Join {
        /// The location.
        endpoint: Endpoint,
        /// When to give up: [`Event::Elapsed`].
        until: Duration,
    },
    /// The attempt is decided: [`Lookup::finish`].
    Decided,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The TCP connection stands.
    Connected,
    /// It was refused.
    Refused,
    /// It counts as refused, because nothing is mapped there.
    NotMapped,
    /// It was reset, before or after it stood.
    Reset,
    /// The host's name does not resolve.
    NameNotFound,
    /// The request was sent.
    Sent,
    /// Bytes came, in whatever segments.
    Received(&'a [u8]),
    /// The peer closed.
    EndOfStream,
    /// The time given as `until` was reached.
    Elapsed,
    /// The policy connection is closed.
    Closed,
    /// The load that was joined is over.
    Joined,
}

/// What came by the time given as `until`, if anything.
impl<'a> From<Option<&'a Sent>> for Event<'a> {
    fn from(sent: Option<&'a Sent>) -> Self {
        match sent {
            Some(Sent::Bytes(bytes)) => Self::Received(bytes),
            Some(Sent::Fin) => Self::EndOfStream,
            Some(Sent::Rst) => Self::Reset,
            None => Self::Elapsed,
        }
    }
}

#[derive(Debug)]
enum Phase {
    Joining(Endpoint),
    Connecting(Ask),
    Sending(Ask),
    Receiving(Ask),
    Closing(Ask, Over),
    Reaching(Duration),
    Decided,
}

/// Why a policy connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Answered(AnswerEnd),
    /// The load's own deadline came.
    Deadline,
    /// The end of the whole attempt came.
    TimedOut,
}

impl Lookup {
    /// `Socket.connect(host, port)`, called now. An empty host means the SWF's own (L16). A port out of range, or a
    /// sandbox without sockets, is decided at once.
    pub fn start(session: &mut Session, swf: &Swf, host: &str, port: impl Into<i64>) -> Self {
        let host = if host.is_empty() { swf.host().unwrap_or_default() } else { host };
        let target = Target::new(host, port.into());
        let mut record = Record::new(swf, target, &session.socket.ignored);
        let search = Search::new(session, &mut record);
        let mut lookup =
            Self { profile: session.profile().clone(), record, search, phase: Phase::Decided };
        lookup.phase = lookup.enter(session);
        lookup
    }

    /// What to do now.
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
            Phase::Closing(..) => Action::Close,
            Phase::Reaching(started) => Action::Connect {
                endpoint: self.record.target.endpoint(),
                purpose: Purpose::Payload,
                until: self.until(self.reach_deadline(*started)),
            },
            Phase::Decided => Action::Decided,
        }
    }

    /// Takes what happened, at the player's time `at`. An event that the present action does not lead to is ignored.
    pub fn handle(&mut self, session: &mut Session, event: Event<'_>, at: Duration) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Decided) {
            Phase::Joining(endpoint) => self.joining(session, endpoint, event, at),
            Phase::Connecting(ask) => self.connecting(session, ask, event, at),
            Phase::Sending(ask) => {
                self.record.connection().sent += POLICY_REQUEST.len();
                Phase::Receiving(ask)
            }
            Phase::Receiving(ask) => self.receiving(ask, event, at),
            Phase::Closing(ask, over) => self.closing(session, ask, over, event, at),
            Phase::Reaching(started) => self.reaching(started, event, at),
            Phase::Decided => Phase::Decided,
        };
    }

    /// The location that this lookup is loading: if the lookup is given up now, the session must
    /// [`Session::abandon`] it.
    pub fn loading(&self) -> Option<&Endpoint> {
        match &self.phase {
            Phase::Connecting(ask)
            | Phase::Sending(ask)
            | Phase::Receiving(ask)
            | Phase::Closing(ask, _) => Some(&ask.endpoint),
            _ => None,
        }
    }

    /// What came of it, with the live socket where there is one.
    pub fn finish<S>(self, socket: Option<S>) -> Outcome<S> {
        Outcome::new(self.record, socket)
    }

    /// What needs no network (rulebook P8, R3, R5), then the first location.
    fn enter(&mut self, session: &mut Session) -> Phase {
        let swf = &self.record.swf;
        if !swf.may_use_network() {
            self.decide(Cause::NetworkingDisabled, Duration::ZERO)
        } else if swf.sandbox() == Sandbox::LocalWithFile {
            self.decide(Cause::SandboxLocalWithFile, Duration::ZERO)
        } else if !self.record.target.is_valid() {
            self.decide(Cause::InvalidPort, Duration::ZERO)
        } else if self.is_exempt() {
            self.record.granted_by = Some(Grantor::Sandbox);
            Phase::Reaching(Duration::ZERO)
        } else {
            self.advance(session, Duration::ZERO)
        }
    }

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

    /// Consults one location after the other (rulebook L2, L10) until one must be loaded, or all is known.
    fn advance(&mut self, session: &mut Session, at: Duration) -> Phase {
        while let Some((endpoint, role)) = self.search.next_location(&self.record) {
            let blocked = &self.profile.lookup.blocked_policy_ports;
            let (answer, cached) = match session.load(&endpoint) {
                _ if role == Role::Explicit && blocked.contains(&endpoint.port()) => {
                    let note = Diagnostic::new(rules::T33, &[("p", &endpoint.port().to_string())]);
                    (Arc::new(Answer::failed(AnswerKind::NotAsked, Some(note))), false)
                }
                Some(Load::Done(answer)) => (answer.clone(), true),
                Some(Load::InProgress) => return Phase::Joining(endpoint),
                None => {
                    session.begin(&endpoint);
                    let patience = self.search.patience(role, &self.profile);
                    return Phase::Connecting(Ask::new(
                        endpoint,
                        role,
                        at,
                        patience,
                        &self.profile,
                    ));
                }
            };
            self.consult(endpoint, role, answer, cached);
        }
        if self.record.is_granted() {
            Phase::Reaching(at)
        } else {
            self.decide(self.search.cause(), at)
        }
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
        ask: Ask,
        event: Event<'_>,
        at: Duration,
    ) -> Phase {
        let answer = match event {
            Event::Connected => {
                self.record.opened(ask.endpoint.clone(), Purpose::Policy);
                return Phase::Sending(ask);
            }
            Event::Refused | Event::NotMapped => {
                let is_mapped = event == Event::Refused;
                Answer { is_mapped, ..Answer::failed(AnswerKind::Refused, self.refused(&ask)) }
            }
            Event::Reset => Answer::failed(AnswerKind::Reset, None),
            Event::NameNotFound => {
                let note = Diagnostic::new(rules::T34, &[("host", ask.endpoint.host())]);
                Answer::failed(AnswerKind::NotAsked, Some(note))
            }
            Event::Elapsed => Answer::failed(AnswerKind::Dropped, Some(ask.filtered(at))),
            _ => return Phase::Connecting(ask),
        };
        if event == Event::Elapsed && self.is_over(at) {
            self.timed_out(session, ask, answer, at)
        } else {
            self.loaded(session, ask, answer, at)
        }
    }

    fn refused(&self, ask: &Ask) -> Option<Diagnostic> {
        let port = self.record.target.endpoint().port().to_string();
        (ask.role == Role::Master).then(|| Diagnostic::new(rules::T01, &[("port", &port)]))
    }

    fn receiving(&mut self, mut ask: Ask, event: Event<'_>, at: Duration) -> Phase {
        let (over, ended) = match event {
            Event::Received(bytes) => {
                self.record.connection().received.extend_from_slice(bytes);
                match ask.reader.receive(bytes) {
                    Some(end) => (Over::Answered(end), Ended::ClientClosed),
                    None => return Phase::Receiving(ask),
                }
            }
            Event::EndOfStream => (Over::Answered(AnswerEnd::EndOfStream), Ended::PeerClosed),
            Event::Reset => (Over::Answered(AnswerEnd::Reset), Ended::Reset),
            Event::Elapsed => {
                (if self.is_over(at) { Over::TimedOut } else { Over::Deadline }, Ended::Deadline)
            }
            _ => return Phase::Receiving(ask),
        };
        self.record.connection().ended = ended;
        Phase::Closing(ask, over)
    }

    /// The peer's own end may still be seen: more bytes, a FIN, or a RST (FSP-T06). It changes no verdict.
    fn closing(
        &mut self,
        session: &mut Session,
        mut ask: Ask,
        over: Over,
        event: Event<'_>,
        at: Duration,
    ) -> Phase {
        match event {
            Event::Closed => return self.closed(session, ask, over, at),
            Event::EndOfStream => self.record.connection().ended = Ended::PeerClosed,
            Event::Reset => {
                self.record.connection().ended = Ended::Reset;
                ask.reset = over == Over::Answered(AnswerEnd::Nul);
            }
            Event::Received(bytes) => {
                self.record.connection().received.extend_from_slice(bytes);
                ask.reader.receive(bytes);
            }
            _ => {}
        }
        Phase::Closing(ask, over)
    }

    fn closed(&mut self, session: &mut Session, ask: Ask, over: Over, at: Duration) -> Phase {
        let answer = match over {
            Over::Answered(end) => ask.read(end, &self.profile),
            Over::Deadline => ask.unanswered(at),
            Over::TimedOut => {
                let answer = ask.unanswered(at);
                return self.timed_out(session, ask, answer, at);
            }
        };
        let reset = ask.reset.then(|| Diagnostic::new(rules::T06, &[]));
        self.loaded(session, ask, answer.noting(reset), at)
    }

    fn loaded(
        &mut self,
        session: &mut Session,
        ask: Ask,
        mut answer: Answer,
        at: Duration,
    ) -> Phase {
        answer.took = at.saturating_sub(ask.started);
        let answer = Arc::new(answer);
        session.finish(&ask.endpoint, answer.clone());
        self.consult(ask.endpoint, ask.role, answer, false);
        self.advance(session, at)
    }

    /// The end of the whole attempt came while `ask` was pending: the session may ask there again.
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
        let asked = Asked { endpoint, role, cached, answer, diagnostics: Vec::new() };
        self.search.consult(asked, &mut self.record, &self.profile);
    }

    fn reaching(&mut self, started: Duration, event: Event<'_>, at: Duration) -> Phase {
        let cause = match event {
            Event::Connected => {
                self.record.opened(self.record.target.endpoint(), Purpose::Payload);
                Cause::Connected
            }
            Event::Refused | Event::NotMapped => {
                self.record.is_target_mapped = event == Event::Refused;
                Cause::BackendRefused
            }
            Event::Reset => Cause::BackendReset,
            Event::NameNotFound => Cause::NameNotFound,
            Event::Elapsed => Cause::BackendTimedOut,
            _ => return Phase::Reaching(started),
        };
        self.decide(cause, at)
    }

    fn decide(&mut self, cause: Cause, at: Duration) -> Phase {
        self.record.decide(cause, at, &self.profile);
        Phase::Decided
    }

    /// The nearest of a deadline and the end of the whole attempt.
    fn until(&self, deadline: Option<Duration>) -> Duration {
        deadline.map_or(self.end(), |deadline| deadline.min(self.end()))
    }

    fn is_over(&self, at: Duration) -> bool {
        at >= self.end()
    }

    /// `Socket.timeout` (T4), or this client's patience where the player has none.
    fn end(&self) -> Duration {
        let timing = &self.profile.timing;
        timing.socket_timeout.unwrap_or(timing.patience)
    }

    /// Without `Socket.timeout` the operating system ends the SWF's own connect.
    fn reach_deadline(&self, started: Duration) -> Option<Duration> {
        let timing = &self.profile.timing;
        timing.socket_timeout.or(Some(started.saturating_add(timing.connect_timeout)))
    }
}
