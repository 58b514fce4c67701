//! How late this machine acts: how long after its time a timer fires, and so a write leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The greatest lateness of a stretch of time. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lateness {
    micros: Arc<AtomicU64>,
}

impl Lateness {
    /// Records that something was due after `due` and happened after `took`.
    pub(crate) fn record(&self, due: Duration, took: Duration) {
        let late = took.saturating_sub(due).as_micros();
        self.micros.fetch_max(late.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Returns the greatest lateness since the last reset.
    pub(crate) fn greatest(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }

    pub(crate) fn reset(&self) {
        self.micros.store(0, Ordering::Relaxed);
    }
}
