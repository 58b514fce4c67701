//! Real time: the one place where the library arms a timer.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The real clock, which only foreign peers are waited for by. It counts the timers that it arms.
#[derive(Clone, Debug, Default)]
pub(crate) struct RealTime {
    armed: Arc<AtomicUsize>,
}

/// A timer fired long before its time: the runtime's clock is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PausedClock;

impl RealTime {
    /// How many timers were armed so far.
    pub(crate) fn armed(&self) -> usize {
        self.armed.load(Ordering::Relaxed)
    }

    /// Waits for `future`, but not longer than `limit`; tells how long it took.
    #[expect(clippy::disallowed_methods, reason = "the one place where a timer is armed")]
    pub(crate) async fn limit<F: Future>(
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
