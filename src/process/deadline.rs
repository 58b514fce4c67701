//! [`Deadline`]: the time limit of a wait for a child process.

use std::time::{Duration, Instant};

/// The pause between two checks of a child process.
pub(super) const POLL: Duration = Duration::from_millis(10);

/// A time limit, counted from its creation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    since: Instant,
    pub(super) within: Duration,
}

impl Deadline {
    pub(super) fn new(within: Duration) -> Self {
        Self { since: Instant::now(), within }
    }

    pub(super) fn waited(&self) -> Duration {
        self.since.elapsed()
    }

    /// Returns the time that is left, or `None` once the limit has passed.
    pub(super) fn left(&self) -> Option<Duration> {
        self.within.checked_sub(self.since.elapsed())
    }
}
