//! A state machine that plays a declaration on one connection. It has no socket and no clock.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Declaration, Script, Step};

/// One connection to a declared endpoint, as a state machine. It takes the bytes that arrive, and
/// says what to do next.
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
    unread: Vec<u8>,
    /// The size of the first segment, in bytes.
    first_segment: Option<usize>,
    peer_ended: bool,
    now: Duration,
}

impl Playback {
    /// Starts a connection to the endpoint that `declaration` describes.
    pub fn new(declaration: &Declaration) -> Self {
        let mut playback = Self {
            declaration: declaration.clone(),
            part: Part::Undecided,
            steps: VecDeque::new(),
            unread: Vec::new(),
            first_segment: None,
            peer_ended: false,
            now: Duration::ZERO,
        };
        playback.choose_part();
        playback
    }

    /// Returns true if the endpoint serves one client at a time.
    pub fn is_serial(&self) -> bool {
        self.declaration.is_serial()
    }

    /// Takes bytes that arrived from the peer in one segment.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.first_segment.get_or_insert(bytes.len());
        self.unread.extend_from_slice(bytes);
        self.choose_part();
        if self.part == Part::Playing {
            self.unread.truncate(self.read_limit());
        }
    }

    /// Takes the end of the peer's stream: the peer will send nothing more.
    pub fn peer_ended(&mut self) {
        self.peer_ended = true;
        self.choose_part();
    }

    /// Answers [`Cue::TakeTurn`]: this is the policy request number `turn` at the endpoint, counted
    /// from 0.
    pub fn take_turn(&mut self, turn: usize) {
        if self.part == Part::WantsTurn {
            let script = self.declaration.policy_script(turn).cloned();
            self.play(script.unwrap_or_default());
        }
    }

    /// Returns the next step. [`Cue::Read`] repeats until enough bytes have arrived, and the last
    /// cue of the script repeats.
    pub fn cue(&mut self) -> Cue {
        match self.part {
            Part::Undecided => Cue::Read,
            Part::WantsTurn => Cue::TakeTurn,
            Part::Playing => self.next_step(),
        }
    }

    /// Plays until the script's time `until`, or until the script needs bytes that have not
    /// arrived. Returns everything that the script put on the wire.
    ///
    /// `turn` returns the number of the policy request at the endpoint, counted from 0. Unless the
    /// script ends the connection, its time is then `until`.
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
                    let end = at.saturating_add(pause);
                    self.now = end.min(until);
                    if end <= until {
                        continue;
                    }
                    self.steps.push_front(Step::Wait(end - until));
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
            let is_last = !matches!(what, Sent::Bytes(_));
            sent.push(Stamped { at, sent: what });
            if is_last {
                return sent;
            }
        }
    }

    /// Chooses between the policy server and the backend, as soon as the bytes tell.
    fn choose_part(&mut self) {
        if self.part != Part::Undecided {
            return;
        }
        match self.is_for_policy() {
            Some(true) => self.part = Part::WantsTurn,
            Some(false) => self.play_backend(),
            None => {}
        }
    }

    /// Returns true if the connection is for the policy server, or `None` if the bytes do not tell
    /// yet (rulebook W14).
    ///
    /// A connection to an endpoint with a policy server and a backend is for the policy server if
    /// it begins with the bytes that the first policy script expects. If the policy server acts, or
    /// the backend speaks, before it has read anything, no bytes can tell, and every connection is
    /// for that one.
    fn is_for_policy(&self) -> Option<bool> {
        let Some(policy) = self.declaration.policy_script(0) else {
            return Some(false);
        };
        let Some(backend) = &self.declaration.backend else {
            return Some(true);
        };
        if policy.acts_first() {
            Some(true)
        } else if backend.speaks_first() {
            Some(false)
        } else {
            match begins_with(&self.unread, policy.opening()) {
                None if self.peer_ended => Some(false),
                begins => begins,
            }
        }
    }

    /// Plays the backend's script, and takes it away so that a [`Step::Backend`] in it cannot start
    /// it again.
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
                match begins_with(&self.unread, &bytes) {
                    Some(false) => self.end(),
                    _ => self.read(bytes.len()),
                }
            }
            Step::ReadThrough(byte) => {
                let before = self.unread.iter().position(|&next| next == byte);
                self.read(before.unwrap_or(self.unread.len()) + 1)
            }
            Step::Swallow => self.read(self.unread.len()),
            Step::Backend => {
                self.play_backend();
                self.next_step()
            }
            Step::Echo if self.unread.is_empty() => self.read_more(),
            Step::Echo => Cue::Write(std::mem::take(&mut self.unread)),
            Step::Write(bytes) => self.done(Cue::Write(bytes)),
            Step::Wait(pause) => self.done(Cue::Wait(pause)),
            Step::Fin => Cue::Fin,
            Step::Rst => Cue::Rst,
        }
    }

    /// Returns the most bytes that the rest of the script can read. Bytes beyond them are not kept.
    fn read_limit(&self) -> usize {
        let ends = |step: &&Step| matches!(step, Step::Fin | Step::Rst);
        let steps = self.steps.iter().take_while(|step| !ends(step));
        steps.map(Step::reads).fold(0, usize::saturating_add)
    }

    /// Returns the cue of the current step, and turns to the next one.
    fn done(&mut self, cue: Cue) -> Cue {
        self.steps.pop_front();
        cue
    }

    /// Reads this many bytes for the current step, or asks for more.
    fn read(&mut self, bytes: usize) -> Cue {
        if self.unread.len() < bytes {
            return self.read_more();
        }
        self.unread.drain(..bytes);
        self.steps.pop_front();
        self.next_step()
    }

    fn read_more(&mut self) -> Cue {
        if self.peer_ended { self.end() } else { Cue::Read }
    }

    /// Ends the script: the connection is closed.
    fn end(&mut self) -> Cue {
        self.steps = VecDeque::from([Step::Fin]);
        Cue::Fin
    }
}

/// The next step on a connection. Every driver must know all of them, so this enum is exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cue {
    /// Read, then call [`Playback::hear`] or [`Playback::peer_ended`].
    Read,
    /// Write these bytes.
    Write(Vec<u8>),
    /// Wait for this long.
    Wait(Duration),
    /// Call [`Playback::take_turn`] with the number of this policy request at the endpoint.
    TakeTurn,
    /// Close, and drain what the peer still sends.
    Fin,
    /// Reset the connection.
    Rst,
    /// Read until the peer closes: the script has nothing more to say.
    Hold,
}

/// Something that a peer put on the wire, with its time since the start of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The time by the script.
    pub at: Duration,
    /// The bytes, or the end of the connection.
    pub sent: Sent,
}

/// Something that a peer can put on the wire. There is nothing else, so this enum is exhaustive.
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

/// Returns true if the bytes received begin with `bytes`, or `None` if too few have arrived to
/// tell.
fn begins_with(received: &[u8], bytes: &[u8]) -> Option<bool> {
    let is_open = received.len() < bytes.len() && bytes.starts_with(received);
    if is_open { None } else { Some(received.starts_with(bytes)) }
}
