//! The location under test, and the diagnosis of what it answers.

use std::time::Duration;

use flash_policy_core::Profile;
use flash_policy_core::diagnosis::{diagnose_answer, diagnose_server};
use flash_policy_core::diagnostics::{Diagnostic, Rule};
use flash_policy_core::player::{Endpoint, MASTER_PORT, Role};

use crate::observation::Observation;

/// The location of the server under test, and the time in which its answer must be complete.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    endpoint: Endpoint,
    role: Role,
    profile: Profile,
    budget: Duration,
}

impl Location {
    pub(crate) fn new(endpoint: Endpoint, budget: Duration) -> Self {
        let is_master = endpoint.port() == MASTER_PORT;
        let role = if is_master { Role::Master } else { Role::Destination };
        let mut profile = Profile::default();
        profile.timing.master_timeout = budget;
        profile.timing.destination_timeout = budget;
        Self { endpoint, role, profile, budget }
    }

    /// Returns the diagnosis of an answer.
    pub(super) fn diagnose(&self, observation: &Observation) -> Diagnosis {
        let evidence = observation.evidence(&self.endpoint, self.budget);
        Diagnosis(diagnose_answer(&evidence, self.role, &self.profile))
    }

    /// Returns the diagnosis of an answer of a server that had answered before.
    pub(super) fn diagnose_again(&self, observation: &Observation) -> Diagnosis {
        let evidence = observation.evidence(&self.endpoint, self.budget);
        Diagnosis(diagnose_server(&evidence, true, self.role, &self.profile))
    }
}

/// The diagnostics of an answer, in order.
pub(super) struct Diagnosis(Vec<Diagnostic>);

impl Diagnosis {
    pub(super) fn first(&self) -> Option<&Diagnostic> {
        self.0.first()
    }

    /// Returns the first diagnostic of one of these rules.
    pub(super) fn of(&self, rules: &[Rule]) -> Option<&Diagnostic> {
        self.0.iter().find(|diagnostic| rules.contains(diagnostic.rule()))
    }
}
