//! One connection attempt, as a machine without sockets and without a clock (rulebook L, T, E).

use std::sync::Arc;
use std::time::Duration;

use super::answer::{Answer, AnswerKind, Asked, Role};
use super::endpoint::MASTER_PORT;
use super::judge::{Judgement, judge, meta_policy};
use super::outcome::Outcome;
use super::profile::{MalformedMaster, Profile, TrustedScope};
use super::record::{DecidingRule, Ended, Grantor, Purpose, Record, Target};
use super::session::Load;
use super::{Cause, Endpoint, Sandbox, Session, Swf};
use crate::policy::{AllowAccessFrom, MetaPolicy, PolicyFile};
use crate::rules::{self, Diagnostic, Rule};
use crate::wire::{AnswerEnd, AnswerReader, POLICY_REQUEST};

/// One attempt of a SWF to connect. It says what to do ([`Lookup::action`]), and is told what happened and when
/// ([`Lookup::handle`]); all times are the player's, counted from `connect()`. Drivers do just that, and no rule
/// is theirs.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_fixture::player::{Action, Event, Lookup, Session};
/// use flash_policy_fixture::{Cause, Profile, Swf};
///
/// let mut session = Session::new(Profile::flash_10());
/// let swf: Swf = "http://www.example.com/game.swf".parse()?;
/// let mut lookup = Lookup::start(&mut session, &swf, "game.example.com", 5000);
/// while !matches!(lookup.action(), Action::Decided) {
///     lookup.handle(&mut session, Event::Refused, Duration::ZERO);   // nothing listens anywhere
/// }
/// assert_eq!(lookup.finish(None::<()>).cause(), Cause::NoPolicy);
/// # Ok::<(), flash_policy_fixture::InvalidSwf>(())
/// ```
#[derive(Debug)]
pub struct Lookup {
    profile: Profile,
    record: Record,
    /// What `loadPolicyFile` named before `connect()` for this host (L13, L14), but for the master.
    explicit: Vec<Endpoint>,
    master_is_explicit: bool,
    next: Next,
    phase: Phase,
    miss: Option<Cause>,
}

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

/// Which location comes next: the master, the explicit ones by index, and behind them the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Master,
    Other(usize),
    Nothing,
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

/// A load in progress.
#[derive(Debug)]
struct Ask {
    endpoint: Endpoint,
    role: Role,
    started: Duration,
    deadline: Option<Duration>,
    reader: AnswerReader,
    /// The peer reset the connection after its answer.
    reset: bool,
}

impl Lookup {
    /// `Socket.connect(host, port)`, called now. An empty host means the SWF's own (L16). A port out of range, or a
    /// sandbox without sockets, is decided at once.
    pub fn start(session: &mut Session, swf: &Swf, host: &str, port: impl Into<i64>) -> Self {
        let host = if host.is_empty() { swf.host().unwrap_or_default() } else { host };
        let target = Target::new(host, port.into());
        let (mut explicit, foreign): (Vec<_>, Vec<_>) =
            session.explicit().iter().cloned().partition(|location| location.host() == target.host());
        let master_is_explicit = explicit.iter().any(|location| location.port() == MASTER_PORT);
        explicit.retain(|location| location.port() != MASTER_PORT);
        let mut lookup = Self {
            profile: session.profile().clone(),
            record: Record::new(swf, target, session.ignored()),
            explicit,
            master_is_explicit,
            next: Next::Master,
            phase: Phase::Decided,
            miss: None,
        };
        lookup.note_foreign(&foreign);
        lookup.enter(session);
        lookup
    }

