//! Measures how late this machine acts: how long after its time a timer fires, and so a write
//! leaves, and how long a new thread waits until it runs.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The time between two threads that are started to measure how long they wait.
const SAMPLE_EVERY: Duration = Duration::from_millis(10);

/// The greatest lateness of a stretch of time. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lateness {
    micros: Arc<AtomicU64>,
    /// The time at which something was due that has not happened yet.
    due: Arc<Mutex<Option<Instant>>>,
}

impl Lateness {
    /// Records that something was due after `due` and happened after `took`.
    pub(crate) fn record(&self, due: Duration, took: Duration) {
        let late = took.saturating_sub(due).as_micros();
        self.micros.fetch_max(late.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Returns the greatest lateness since the last reset.
    pub(crate) fn greatest(&self) -> Duration {
        let happened = Duration::from_micros(self.micros.load(Ordering::Relaxed));
        let due = *self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.map_or(happened, |due| happened.max(due.elapsed()))
    }

    pub(crate) fn reset(&self) {
        self.micros.store(0, Ordering::Relaxed);
    }

    /// Measures, until the sampler is dropped, how long threads wait until they run.
    ///
    /// A timer of this thread alone does not show how a server of many threads fares on a busy
    /// machine: the system prefers threads that sleep a lot.
    pub(crate) fn sample_threads(&self) -> io::Result<Sampler> {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let (lateness, stopped) = (self.clone(), is_stopped.clone());
        let thread = thread::Builder::new().spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                lateness.sample();
            }
        })?;
        Ok(Sampler { is_stopped, thread: Some(thread) })
    }

    fn sample(&self) {
        let started = Instant::now();
        self.expect_at(Some(started));
        if let Ok(thread) = thread::Builder::new().spawn(|| {}) {
            let _ = thread.join();
        }
        self.record(Duration::ZERO, started.elapsed());
        let slept = Instant::now();
        self.expect_at(Some(slept + SAMPLE_EVERY));
        thread::park_timeout(SAMPLE_EVERY);
        self.record(SAMPLE_EVERY, slept.elapsed());
        self.expect_at(None);
    }

    fn expect_at(&self, due: Option<Instant>) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }
}

/// A thread that measures. Dropping it stops the thread.
#[derive(Debug)]
pub(crate) struct Sampler {
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
