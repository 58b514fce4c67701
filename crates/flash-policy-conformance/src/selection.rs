//! [`Selection`]: the checks that were chosen, and who is told of each as it ends.

use std::fmt;
use std::sync::Arc;

use crate::report::{Check, CheckVerdict};
use crate::{CheckId, finding::Finding};

/// The checks to make. The default is all of them.
#[derive(Clone, Default)]
pub(crate) struct Selection {
    /// `None` for all.
    pub(crate) chosen: Option<Vec<CheckId>>,
    pub(crate) hook: Option<Arc<Hook>>,
}

type Hook = dyn Fn(&Check) + Send + Sync;

impl Selection {
    pub(crate) fn has(&self, id: CheckId) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen.contains(&id))
    }

    /// Tells of a check that has ended.
    pub(crate) fn tell(&self, check: &Check) {
        match &self.hook {
            Some(hook) if self.has(check.id()) => hook(check),
            _ => {}
        }
    }

    /// Returns the result that holds the place of a check that was not chosen.
    pub(crate) fn left_out(id: CheckId) -> Check {
        Check::new(id, Finding::not_run("it was not chosen"))
    }

    /// Returns the results to report: those that were chosen, and a first request that did not
    /// pass, because it explains why others were not run.
    pub(crate) fn reported(&self, mut checks: Vec<Check>) -> Vec<Check> {
        checks.retain(|check| {
            let explains = check.id() == CheckId::Request && check.verdict() != CheckVerdict::Pass;
            self.has(check.id()) || explains
        });
        checks
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection").field("chosen", &self.chosen).finish_non_exhaustive()
    }
}
