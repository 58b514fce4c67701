//! The outcome of a connection attempt, and the expectations that a test can have of it.

use std::fmt;
use std::time::Duration;

use super::answer::Asked;
use super::connection::{Connection, Purpose};
use super::diagnosis::{Located, diagnose_attempt};
use super::explanation;
use super::policy_log;
use super::profile::Profile;
use super::record::{DecidingRule, Grantor, Record, Target};
use super::{Cause, Endpoint, PlayerEvent, Swf, Verdict};
use crate::debug_as_text;
use crate::diagnostics::Diagnostic;
use crate::or_panic;

/// The outcome of a connection attempt. It keeps three things apart: the policy's verdict, its true
/// cause, and the events that the player sends to the SWF.
///
/// Its `Display` is the diagnosis. `S` is the type of the live socket to the backend.
///
/// ```
/// use flash_policy_core::{Cause, Evaluator, PolicyFile, Verdict};
///
/// let policy = PolicyFile::builder().allow("*.example.com", 5000).build();
/// let mut player = Evaluator::new("http://evil.example/game.swf")?
///     .policy("game.example.com:843", policy);
/// let outcome = player.connect("game.example.com", 5000);
/// assert_eq!((outcome.verdict(), outcome.cause()), (Verdict::Denied, Cause::DomainNotListed));
/// assert!(outcome.to_string().contains("no rule names the requester evil.example"));
/// # Ok::<(), flash_policy_core::InvalidSwf>(())
/// ```
#[derive(Debug)]
pub struct Outcome<S> {
    record: Record,
    /// The diagnostics, in order.
    found: Vec<Located>,
    socket: Option<S>,
}

impl<S> Outcome<S> {
    /// Keeps the socket only if the connection is permitted.
    pub(super) fn new(mut record: Record, socket: Option<S>, profile: &Profile) -> Self {
        let is_permitted = record.cause().verdict() == Verdict::Permitted;
        let found = diagnose_attempt(&record, profile);
        for (index, asked) in record.asked.iter_mut().enumerate() {
            let own = found.iter().filter(|located| located.asked == Some(index));
            asked.diagnostics = own.map(|located| located.diagnostic.clone()).collect();
        }
        Self { record, found, socket: if is_permitted { socket } else { None } }
    }

    /// Returns the verdict: permitted, denied, or permitted but unreachable.
    pub fn verdict(&self) -> Verdict {
        self.cause().verdict()
    }

    /// Returns the true cause, which the player's events may hide.
    pub fn cause(&self) -> Cause {
        self.record.cause()
    }

    /// Returns the events that the SWF gets, in order. A refused backend can make two (rulebook
    /// E6).
    pub fn events(&self) -> &[PlayerEvent] {
        &self.record.events
    }

    /// Returns the argument of AS2's `XMLSocket.onConnect`: `false` for every failure (rulebook
    /// E5).
    pub fn on_connect(&self) -> bool {
        self.verdict() == Verdict::Permitted
    }

    /// Returns the time of the decision, in the player's time since `connect()`.
    pub fn decided_at(&self) -> Duration {
        self.record.decided_at
    }

    /// Returns the time at which the SWF gets its first event, in the player's time since
    /// `connect()` (rulebook T5).
    ///
    /// `None` means never: the event would come when `Socket.timeout` runs out, and the profile has
    /// no such timeout.
    pub fn reported_at(&self) -> Option<Duration> {
        self.report_times().first().copied().flatten()
    }

    /// Returns the time of each of [`Outcome::events`], as [`Outcome::reported_at`] does for the
    /// first.
    pub fn report_times(&self) -> &[Option<Duration>] {
        &self.record.reported_at
    }

    /// Returns the grantor if the verdict is `permitted` or `unreachable`.
    pub fn granted_by(&self) -> Option<&Grantor> {
        self.record.granted_by.as_ref()
    }

    /// Returns the element of a policy file that decided, if one did.
    pub fn rule(&self) -> Option<&DecidingRule> {
        self.record.rule.as_ref()
    }

    /// Returns every location that was consulted, in order.
    pub fn asked(&self) -> &[Asked] {
        &self.record.asked
    }

    /// Returns every TCP connection up to the decision, in order, with its bytes.
    pub fn transcript(&self) -> &[Connection] {
        &self.record.connections
    }

    /// Counts the policy requests that this attempt sent to the logical endpoint `at` (rulebook
    /// L18).
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if `at` is not a `host:port`.
    #[track_caller]
    pub fn requests_to(&self, at: impl TryInto<Endpoint, Error: fmt::Display>) -> usize {
        let endpoint = &or_panic(at.try_into());
        let asks = |connection: &&Connection| {
            connection.endpoint() == endpoint && connection.purpose() == Purpose::Policy
        };
        self.transcript().iter().filter(asks).count()
    }

