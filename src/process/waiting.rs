//! [`Waiting`]: how long the wait for a server has taken so far.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A wait for a server that is not ready yet.
///
/// `Display` shows it as in "waiting for 127.0.0.1:20043 (4 s of 20 s)".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The thing that the wait is for, such as "127.0.0.1:20043".
    pub awaited: String,
    /// The time since the start.
    pub waited: Duration,
    /// The longest time that the wait may take.
    pub within: Duration,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { awaited, waited, within } = self;
        write!(f, "waiting for {awaited} ({} s of {} s)", waited.as_secs(), within.as_secs())
    }
}

/// A function that is told of a wait, about once a second.
#[derive(Clone, Default)]
pub(super) struct WaitingHook(Option<Arc<Hook>>);

type Hook = dyn Fn(&Waiting) + Send + Sync;

impl WaitingHook {
    pub(super) fn new(hook: impl Fn(&Waiting) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    pub(super) fn call(&self, waiting: &Waiting) {
        if let Some(hook) = &self.0 {
            hook(waiting);
        }
    }
}

impl fmt::Debug for WaitingHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WaitingHook").field(&self.0.is_some()).finish()
    }
}
