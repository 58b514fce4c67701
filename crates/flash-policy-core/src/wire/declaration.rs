//! What stands at one endpoint, as data.

use std::sync::Arc;
use std::time::Duration;

use super::{EndpointState, POLICY_REQUEST, Playback, Script, Sent};

/// What stands at one endpoint: whether it accepts, the scripts by which it answers policy requests, and the
/// script of the backend behind it. One endpoint can be both, which is what an in-band policy is.
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
    /// Every connection has them: they are shared.
    policy: Arc<[Script]>,
    pub(super) backend: Option<Script>,
}

impl Declaration {
    /// An endpoint that accepts, and neither answers policy requests nor speaks.
    pub fn new() -> Self {
        Self::default()
    }

    /// An endpoint at which nothing listens.
    pub fn refused() -> Self {
        Self::new().in_state(EndpointState::Refused)
    }

    /// An endpoint whose SYNs are never answered.
    pub fn dropped() -> Self {
        Self::new().in_state(EndpointState::Dropped)
    }

    /// Sets what it does with new connections.
    pub fn in_state(self, state: EndpointState) -> Self {
        Self { state, ..self }
    }

    /// Serves one connection after the other: the next one waits until the one before has ended. The policy requests of
    /// this crate's own clients do not wait: what others do is no part of what is declared, and could last for ever.
    pub fn serial(self) -> Self {
        Self { serial: true, ..self }
    }

    /// Answers policy requests: the first by the first script, and so on; the last one repeats.
    pub fn policy(self, scripts: impl IntoIterator<Item = Script>) -> Self {
        Self { policy: scripts.into_iter().collect(), ..self }
    }

    /// Puts a backend here. Without a policy it takes a policy request for its own protocol's bytes.
    pub fn backend(self, script: Script) -> Self {
        Self { backend: Some(script), ..self }
    }

    /// What it is after it has answered `turns` policy requests.
    pub fn after(self, turns: usize) -> Self {
        let last = self.policy.len().saturating_sub(1);
        Self { policy: self.policy[turns.min(last)..].into(), ..self }
    }

    /// What it does with a new connection.
    pub fn state(&self) -> EndpointState {
        self.state
    }

    /// Whether it serves one connection after the other.
    pub fn is_serial(&self) -> bool {
        self.serial
    }

    /// Whether a backend stands here.
    pub fn has_backend(&self) -> bool {
        self.backend.is_some()
    }

    /// Whether, on any turn, a policy request is answered and the connection ended without a pause: then a client
    /// need not ask what will come and when. At a serial endpoint it has to: it is served because it asks.
    pub fn is_prompt(&self) -> bool {
        !self.serial && (0..self.policy.len().max(1)).all(|turn| self.is_prompt_on(turn))
    }

    /// A peer that resets unasked has to be asked: the RST could overtake the client's own connect, and take an answer
    /// with it.
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