    /// Returns all diagnostics, in order. The first explains an outcome that is not `permitted`,
    /// and its help is the advice. Errors, warnings and infos follow.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter().map(|located| &located.diagnostic)
    }

    /// Returns the diagnostics that are about the attempt and not about one location.
    pub fn attempt_diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let own = self.found.iter().filter(|located| located.asked.is_none());
        own.map(|located| &located.diagnostic)
    }

    /// Returns the lines that the debug player would write to `policyfiles.txt` about this attempt
    /// (rulebook G3).
    pub fn policy_log(&self) -> Vec<String> {
        policy_log::lines(&self.record)
    }

    /// Returns the text of an event as the debug player words it (rulebook E2, E3).
    pub fn event_text(&self, event: PlayerEvent) -> String {
        explanation::event_text(&self.record, event)
    }

    /// Returns the diagnosis without its headline: what was asked, what decided, what the player
    /// reports, and the advice. Where another verdict is `wanted`, the advice is how to get that
    /// one.
    pub fn details(&self, wanted: Option<Verdict>) -> impl fmt::Display {
        Details { record: &self.record, found: &self.found, wanted }
    }

    /// Returns the SWF that connected.
    pub fn swf(&self) -> &Swf {
        &self.record.swf
    }

    /// Returns the target of the attempt, as the SWF named it.
    pub fn target(&self) -> &Target {
        &self.record.target
    }

    /// Returns the live socket to the backend if the connection is established.
    pub fn into_socket(self) -> Option<S> {
        self.socket
    }

    /// Returns the same outcome with the connection closed.
    pub fn without_socket(self) -> Outcome<()> {
        Outcome { record: self.record, found: self.found, socket: self.socket.map(drop) }
    }

    /// Returns the same outcome with its socket converted by `change`, if it has one.
    ///
    /// # Errors
    ///
    /// Returns the error of `change`.
    pub fn try_map_socket<T, E>(
        self,
        change: impl FnOnce(S) -> Result<T, E>,
    ) -> Result<Outcome<T>, E> {
        let socket = self.socket.map(change).transpose()?;
        Ok(Outcome { record: self.record, found: self.found, socket })
    }

    /// Returns the live socket to the backend.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the diagnosis, unless the connection is established.
    #[track_caller]
    pub fn expect_permitted(self) -> S {
        or_panic(self.try_permitted())
    }

    /// Returns the live socket to the backend.
    ///
    /// # Errors
    ///
    /// Returns [`Unexpected`] if the connection is denied or unreachable.
    pub fn try_permitted(mut self) -> Result<S, Unexpected<S>> {
        match self.socket.take() {
            Some(socket) => Ok(socket),
            None => Err(self.unexpected(Verdict::Permitted, None)),
        }
    }

    /// Returns the outcome if it is a denial.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the diagnosis, unless the connection is denied.
    #[track_caller]
    pub fn expect_denied(self) -> Self {
        or_panic(self.try_denied())
    }

    /// Returns the outcome if it is a denial.
    ///
    /// # Errors
    ///
    /// Returns [`Unexpected`] if the connection is permitted or unreachable.
    pub fn try_denied(self) -> Result<Self, Unexpected<S>> {
        self.check(Verdict::Denied, None)
    }

    /// Returns the outcome if it is a denial with this cause.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the diagnosis, unless the connection is denied for this
    /// cause.
    #[track_caller]
    pub fn expect_denied_because(self, cause: Cause) -> Self {
        or_panic(self.try_denied_because(cause))
    }

    /// Returns the outcome if it is a denial with this cause.
    ///
    /// # Errors
    ///
    /// Returns [`Unexpected`] if the connection is not denied, or denied for another cause.
    pub fn try_denied_because(self, cause: Cause) -> Result<Self, Unexpected<S>> {
        self.check(Verdict::Denied, Some(cause))
    }

    /// Returns the outcome if it is permitted but the backend cannot be reached.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line, with the diagnosis, unless the connection is unreachable.
    #[track_caller]
    pub fn expect_unreachable(self) -> Self {
        or_panic(self.try_unreachable())
    }

    /// Returns the outcome if it is permitted but the backend cannot be reached.
    ///
    /// # Errors
    ///
    /// Returns [`Unexpected`] if the connection is permitted or denied.
    pub fn try_unreachable(self) -> Result<Self, Unexpected<S>> {
        self.check(Verdict::Unreachable, None)
    }

    fn check(self, verdict: Verdict, cause: Option<Cause>) -> Result<Self, Unexpected<S>> {
        let is_expected =
            self.verdict() == verdict && cause.is_none_or(|cause| self.cause() == cause);
        if is_expected { Ok(self) } else { Err(self.unexpected(verdict, cause)) }
    }

    fn unexpected(self, verdict: Verdict, cause: Option<Cause>) -> Unexpected<S> {
        Unexpected { verdict, cause, outcome: Box::new(self) }
    }
}

/// The diagnosis without its headline.
struct Details<'a> {
    record: &'a Record,
    found: &'a [Located],
    wanted: Option<Verdict>,
}

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        explanation::write(f, self.record, self.found, self.wanted)
    }
}

impl<S> fmt::Display for Outcome<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the connection is {}: {}", self.verdict(), self.cause())?;
        explanation::write(f, &self.record, &self.found, None)
    }
}

/// The error for an outcome that is not what a test expects. It owns the outcome, and its `Display`
/// is the diagnosis.
pub struct Unexpected<S> {
    verdict: Verdict,
    cause: Option<Cause>,
    outcome: Box<Outcome<S>>,
}

impl<S> Unexpected<S> {
    /// Returns the outcome.
    pub fn outcome(&self) -> &Outcome<S> {
        &self.outcome
    }

    /// Returns the outcome and drops the expectation.
    pub fn into_outcome(self) -> Outcome<S> {
        *self.outcome
    }
}

impl<S> fmt::Display for Unexpected<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = self.cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        writeln!(f, "expected the connection to be {}{because}", self.verdict)?;
        writeln!(f, "     got {}: {}", self.outcome.verdict(), self.outcome.cause())?;
        let outcome = &self.outcome;
        explanation::write(f, &outcome.record, &outcome.found, Some(self.verdict))
    }
}

debug_as_text!(Unexpected<S>);

impl<S> std::error::Error for Unexpected<S> {}
