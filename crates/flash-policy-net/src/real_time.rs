//! Real time: the one place where a timer is armed.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, io};

/// The real clock, for waits on peers that do not declare what they do. It counts the timers that it
/// arms; clones share the count.
#[derive(Clone, Debug, Default)]
pub struct RealTime {
    armed: Arc<AtomicUsize>,
}

/// The error of a timer that fired long before its time: the runtime's clock is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PausedClock;

impl RealTime {
    /// Returns how many timers were armed so far.
    pub fn armed(&self) -> usize {
        self.armed.load(Ordering::Relaxed)
    }

    /// Waits for `future`, but no longer than `limit`. Returns its output, or `None` where the limit
    /// came first, and how long it took.
    ///
    /// # Errors
    ///
    /// The runtime's clock is paused, so a silence cannot be told from slowness.
    #[expect(clippy::disallowed_methods, reason = "the one place where a timer is armed")]
    pub async fn limit<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> Result<(Option<F::Output>, Duration), PausedClock> {
        self.armed.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let output = tokio::time::timeout(limit, future).await.ok();
        let took = started.elapsed();
        if output.is_none() && took + Duration::from_millis(1) < limit {
            return Err(PausedClock);
        }
        Ok((output, took))
    }
}

impl fmt::Display for PausedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the runtime's clock is paused")
    }
}

impl std::error::Error for PausedClock {}

impl From<PausedClock> for io::Error {
    fn from(paused: PausedClock) -> Self {
        Self::new(io::ErrorKind::Unsupported, paused)
    }
}
