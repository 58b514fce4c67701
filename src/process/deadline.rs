//! How a child process is waited for.

use std::time::{Duration, Instant};

/// Between two looks at a server that is not ready.
pub(super) const POLL: Duration = Duration::from_millis(10);

/// How long is still to be waited.
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

    /// `None` when it ran out.
    pub(super) fn left(&self) -> Option<Duration> {
        self.within.checked_sub(self.since.elapsed())
    }
}