    /// What to do now.
    pub fn action(&self) -> Action {
        match &self.phase {
            Phase::Joining(endpoint) => Action::Join { endpoint: endpoint.clone(), until: self.until(None) },
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
        match std::mem::replace(&mut self.phase, Phase::Decided) {
            Phase::Joining(endpoint) => self.joined(session, endpoint, event, at),
            Phase::Connecting(ask) => self.connecting(session, ask, event, at),
            Phase::Sending(ask) => {
                self.record.sent(POLICY_REQUEST.len());
                self.phase = Phase::Receiving(ask);
            }
            Phase::Receiving(ask) => self.receiving(ask, event, at),
            Phase::Closing(ask, over) => self.closing(session, ask, over, event, at),
            Phase::Reaching(started) => self.reached(started, event, at),
            Phase::Decided => {}
        }
    }

    /// The location that this lookup is loading: if the lookup is given up now, the session must
    /// [`Session::abandon`] it.
    pub fn loading(&self) -> Option<&Endpoint> {
        match &self.phase {
            Phase::Connecting(ask) | Phase::Sending(ask) | Phase::Receiving(ask) | Phase::Closing(ask, _) => {
                Some(&ask.endpoint)
            }
            _ => None,
        }
    }

    /// What came of it, with the live socket where there is one.
    pub fn finish<S>(self, socket: Option<S>) -> Outcome<S> {
        Outcome::new(self.record, socket)
    }

    /// What needs no network (rulebook P8, R3, R5), then the first location.
    fn enter(&mut self, session: &mut Session) {
        let swf = &self.record.swf;
        if !swf.may_use_network() {
            self.decide(Cause::NetworkingDisabled, Duration::ZERO);
        } else if swf.sandbox() == Sandbox::LocalWithFile {
            self.decide(Cause::SandboxLocalWithFile, Duration::ZERO);
        } else if !self.record.target.is_valid() {
            self.decide(Cause::InvalidPort, Duration::ZERO);
        } else if self.is_exempt() {
            self.record.granted_by = Some(Grantor::Sandbox);
            self.phase = Phase::Reaching(Duration::ZERO);
        } else {
            self.advance(session, Duration::ZERO);
        }
    }

    fn is_exempt(&self) -> bool {
        match self.record.swf.sandbox() {
            Sandbox::AirApplication => true,
            Sandbox::LocalTrusted => match self.profile.lookup.local_trusted {
                TrustedScope::AllHosts => true,
                TrustedScope::Loopback => matches!(self.record.target.host(), "localhost" | "127.0.0.1" | "::1"),
            },
            _ => false,
        }
    }

    /// A policy speaks for its own host alone (rulebook L13): says so where a location names another one.
    fn note_foreign(&mut self, locations: &[Endpoint]) {
        let target = self.record.target.host();
        let notes = locations.iter().map(|location| {
            let args = [("a", location.host()), ("b", target)];
            Diagnostic::new(rules::S14, &args)
        });
        let notes: Vec<_> = notes.collect();
        self.record.diagnostics.extend(notes);
    }

    /// Consults one location after the other (rulebook L2, L10) until one must be loaded, or all is known.
    fn advance(&mut self, session: &mut Session, at: Duration) {
        while let Some((endpoint, role)) = self.next_location() {
            if self.is_blocked(&endpoint, role) {
                let note = Diagnostic::new(rules::T33, &[("p", &endpoint.port().to_string())]);
                let answer = Answer::failed(AnswerKind::NotAsked, Some(note));
                self.consult(endpoint, role, Arc::new(answer), false);
                continue;
            }
            match session.load(&endpoint) {
                Some(Load::Done(answer)) => {
                    let answer = answer.clone();
                    self.consult(endpoint, role, answer, true);
                }
                Some(Load::InProgress) => {
                    self.phase = Phase::Joining(endpoint);
                    return;
                }
                None => {
                    session.begin(&endpoint);
                    self.phase = Phase::Connecting(self.ask(endpoint, role, at));
                    return;
                }
            }
        }
        self.conclude(at);
    }

    /// The location whose turn it is (rulebook L2, L12, Q1, Q2).
    fn next_location(&self) -> Option<(Endpoint, Role)> {
        let target = self.record.target.endpoint();
        match self.next {
            Next::Master => Some((target.master(), Role::Master)),
            Next::Other(index) => match self.explicit.get(index) {
                Some(location) => Some((location.clone(), Role::Explicit)),
                None => self.destination(target),
            },
            Next::Nothing => None,
        }
    }

    fn destination(&self, target: Endpoint) -> Option<(Endpoint, Role)> {
        let lookup = &self.profile.lookup;
        let asks = if self.explicit.is_empty() { lookup.destination_by_default } else { lookup.destination_fallback };
        let consulted = self.record.asked.iter().any(|asked| asked.endpoint == target);
        (asks && !consulted && !self.is_granted()).then_some((target, Role::Destination))
    }

    fn is_blocked(&self, endpoint: &Endpoint, role: Role) -> bool {
        role == Role::Explicit && self.profile.lookup.blocked_policy_ports.contains(&endpoint.port())
    }

    /// The start of a load, with its deadline (rulebook T1-T3): a location that `loadPolicyFile` named has none.
    fn ask(&self, endpoint: Endpoint, role: Role, at: Duration) -> Ask {
        let timing = &self.profile.timing;
        let patience = match role {
            Role::Master if self.master_is_explicit => None,
            Role::Master => Some(timing.master_timeout),
            Role::Explicit => None,
            Role::Destination => Some(timing.destination_timeout),
        };
        Ask {
            endpoint,
            role,
            started: at,
            deadline: patience.map(|patience| at + patience),
            reader: AnswerReader::new(self.profile.wire.answer_cap),
            reset: false,
        }
    }

    fn joined(&mut self, session: &mut Session, endpoint: Endpoint, event: Event<'_>, at: Duration) {
        match event {
            Event::Elapsed => self.decide(Cause::TimedOut, at),
            Event::Joined => self.advance(session, at),
            _ => self.phase = Phase::Joining(endpoint),
        }
    }

    fn connecting(&mut self, session: &mut Session, ask: Ask, event: Event<'_>, at: Duration) {
        let answer = match event {
            Event::Connected => {
                self.record.opened(&ask.endpoint, Purpose::Policy);
                self.phase = Phase::Sending(ask);
                return;
            }
            Event::Elapsed if self.is_over(at) => {
                session.abandon(&ask.endpoint);
                return self.decide(Cause::TimedOut, at);
            }
            Event::Refused => Answer::failed(AnswerKind::Refused, self.refused(&ask)),
            Event::Reset => Answer::failed(AnswerKind::Reset, None),
            Event::NameNotFound => {
                let note = Diagnostic::new(rules::T34, &[("host", ask.endpoint.host())]);
                Answer::failed(AnswerKind::NotAsked, Some(note))
            }
            Event::Elapsed => Answer::failed(AnswerKind::Dropped, Some(ask.filtered(&self.profile))),
            _ => {
                self.phase = Phase::Connecting(ask);
                return;
            }
        };
        self.loaded(session, ask, answer, at);
    }

    fn refused(&self, ask: &Ask) -> Option<Diagnostic> {
        let port = self.record.target.endpoint().port().to_string();
        (ask.role == Role::Master).then(|| Diagnostic::new(rules::T01, &[("port", &port)]))
    }

    fn receiving(&mut self, mut ask: Ask, event: Event<'_>, at: Duration) {
        let end = match event {
            Event::Received(bytes) => {
                self.record.received(bytes);
                ask.reader.receive(bytes)
            }
            Event::EndOfStream => Some(AnswerEnd::EndOfStream),
            Event::Reset => Some(AnswerEnd::Reset),
            Event::Elapsed => {
                self.record.ended(Ended::Deadline);
                let over = if self.is_over(at) { Over::TimedOut } else { Over::Deadline };
                self.phase = Phase::Closing(ask, over);
                return;
            }
            _ => None,
        };
        let Some(end) = end else {
            self.phase = Phase::Receiving(ask);
            return;
        };
        self.record.ended(match end {
            AnswerEnd::EndOfStream => Ended::PeerClosed,
            AnswerEnd::Reset => Ended::Reset,
            AnswerEnd::Nul | AnswerEnd::TooLarge => Ended::ClientClosed,
        });
        self.phase = Phase::Closing(ask, Over::Answered(end));
    }

    /// The peer's own end may still be seen: more bytes, a FIN, or a RST (FSP-T06). It changes no verdict.
    fn closing(&mut self, session: &mut Session, mut ask: Ask, over: Over, event: Event<'_>, at: Duration) {
        match event {
            Event::Closed => return self.closed(session, ask, over, at),
            Event::EndOfStream => self.record.ended(Ended::PeerClosed),
            Event::Reset => {
                self.record.ended(Ended::Reset);
                ask.reset = over == Over::Answered(AnswerEnd::Nul);
            }
            Event::Received(bytes) => {
                self.record.received(bytes);
                ask.reader.receive(bytes);
            }
            _ => {}
        }
        self.phase = Phase::Closing(ask, over);
    }

    fn closed(&mut self, session: &mut Session, ask: Ask, over: Over, at: Duration) {
        let answer = match over {
            Over::Answered(end) => Answer::read(&ask.reader, end, &self.profile),
            Over::Deadline => ask.unanswered(&self.profile),
            Over::TimedOut => {
                session.abandon(&ask.endpoint);
                return self.decide(Cause::TimedOut, at);
            }
        };
        let answer = match ask.reset {
            true => answer.noting(|| Diagnostic::new(rules::T06, &[])),
            false => answer,
        };
        self.loaded(session, ask, answer, at);
    }

    fn loaded(&mut self, session: &mut Session, ask: Ask, mut answer: Answer, at: Duration) {
        answer.took = at.saturating_sub(ask.started);
        let answer = Arc::new(answer);
        session.finish(&ask.endpoint, answer.clone());
        self.consult(ask.endpoint, ask.role, answer, false);
        self.advance(session, at);
    }

    fn consult(&mut self, endpoint: Endpoint, role: Role, answer: Arc<Answer>, cached: bool) {
        self.next = match self.next {
            Next::Master => Next::Other(0),
            Next::Other(index) if index < self.explicit.len() => Next::Other(index + 1),
            _ => Next::Nothing,
        };
        let mut asked = Asked::new(endpoint, role, answer.clone(), cached);
        if !self.is_granted() {
            match answer.policy() {
                Some(policy) => self.weigh(policy, &mut asked),
                None => self.weigh_failure(&asked),
            }
        }
        self.record.asked.push(asked);
    }

    /// A location without a policy (rulebook L8, L9).
    fn weigh_failure(&mut self, asked: &Asked) {
        if asked.answer.kind != AnswerKind::Malformed {
            return self.missed(Cause::NoPolicy, None);
        }
        self.missed(Cause::MalformedPolicy, None);
        if asked.role == Role::Master && self.profile.lookup.malformed_master == MalformedMaster::Deny {
            self.next = Next::Nothing;
        }
    }

    /// A policy file: its meta-policy, then its rules (rulebook L3-L7).
    fn weigh(&mut self, policy: &PolicyFile, asked: &mut Asked) {
        let from = &asked.endpoint;
        let document = &self.profile.document;
        let meta = if self.heeds_site_control(asked.role) {
            meta_policy(policy, document).unwrap_or(MetaPolicy::All)
        } else {
            MetaPolicy::All
        };
        let control = policy.site_control().first().map(|element| DecidingRule::site_control(from, element));
        let master_only = asked.role == Role::Master && meta != MetaPolicy::All;
        if meta == MetaPolicy::None {
            self.settled(Cause::MetaPolicyNone, control);
        } else {
            match judge(policy, from, &self.record.swf, self.record.target.port(), document) {
                Judgement::Grant(rule) => self.grant(from, rule, master_only),
                Judgement::Miss(..) if master_only => self.settled(Cause::MasterOnly, control),
                Judgement::Miss(cause, rule) => {
                    self.missed(cause, rule.map(|rule| DecidingRule::allow_access_from(from, rule)));
                }
            }
        }
        if asked.role != Role::Master && !policy.site_control().is_empty() {
            asked.diagnostics.push(Diagnostic::new(rules::S05, &[]));
        }
    }

    /// `site-control` means something in the master only (rulebook M1), unless the profile says otherwise (Q16).
    fn heeds_site_control(&self, role: Role) -> bool {
        let has_master = self.record.asked.iter().any(|asked| asked.role == Role::Master && asked.policy().is_some());
        role == Role::Master || (self.profile.lookup.destination_site_control && !has_master)
    }

    fn grant(&mut self, from: &Endpoint, rule: &AllowAccessFrom, master_only: bool) {
        self.record.granted_by = Some(Grantor::Policy(from.clone()));
        self.record.rule = Some(DecidingRule::allow_access_from(from, rule));
        let waits = self.profile.lookup.grant_waits_for_explicit && !master_only;
        if !(waits && matches!(self.next, Next::Other(0))) {
            self.next = Next::Nothing;
        }
    }

    fn is_granted(&self) -> bool {
        self.record.granted_by.is_some()
    }

    /// Keeps the nearest miss (the order of [`Cause`]'s denials).
    fn missed(&mut self, cause: Cause, rule: Option<DecidingRule>) {
        if self.miss.is_none_or(|nearest| cause.distance() < nearest.distance()) {
            self.miss = Some(cause);
            self.record.rule = rule;
        }
    }

    /// The master ended the lookup: this cause wins over any miss (rulebook L5, L6).
    fn settled(&mut self, cause: Cause, rule: Option<DecidingRule>) {
        self.miss = Some(cause);
        self.record.rule = rule;
        self.next = Next::Nothing;
    }

    fn conclude(&mut self, at: Duration) {
        if self.is_granted() {
            self.phase = Phase::Reaching(at);
        } else {
            self.decide(self.miss.unwrap_or(Cause::NoPolicy), at);
        }
    }

    fn reached(&mut self, started: Duration, event: Event<'_>, at: Duration) {
        let cause = match event {
            Event::Connected => {
                let endpoint = self.record.target.endpoint();
                self.record.opened(&endpoint, Purpose::Payload);
                Cause::Connected
            }
            Event::Refused => Cause::BackendRefused,
            Event::Reset => Cause::BackendReset,
            Event::NameNotFound => Cause::NameNotFound,
            Event::Elapsed => Cause::BackendTimedOut,
            _ => {
                self.phase = Phase::Reaching(started);
                return;
            }
        };
        self.decide(cause, at);
    }

    fn decide(&mut self, cause: Cause, at: Duration) {
        self.record.decide(cause, at, &self.profile);
        self.phase = Phase::Decided;
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
        timing.socket_timeout.or(Some(started + timing.connect_timeout))
    }
}

impl Ask {
    fn connect_deadline(&self, profile: &Profile) -> Duration {
        self.deadline.unwrap_or(self.started + profile.timing.connect_timeout)
    }

    /// No answer to the SYN: every first connection pays for it (FSP-T02), an explicit one the more (FSP-T03).
    fn filtered(&self, profile: &Profile) -> Diagnostic {
        let rule = if self.deadline.is_some() { rules::T02 } else { rules::T03 };
        self.note(rule, profile)
    }

    /// The deadline came first: silence (FSP-T04), a policy that only lacks its NUL (FSP-T14), or a part (FSP-T05).
    fn unanswered(&self, profile: &Profile) -> Answer {
        let rule = if self.reader.received().is_empty() {
            rules::T04
        } else if PolicyFile::parse(self.reader.document()).is_ok() {
            rules::T14
        } else {
            rules::T05
        };
        Answer::failed(AnswerKind::None, Some(self.note(rule, profile)))
    }

    fn note(&self, rule: Rule, profile: &Profile) -> Diagnostic {
        let patience = self.deadline.unwrap_or(profile.timing.patience) - self.started;
        let (port, seconds) = (self.endpoint.port().to_string(), patience.as_secs_f64().to_string());
        let received = self.reader.received().len().to_string();
        let values = [("host", self.endpoint.host()), ("port", &port), ("t", &seconds), ("n", &received)];
        Diagnostic::new(rule, &values)
    }
}
