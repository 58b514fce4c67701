//! What came of a connection attempt, and the expectations that a test has of it.

use std::fmt;
use std::time::Duration;

use super::answer::Asked;
use super::diagnosis;
use super::policy_log;
use super::record::{Connection, DecidingRule, Grantor, Purpose, Record, Target};
use super::{Cause, Endpoint, PlayerEvent, Swf, Verdict};
use crate::debug_as_text;
use crate::diagnostics::Diagnostic;
use crate::or_panic;

/// What came of a connection attempt: the policy's verdict, its true cause, and what the player tells the SWF,
/// which are three things. Its `Display` is the diagnosis. `S` is the live socket to the backend.
///
/// ```
/// use flash_policy_core::{Cause, Evaluator, PolicyFile, Verdict};
///
/// let policy = PolicyFile::builder().allow("*.example.com", 5000).build();
/// let mut player = Evaluator::new("http://evil.example/game.swf")?.policy("game.example.com:843", policy);
/// let outcome = player.connect("game.example.com", 5000);
/// assert_eq!((outcome.verdict(), outcome.cause()), (Verdict::Denied, Cause::DomainNotListed));
/// assert!(outcome.to_string().contains("line 3, column 3"));
/// # Ok::<(), flash_policy_core::InvalidSwf>(())
/// ```
#[derive(Debug)]
pub struct Outcome<S> {
    record: Record,
    socket: Option<S>,
}

/// An outcome that is not what a test expects. It owns the outcome; its `Display` is the diagnosis.
pub struct Unexpected<S> {
    verdict: Verdict,
    cause: Option<Cause>,
    outcome: Box<Outcome<S>>,
}

impl<S> Outcome<S> {
    /// Only where the connection stands there is a socket.
    pub(super) fn new(record: Record, socket: Option<S>) -> Self {
        let stands = record.cause().verdict() == Verdict::Permitted;
        Self { record, socket: socket.filter(|_| stands) }
    }

    /// Permitted, denied, or permitted but unreachable.
    pub fn verdict(&self) -> Verdict {
        self.cause().verdict()
    }

    /// Why, in truth.
    pub fn cause(&self) -> Cause {
        self.record.cause()
    }

    /// What the SWF is told, in order. A refused backend makes two (rulebook E6).
    pub fn events(&self) -> &[PlayerEvent] {
        &self.record.events
    }

    /// What AS2's `XMLSocket.onConnect` is called with: one `false` for every failure (rulebook E5).
    pub fn on_connect(&self) -> bool {
        self.verdict() == Verdict::Permitted
    }

    /// When the attempt was decided, in the player's time since `connect()`.
    pub fn decided_at(&self) -> Duration {
        self.record.decided_at
    }

    /// When the SWF is told the first event, in the player's time since `connect()` (rulebook T5). `None` where
    /// that would be when `Socket.timeout` runs out, and the profile has none.
    pub fn reported_at(&self) -> Option<Duration> {
        self.report_times().first().copied().flatten()
    }

    /// When the SWF is told each of [`Outcome::events`].
    pub fn report_times(&self) -> &[Option<Duration>] {
        &self.record.reported_at
    }

    /// Who granted, for `permitted` and `unreachable`.
    pub fn granted_by(&self) -> Option<&Grantor> {
        self.record.granted_by.as_ref()
    }

    /// The element of a policy file that decided, where one did.
    pub fn rule(&self) -> Option<&DecidingRule> {
        self.record.rule.as_ref()
    }

    /// Every location that was consulted, in order.
    pub fn asked(&self) -> &[Asked] {
        &self.record.asked
    }

    /// Every TCP connection up to the decision, in order, with its bytes.
    pub fn transcript(&self) -> &[Connection] {
        &self.record.connections
    }

    /// How many policy requests this attempt sent to the logical endpoint `at` (rulebook L18).
    ///
    /// # Panics
    ///
    /// At the caller's line, if `at` is not a `host:port`.
    #[track_caller]
    pub fn requests_to(&self, at: impl TryInto<Endpoint, Error: fmt::Display>) -> usize {
        let endpoint = &or_panic(at.try_into());
        let asks = |connection: &&Connection| {
            connection.endpoint() == endpoint && connection.purpose() == Purpose::Policy
        };
        self.transcript().iter().filter(asks).count()
    }

