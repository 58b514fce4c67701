//! Verdicts without a network: drives the lookup with declared endpoints alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::lookup::{Action, Event, Lookup};
use crate::document::PolicyDocument;
use crate::or_panic;
use crate::player::endpoint::canonical_host;
use crate::player::{Endpoint, InvalidSwf, Outcome, Profile, Session, Swf};
use crate::wire::{Declaration, EndpointState, Playback, Script, Stamped};

/// One player session with declared endpoints, without a network and without a clock. It drives the
/// same [`Lookup`] as the clients do.
///
/// ```
/// use flash_policy_core::{Evaluator, PolicyFile, wire::Script};
///
/// let policy = PolicyFile::builder().allow("www.example.com", 5000).build();
/// let mut player = Evaluator::new("http://www.example.com/game.swf")?
///     .policy("game.example.com:843", policy)
///     .backend("game.example.com:5000", Script::echo());
/// player.connect("game.example.com", 5000).expect_permitted();
/// # Ok::<(), flash_policy_core::InvalidSwf>(())
/// ```
#[must_use = "an evaluator does nothing until `connect`"]
#[derive(Clone, Debug)]
pub struct Evaluator {
    swf: Swf,
    session: Session,
    endpoints: BTreeMap<Endpoint, Declaration>,
    turns: BTreeMap<Endpoint, usize>,
    unknown: BTreeSet<String>,
}

impl Evaluator {
    /// Creates a session of `swf` in the default profile. Endpoints that are not declared refuse
    /// connections.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidSwf`] if `swf` is neither the URL of a SWF nor a sandbox.
    pub fn new(swf: impl TryInto<Swf, Error: Into<InvalidSwf>>) -> Result<Self, InvalidSwf> {
        Ok(Self::with_profile(swf.try_into().map_err(Into::into)?, Profile::default()))
    }

    /// Creates a session of `swf` in this profile.
    pub fn with_profile(swf: Swf, profile: Profile) -> Self {
        Self {
            swf,
            session: Session::new(profile),
            endpoints: BTreeMap::new(),
            turns: BTreeMap::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// Declares a well-behaved policy server for `document`. At an endpoint with a backend, the
    /// policy is answered in-band.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if `at` is not a `host:port`.
    #[track_caller]
    pub fn policy(self, at: &str, document: impl Into<PolicyDocument>) -> Self {
        let script = Script::policy(document.into().as_bytes());
        self.change(at, |declared| declared.policy([script]))
    }

    /// Declares a backend.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if `at` is not a `host:port`.
    #[track_caller]
    pub fn backend(self, at: &str, script: Script) -> Self {
        self.change(at, |declared| declared.backend(script))
    }

    /// Declares an endpoint as a whole, in place of an earlier declaration.
    pub fn declare(&mut self, at: Endpoint, declaration: Declaration) {
        self.endpoints.insert(at, declaration);
    }

    /// Declares that the name of a host does not resolve.
    pub fn unknown_name(&mut self, host: &str) {
        self.unknown.insert(canonical_host(host));
    }

    /// Returns the session, on which locations are registered with [`Session::load_policy_file`].
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Connects as `Socket.connect(host, port)` does, and returns the outcome.
    pub fn connect(&mut self, host: &str, port: impl Into<i64>) -> Outcome<()> {
        let mut lookup = Lookup::start(&mut self.session, &self.swf, host, port);
        let mut now = Duration::ZERO;
        let mut connection = None;
        loop {
            match lookup.action() {
                Action::Connect { endpoint, until, .. } => {
                    let event = self.connect_event(&endpoint);
                    if event == Event::Elapsed {
                        now = until;
                    }
                    connection = Some(self.open(endpoint, now));
                    lookup.handle(&mut self.session, event, now);
                }
                Action::Send(bytes) => {
                    if let Some(connection) = &mut connection {
                        connection.playback.hear(bytes);
                    }
                    lookup.handle(&mut self.session, Event::Sent, now);
                }
                Action::Receive { until } => {
                    let open = connection.as_mut();
                    let next = open.and_then(|open| open.next(until, &mut self.turns));
                    now = next.as_ref().map_or(until, |next| next.at);
                    let sent = next.as_ref().map(|next| &next.sent);
                    lookup.handle(&mut self.session, sent.into(), now);
                }
                Action::Close { watch } => {
                    let until = now.saturating_add(watch);
                    let rest = connection.take().into_iter().flat_map(|open| open.rest(until));
                    for Stamped { at, sent } in rest {
                        lookup.handle(&mut self.session, Some(&sent).into(), at);
                    }
                    lookup.handle(&mut self.session, Event::Closed, now);
                }
                Action::Join { .. } => lookup.handle(&mut self.session, Event::Joined, now),
                Action::Decided => return lookup.finish(Some(())),
            }
        }
    }

    #[track_caller]
    fn change(mut self, at: &str, change: impl FnOnce(Declaration) -> Declaration) -> Self {
        let at: Endpoint = or_panic(at.parse());
        let declared = self.endpoints.remove(&at).unwrap_or_default();
        self.endpoints.insert(at, change(declared));
        self
    }

    /// Returns the result of connecting to an endpoint.
    fn connect_event(&self, endpoint: &Endpoint) -> Event<'static> {
        if self.unknown.contains(endpoint.host()) {
            return Event::NameNotFound;
        }
        let Some(declared) = self.endpoints.get(endpoint) else {
            return Event::NotMapped;
        };
        match declared.state() {
            EndpointState::Up if declared.is_backend_only() => Event::ConnectedToStandIn,
            EndpointState::Up => Event::Connected,
            EndpointState::Dropped => Event::Elapsed,
            EndpointState::Refused => Event::Refused,
        }
    }

    fn open(&self, endpoint: Endpoint, opened_at: Duration) -> PolicyConnection {
        let declared = self.endpoints.get(&endpoint).cloned().unwrap_or_default();
        PolicyConnection {
            endpoint,
            opened_at,
            playback: Playback::new(&declared),
            pending: Vec::new().into_iter(),
        }
    }
}

/// The policy connection in progress.
struct PolicyConnection {
    endpoint: Endpoint,
    opened_at: Duration,
    playback: Playback,
    pending: std::vec::IntoIter<Stamped>,
}

impl PolicyConnection {
    /// Returns what the peer sends next, up to the player's time `until`. Its time is the player's.
    fn next(&mut self, until: Duration, turns: &mut BTreeMap<Endpoint, usize>) -> Option<Stamped> {
        if self.pending.as_slice().is_empty() {
            let next_turn = turns.entry(self.endpoint.clone()).or_default();
            let mut turn = || std::mem::replace(next_turn, *next_turn + 1);
            let script_until = until.saturating_sub(self.opened_at);
            self.pending = self.playback.play_until(script_until, &mut turn).into_iter();
        }
        let Stamped { at, sent } = self.pending.next()?;
        Some(Stamped { at: self.opened_at + at, sent })
    }

    /// Returns what the peer sent behind the end of its answer, up to the player's time `until`.
    fn rest(self, until: Duration) -> impl Iterator<Item = Stamped> {
        let Self { opened_at, pending, .. } = self;
        let in_player_time =
            pending.map(move |Stamped { at, sent }| Stamped { at: opened_at + at, sent });
        in_player_time.take_while(move |stamped| stamped.at <= until)
    }
}
