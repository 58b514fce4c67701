//! [`PickedPort`]: a real port that stands for a logical endpoint in a test.

/// A real port that was picked to stand for a logical endpoint.
///
/// A server that lists its own port in its policy lists this one. That denies players because of
/// the test, and not because of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickedPort {
    pub(super) port: u16,
    pub(super) instead: String,
}

impl PickedPort {
    /// Describes a picked port. `instead` says how the server gets its own port: one imperative
    /// sentence, without a full stop, such as "start it on port 8887".
    pub fn new(port: u16, instead: impl Into<String>) -> Self {
        Self { port, instead: instead.into() }
    }
}