    /// All diagnostics, of the attempt and of each answer.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.record.diagnostics()
    }

    /// The lines that the debug player would write to `policyfiles.txt` about this attempt (rulebook G3).
    pub fn policy_log(&self) -> Vec<String> {
        policy_log::lines(&self.record)
    }

    /// The text of an event as the debug player words it (rulebook E2, E3).
    pub fn event_text(&self, event: PlayerEvent) -> String {
        diagnosis::event_text(&self.record, event)
    }

    /// Who asked.
    pub fn swf(&self) -> &Swf {
        &self.record.swf
    }

    /// What the SWF wanted to connect to.
    pub fn target(&self) -> &Target {
        &self.record.target
    }

    /// The live socket to the backend, where the connection stands.
    pub fn into_socket(self) -> Option<S> {
        self.socket
    }

    /// The same outcome, with the connection closed.
    pub fn without_socket(self) -> Outcome<()> {
        Outcome { record: self.record, socket: self.socket.map(drop) }
    }

    /// The same outcome with the socket made into another kind.
    pub fn try_map_socket<T, E>(
        self,
        change: impl FnOnce(S) -> Result<T, E>,
    ) -> Result<Outcome<T>, E> {
        Ok(Outcome { record: self.record, socket: self.socket.map(change).transpose()? })
    }

    /// The live socket to the backend.
    ///
    /// # Panics
    ///
    /// At the caller's line, with the diagnosis, unless the connection is permitted and stands.
    #[track_caller]
    pub fn expect_permitted(self) -> S {
        or_panic(self.try_permitted())
    }

    /// The live socket to the backend.
    ///
    /// # Errors
    ///
    /// The connection is denied or unreachable.
    pub fn try_permitted(mut self) -> Result<S, Unexpected<S>> {
        match self.socket.take() {
            Some(socket) => Ok(socket),
            None => Err(self.unexpected(Verdict::Permitted, None)),
        }
    }

    /// The outcome, which is a denial.
    ///
    /// # Panics
    ///
    /// At the caller's line, with the diagnosis, unless the connection is denied.
    #[track_caller]
    pub fn expect_denied(self) -> Self {
        or_panic(self.try_denied())
    }

    /// The outcome, which is a denial.
    ///
    /// # Errors
    ///
    /// The connection is permitted or unreachable.
    pub fn try_denied(self) -> Result<Self, Unexpected<S>> {
        self.check(Verdict::Denied, None)
    }

    /// The outcome, which has this cause.
    ///
    /// # Panics
    ///
    /// At the caller's line, with the diagnosis, unless the connection is denied for this cause.
    #[track_caller]
    pub fn expect_denied_because(self, cause: Cause) -> Self {
        or_panic(self.try_denied_because(cause))
    }

    /// The outcome, which has this cause.
    ///
    /// # Errors
    ///
    /// The cause is another one.
    pub fn try_denied_because(self, cause: Cause) -> Result<Self, Unexpected<S>> {
        self.check(Verdict::Denied, Some(cause))
    }

    /// The outcome: permitted, but the backend cannot be reached.
    ///
    /// # Panics
    ///
    /// At the caller's line, with the diagnosis, unless the connection is unreachable.
    #[track_caller]
    pub fn expect_unreachable(self) -> Self {
        or_panic(self.try_unreachable())
    }

    /// The outcome: permitted, but the backend cannot be reached.
    ///
    /// # Errors
    ///
    /// The connection stands, or is denied.
    pub fn try_unreachable(self) -> Result<Self, Unexpected<S>> {
        self.check(Verdict::Unreachable, None)
    }

    fn check(self, verdict: Verdict, cause: Option<Cause>) -> Result<Self, Unexpected<S>> {
        let met = self.verdict() == verdict && cause.is_none_or(|cause| self.cause() == cause);
        if met { Ok(self) } else { Err(self.unexpected(verdict, cause)) }
    }

    fn unexpected(self, verdict: Verdict, cause: Option<Cause>) -> Unexpected<S> {
        Unexpected { verdict, cause, outcome: Box::new(self) }
    }
}

impl<S> fmt::Display for Outcome<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the connection is {}: {}", self.verdict(), self.cause())?;
        diagnosis::write(f, &self.record, None)
    }
}

impl<S> Unexpected<S> {
    /// The outcome.
    pub fn outcome(&self) -> &Outcome<S> {
        &self.outcome
    }

    /// The outcome, given back.
    pub fn into_outcome(self) -> Outcome<S> {
        *self.outcome
    }
}

impl<S> fmt::Display for Unexpected<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = self.cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        writeln!(f, "expected the connection to be {}{because}", self.verdict)?;
        writeln!(f, "     got {}: {}", self.outcome.verdict(), self.outcome.cause())?;
        diagnosis::write(f, &self.outcome.record, Some(self.verdict))
    }
}

debug_as_text!(Unexpected<S>);

impl<S> std::error::Error for Unexpected<S> {}
