//! The behaviour of a peer on one connection, as data.

use std::time::Duration;

use super::{MAX_ANSWER_BYTES, POLICY_REQUEST};

/// The behaviour of a peer on one connection, step by step. After the last step it only reads.
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

impl Script {
    /// Creates a peer that accepts but never speaks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a well-behaved policy server (rulebook W3): it reads the request, sends the document
    /// and one NUL, and closes.
    pub fn policy(document: &[u8]) -> Self {
        Self::new().read_request().write([document, b"\0"].concat()).fin()
    }

    /// Creates a server that writes back all bytes that arrive.
    pub fn echo() -> Self {
        Self::new().then(Step::Echo)
    }

    /// Adds [`Step::Read`]: reads `bytes` more bytes.
    pub fn read(self, bytes: usize) -> Self {
        self.then(Step::Read(bytes))
    }

    /// Adds a [`Step::Expect`] of the 23 bytes of the policy request.
    pub fn read_request(self) -> Self {
        self.then(Step::Expect(POLICY_REQUEST.to_vec()))
    }

    /// Adds [`Step::Write`].
    pub fn write(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::Write(bytes.as_ref().to_vec()))
    }

    /// Adds [`Step::Wait`]. The clients of a stage do not really wait, because their clock jumps.
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

    /// Returns the steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns true if the peer acts before it has read anything.
    pub(super) fn acts_first(&self) -> bool {
        self.steps.first().is_some_and(|step| step.reads() == 0)
    }

    /// Returns the bytes that mark a connection as one for this script.
    pub(super) fn opening(&self) -> &[u8] {
        match self.steps.first() {
            Some(Step::Expect(bytes)) => bytes,
            _ => POLICY_REQUEST,
        }
    }

    /// Returns true if the peer writes, or waits in order to write, before it has read anything.
    pub(super) fn speaks_first(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Write(_) | Step::Wait(_)))
    }
}

/// One step of a [`Script`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Read this many more bytes.
    Read(usize),
    /// Read these bytes. If the peer sends anything else, close the connection and end the script.
    Expect(Vec<u8>),
    /// Read these bytes, which must be exactly the connection's first segment. If the peer sends
    /// anything else, or sends them in parts, close the connection and end the script.
    ExpectAtOnce(Vec<u8>),
    /// Read up to and including this byte, which must be among the next 64 KiB.
    ReadThrough(u8),
    /// Drop the bytes that have arrived but were not read.
    Swallow,
    /// Continue as the backend at this endpoint, or say nothing more if there is none.
    Backend,
    /// Write these bytes, in a segment of their own.
    Write(Vec<u8>),
    /// Wait for this long.
    Wait(Duration),
    /// From here on, write back all bytes that arrive.
    Echo,
    /// Close the connection. Written bytes are delivered, and bytes that the peer still sends are
    /// read and dropped.
    Fin,
    /// Abort the connection with a RST.
    Rst,
}

impl Step {
    /// Returns the most bytes that the step reads.
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
