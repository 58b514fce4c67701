//! What a peer does on one connection, as data.

use std::time::Duration;

use super::{MAX_ANSWER_BYTES, POLICY_REQUEST};

/// What a peer does on one connection, step by step; after the last step it reads on, and says nothing.
///
/// ```
/// use std::time::Duration;
/// use flash_policy_core::wire::Script;
///
/// let slow = Script::new()
///     .read_request()
///     .wait(Duration::from_secs(4))
///     .write(b"<cross-domain-policy/>\0")
///     .fin();
/// assert_eq!(slow.steps().len(), 4);
/// ```
#[must_use = "a script does nothing until a server plays it"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    steps: Vec<Step>,
}

/// One step of a [`Script`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Read until this many more bytes came.
    Read(usize),
    /// Read these bytes; a peer that says anything else gets a FIN and the script ends.
    Expect(Vec<u8>),
    /// Read these bytes, which the connection's first segment must hold, and nothing else; a peer that says anything
    /// else, or this in parts, gets a FIN and the script ends.
    ExpectAtOnce(Vec<u8>),
    /// Read until this byte came, which must be one of the next 64 KiB.
    ReadThrough(u8),
    /// Lose what came and was not read.
    Swallow,
    /// Go on as the backend at this endpoint does; without one say nothing more.
    Backend,
    /// Write these bytes, in a segment of their own.
    Write(Vec<u8>),
    /// Do nothing for this long.
    Wait(Duration),
    /// From here on, write back all that comes.
    Echo,
    /// Close: what was written is delivered, and what the peer still sends is read and dropped.
    Fin,
    /// Abort the connection with a RST.
    Rst,
}

impl Script {
    /// A peer that accepts and never speaks.
    pub fn new() -> Self {
        Self::default()
    }

    /// The well-behaved policy server (rulebook W3): the request, the document, one NUL, FIN.
    pub fn policy(document: &[u8]) -> Self {
        Self::new().read_request().write([document, b"\0"].concat()).fin()
    }

    /// A server that writes back all that comes.
    pub fn echo() -> Self {
        Self::new().then(Step::Echo)
    }

    /// Adds [`Step::Read`]: waits for `bytes` more bytes.
    pub fn read(self, bytes: usize) -> Self {
        self.then(Step::Read(bytes))
    }

    /// Adds a [`Step::Expect`] of the 23 request bytes.
    pub fn read_request(self) -> Self {
        self.then(Step::Expect(POLICY_REQUEST.to_vec()))
    }

    /// Adds [`Step::Write`].
    pub fn write(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::Write(bytes.as_ref().to_vec()))
    }

    /// Adds [`Step::Wait`]. A stage's own clients do not wait: their clock jumps.
    pub fn wait(self, pause: Duration) -> Self {
        self.then(Step::Wait(pause))
    }

    /// Adds [`Step::Fin`].
    pub fn fin(self) -> Self {
        self.then(Step::Fin)
    }

    /// Adds [`Step::Rst`].
    pub fn rst(self) -> Self {
        self.then(Step::Rst)
    }

    /// Adds any step.
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the peer acts before it has read anything.
    pub(super) fn acts_first(&self) -> bool {
        self.steps.first().is_some_and(|step| step.reads() == 0)
    }

    /// The bytes by which a connection is known to be for this script.
    pub(super) fn opening(&self) -> &[u8] {
        match self.steps.first() {
            Some(Step::Expect(bytes)) => bytes,
            _ => POLICY_REQUEST,
        }
    }

    /// Whether the peer writes, or waits in order to write, before it has read anything.
    pub(super) fn speaks_first(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Write(_) | Step::Wait(_)))
    }
}

impl Step {
    /// How many bytes it reads at most.
    pub(super) fn reads(&self) -> usize {
        match self {
            Self::Read(bytes) => *bytes,
            Self::Expect(bytes) | Self::ExpectAtOnce(bytes) => bytes.len(),
            Self::ReadThrough(_) => MAX_ANSWER_BYTES,
            Self::Echo | Self::Backend => usize::MAX,
            Self::Write(_) | Self::Wait(_) | Self::Swallow | Self::Fin | Self::Rst => 0,
        }
    }
}
