//! The behaviour of one endpoint, as data. Opens no connection.

use std::sync::Arc;
use std::time::Duration;

use super::{EndpointState, POLICY_REQUEST, Playback, Script, Sent};

/// The behaviour of one endpoint: its state, the scripts that answer policy requests, and the
/// script of the backend. An endpoint can have both kinds of script, which makes its policy an
/// in-band policy.
///
/// ```
/// use flash_policy_core::wire::{Declaration, Script};
///
/// let in_band = Declaration::new()
///     .policy([Script::policy(b"<cross-domain-policy/>")])
///     .backend(Script::echo());
/// assert!(in_band.is_prompt());
/// ```
#[must_use = "a declaration does nothing until something plays it"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    state: EndpointState,
    serial: bool,
    /// Shared, because every connection has a copy of the declaration.
    policy: Arc<[Script]>,
    pub(super) backend: Option<Script>,
}

impl Declaration {
    /// Creates an endpoint that accepts connections but never speaks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an endpoint at which nothing listens.
    pub fn refused() -> Self {
        Self::new().in_state(EndpointState::Refused)
    }

    /// Creates an endpoint that never answers a SYN.
    pub fn dropped() -> Self {
        Self::new().in_state(EndpointState::Dropped)
    }

    /// Sets the state, which decides about new connections.
    pub fn in_state(self, state: EndpointState) -> Self {
        Self { state, ..self }
    }

    /// Serves one connection at a time: the next one waits until the one before has ended.
    ///
    /// Policy requests of the project's own clients do not wait. What other connections do is not
    /// declared, so the wait could last forever.
    pub fn serial(self) -> Self {
        Self { serial: true, ..self }
    }

    /// Answers policy requests: the first with the first script, and so on. The last script
    /// repeats.
    pub fn policy(self, scripts: impl IntoIterator<Item = Script>) -> Self {
        Self { policy: scripts.into_iter().collect(), ..self }
    }

    /// Puts a backend at the endpoint. Without a policy, the backend reads policy requests as bytes
    /// of its own protocol.
    pub fn backend(self, script: Script) -> Self {
        Self { backend: Some(script), ..self }
    }

    /// Returns the declaration as it is after `turns` policy requests. The last script always
    /// stays.
    pub fn after(self, turns: usize) -> Self {
        let last = self.policy.len().saturating_sub(1);
        Self { policy: self.policy[turns.min(last)..].into(), ..self }
    }

    /// Returns the state.
    pub fn state(&self) -> EndpointState {
        self.state
    }

    /// Returns true if the endpoint serves one connection at a time.
    pub fn is_serial(&self) -> bool {
        self.serial
    }

    /// Returns true if the endpoint has a backend.
    pub fn has_backend(&self) -> bool {
        self.backend.is_some()
    }

    /// Returns true if the endpoint has a backend alone, which takes a policy request for bytes of
    /// its own protocol.
    pub fn is_backend_only(&self) -> bool {
        self.policy.is_empty()
    }

    /// Returns true if every policy request is answered, and its connection ended, without a pause.
    ///
    /// A client of such an endpoint need not ask the server in advance what will arrive and when. A
    /// serial endpoint is never prompt: its clients have to ask, because that is how they are
    /// served without a wait.
    pub fn is_prompt(&self) -> bool {
        !self.serial && (0..self.policy.len().max(1)).all(|turn| self.is_prompt_on(turn))
    }

    /// Returns true if the request number `turn` is answered and ended without a pause.
    ///
    /// A peer that resets before it is asked does not count: the RST could overtake the client's
    /// own connect, and take an answer with it.
    fn is_prompt_on(&self, turn: usize) -> bool {
        let mut playback = Playback::new(self);
        let mut sent = playback.play_until(Duration::ZERO, &mut || turn);
        if sent.iter().any(|stamped| stamped.sent == Sent::Rst) {
            return false;
        }
        playback.hear(POLICY_REQUEST);
        sent.extend(playback.play_until(Duration::ZERO, &mut || turn));
        sent.last().is_some_and(|last| matches!(last.sent, Sent::Fin | Sent::Rst))
    }

    pub(super) fn policy_script(&self, turn: usize) -> Option<&Script> {
        self.policy.get(turn).or(self.policy.last())
    }
}
