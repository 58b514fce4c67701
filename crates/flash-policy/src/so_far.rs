//! The part of a result that is known while its command still runs.

use std::sync::{Arc, Mutex, PoisonError};

/// The part of a result that is known so far. A signal may cut the command short; then its report
/// holds this part.
#[derive(Clone, Debug, Default)]
pub(crate) struct SoFar<T>(Arc<Mutex<T>>);

impl<T: Clone> SoFar<T> {
    /// Adds to what is known.
    pub(crate) fn update(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn snapshot(&self) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
