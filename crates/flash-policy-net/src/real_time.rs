//! [`RealTime`]: the real clock, and the only place where a timer is armed.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, io};

/// The real clock, for waits on peers whose behaviour is not declared.
///
/// It counts the timers that it arms. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct RealTime {
    armed: Arc<AtomicUsize>,
}

impl RealTime {
    /// Returns the number of timers that were armed so far.
    pub fn armed(&self) -> usize {
        self.armed.load(Ordering::Relaxed)
    }

    /// Waits for `future`, but for at most `limit`. Returns its output, or `None` if the limit came
    /// first, and the real time that the wait took.
    ///
    /// # Errors
    ///
    /// Returns an error if the timer fires more than 1 ms early. The runtime's clock is then
    /// paused, and silence cannot be distinguished from slowness.
    ///
    /// # Panics
    ///
    /// Panics, as tokio does, outside a runtime with time enabled.
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

/// The error of a timer that fired long before its time, because the runtime's clock is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PausedClock;

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
