//! The machine that plays a declaration on one connection.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Declaration, Script, Step};

/// One connection to a declared endpoint, as a machine without sockets: it hears bytes, and says what to do next.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_core::wire::{Declaration, POLICY_REQUEST, Playback, Script, Sent};
///
/// let server = Declaration::new().policy([Script::policy(b"<cross-domain-policy/>")]);
/// let mut connection = Playback::new(&server);
/// connection.hear(POLICY_REQUEST);
/// let sent = connection.play_until(Duration::from_secs(3), &mut || 0);
/// assert_eq!(sent[0].sent, Sent::Bytes(b"<cross-domain-policy/>\0".to_vec()));
/// assert_eq!(sent[1].sent, Sent::Fin);
/// ```
#[derive(Clone, Debug)]
pub struct Playback {
    declaration: Declaration,
    part: Part,
    steps: VecDeque<Step>,
    heard: Vec<u8>,
    /// How many bytes the first segment had.
    first_segment: Option<usize>,
    peer_ended: bool,
    now: Duration,
}

/// The next step on a connection. Every driver must know all of them, so this enum is exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cue {
    /// Read; then [`Playback::hear`] or [`Playback::peer_ended`].
    Read,
    /// Write these bytes.
    Write(Vec<u8>),
    /// Let this much time pass.
    Wait(Duration),
    /// A policy request is to be answered: say which one it is at this endpoint, with [`Playback::take_turn`].
    TakeTurn,
    /// Close, and drain what the peer still sends.
    Fin,
    /// Reset.
    Rst,
    /// Nothing more will be said: read until the peer closes.
    Hold,
}

/// What a peer put on the wire, and when, counted from the start of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When, by the script.
    pub at: Duration,
    /// What.
    pub sent: Sent,
}

/// What a peer can put on the wire. There is nothing else, so this enum is exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A segment.
    Bytes(Vec<u8>),
    /// The end of the stream.
    Fin,
    /// A reset.
    Rst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Undecided,
    WantsTurn,
    Playing,
}

impl Playback {
    /// The start of a connection to what `declaration` describes.
    pub fn new(declaration: &Declaration) -> Self {
        let mut playback = Self {
            declaration: declaration.clone(),
            part: Part::Undecided,
            steps: VecDeque::new(),
            heard: Vec::new(),
            first_segment: None,
            peer_ended: false,
            now: Duration::ZERO,
        };
        playback.choose_part();
        playback
    }

    /// Whether the endpoint serves one client at a time.
    pub fn is_serial(&self) -> bool {
        self.declaration.is_serial()
    }

    /// Takes bytes that came from the peer, in one segment.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.first_segment.get_or_insert(bytes.len());
        self.heard.extend_from_slice(bytes);
        self.choose_part();
        if self.part == Part::Playing {
            self.heard.truncate(self.wants());
        }
    }

    /// The peer will send nothing more.
    pub fn peer_ended(&mut self) {
        self.peer_ended = true;
        self.choose_part();
    }

    /// Answers [`Cue::TakeTurn`]: this is the `turn`-th policy request of the endpoint, from 0.
    pub fn take_turn(&mut self, turn: usize) {
        if self.part == Part::WantsTurn {
            let script = self.declaration.policy_script(turn).cloned();
            self.play(script.unwrap_or_default());
        }
    }

    /// What to do next. [`Cue::Read`] comes again until bytes were heard; the last cue repeats.
    pub fn cue(&mut self) -> Cue {
        match self.part {
            Part::Undecided => Cue::Read,
            Part::WantsTurn => Cue::TakeTurn,
            Part::Playing => self.next_step(),
        }
    }

    /// Plays on until the script's time `until`, or until it needs bytes that were not heard, and tells all that
    /// it put on the wire. `turn` numbers the policy requests of the endpoint. The script's time is then `until`.
    pub fn play_until(&mut self, until: Duration, turn: &mut dyn FnMut() -> usize) -> Vec<Stamped> {
        let mut sent = Vec::new();
        loop {
            let at = self.now;
            let what = match self.cue() {
                Cue::TakeTurn => {
                    self.take_turn(turn());
                    continue;
                }
                Cue::Wait(pause) => {
                    let over = at.saturating_add(pause);
                    self.now = over.min(until);
                    if over <= until {
                        continue;
                    }
                    self.steps.push_front(Step::Wait(over - until));
                    return sent;
                }
                Cue::Read | Cue::Hold => {
                    self.now = until.max(at);
                    return sent;
                }
                Cue::Write(bytes) => Sent::Bytes(bytes),
                Cue::Fin => Sent::Fin,
                Cue::Rst => Sent::Rst,
            };
            let over = !matches!(what, Sent::Bytes(_));
            sent.push(Stamped { at, sent: what });
            if over {
                return sent;
            }
        }
    }

    /// The first bytes tell whether an endpoint that is both is asked for its policy (rulebook W14): those that its first
    /// policy script expects. Where either side speaks first no bytes can tell, and each connection gets what is said
    /// first.
    fn choose_part(&mut self) {
        if self.part != Part::Undecided {
            return;
        }
        let is_policy = match (self.declaration.policy_script(0), &self.declaration.backend) {
            (None, _) => Some(false),
            (Some(_), None) => Some(true),
            (Some(policy), Some(_)) if policy.acts_first() => Some(true),
            (Some(_), Some(backend)) if backend.speaks_first() => Some(false),
            (Some(policy), Some(_)) => {
                begins_with(&self.heard, policy.opening()).or(self.peer_ended.then_some(false))
            }
        };
        match is_policy {
            Some(true) => self.part = Part::WantsTurn,
            Some(false) => self.play_backend(),
            None => {}
        }
    }

    /// Plays the backend's script, once: it may not begin again by itself.
    fn play_backend(&mut self) {
        let backend = self.declaration.backend.take().unwrap_or_default();
        self.play(backend);
    }

    fn play(&mut self, script: Script) {
        self.part = Part::Playing;
        self.steps = script.steps().iter().cloned().collect();
    }

    fn next_step(&mut self) -> Cue {
        let Some(step) = self.steps.front().cloned() else {
            return Cue::Hold;
        };
        match step {
            Step::Read(bytes) => self.read(bytes),
            Step::ExpectAtOnce(bytes)
                if self.first_segment.is_some_and(|first| first != bytes.len()) =>
            {
                self.end()
            }
            Step::Expect(bytes) | Step::ExpectAtOnce(bytes) => {
                match begins_with(&self.heard, &bytes) {
                    Some(false) => self.end(),
                    _ => self.read(bytes.len()),
                }
            }
            Step::ReadThrough(byte) => {
                let before = self.heard.iter().position(|&heard| heard == byte);
                self.read(before.unwrap_or(self.heard.len()) + 1)
            }
            Step::Swallow => self.read(self.heard.len()),
            Step::Backend => {
                self.play_backend();
                self.next_step()
            }
            Step::Echo if self.heard.is_empty() => self.starved(),
            Step::Echo => Cue::Write(std::mem::take(&mut self.heard)),
            Step::Write(bytes) => self.done(Cue::Write(bytes)),
            Step::Wait(pause) => self.done(Cue::Wait(pause)),
            Step::Fin => Cue::Fin,
            Step::Rst => Cue::Rst,
        }
    }

    /// How many bytes the rest of the script reads at most. What comes beyond them is not kept.
    fn wants(&self) -> usize {
        let until_it_ends =
            self.steps.iter().take_while(|step| !matches!(step, Step::Fin | Step::Rst));
        until_it_ends.map(Step::reads).fold(0, usize::saturating_add)
    }

    fn done(&mut self, cue: Cue) -> Cue {
        self.steps.pop_front();
        cue
    }

    fn read(&mut self, bytes: usize) -> Cue {
        if self.heard.len() < bytes {
            return self.starved();
        }
        self.heard.drain(..bytes);
        self.steps.pop_front();
        self.next_step()
    }

    fn starved(&mut self) -> Cue {
        if self.peer_ended { self.end() } else { Cue::Read }
    }

    fn end(&mut self) -> Cue {
        self.steps = VecDeque::from([Step::Fin]);
        Cue::Fin
    }
}

/// Whether what was heard begins with these bytes; `None` while it may still come to.
fn begins_with(heard: &[u8], bytes: &[u8]) -> Option<bool> {
    let may_still = heard.len() < bytes.len() && bytes.starts_with(heard);
    (!may_still).then(|| heard.starts_with(bytes))
}
