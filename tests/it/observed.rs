//! The outcome of a scene: stated by a table of tests, and reported by [`Scene::play`].
//!
//! `permitted_by`, `denied`, `thrown` and `unreachable` start an expected outcome with the values
//! of the most common case. Each method replaces one of these values.
//!
//! [`Scene::play`]: crate::scene::Scene::play

use std::time::Duration;

use flash_policy_fixture::{Verdict, player};

use crate::scene::HOST;

/// The player's decision and reports, and the connections that the servers saw. All times are the
/// player's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Observed {
    verdict: Verdict,
    /// The id of the cause.
    cause: String,
    /// The endpoint whose policy granted, or `sandbox`.
    granted_by: Option<String>,
    decided_at: Duration,
    /// The events that the SWF receives, in order, with the time of each.
    events: Vec<(String, ReportTime)>,
    /// The locations that the player asked for a policy, in order, with the answer of each.
    asked: Vec<(String, String)>,
    /// The number of connections that the backend at the destination accepted.
    connections: usize,
    /// The ids of the diagnostics, in order.
    diagnostics: Vec<String>,
}

/// The time at which the SWF receives an event: [`at_ms`] or [`NEVER`].
pub(crate) type ReportTime = Option<Duration>;

/// The SWF never receives the event.
pub(crate) const NEVER: ReportTime = None;

/// Returns the time that many milliseconds after the SWF called `connect`.
pub(crate) fn at_ms(millis: u64) -> ReportTime {
    Some(Duration::from_millis(millis))
}

/// Permitted at once by the policy on this port of the host; only the master is asked.
pub(crate) fn permitted_by(port: u16) -> Observed {
    permitted().granted_by(port)
}

/// Permitted by the SWF's sandbox; nobody is asked for a policy.
pub(crate) fn permitted_by_sandbox() -> Observed {
    permitted().granted_by_sandbox().asked([])
}

fn permitted() -> Observed {
    Observed::new(Verdict::Permitted, "connected").events([("connect", at_ms(0))]).connections(1)
}

/// Denied at once; only the master is asked. The SWF is told when `Socket.timeout` has run out.
pub(crate) fn denied(cause: &str) -> Observed {
    Observed::new(Verdict::Denied, cause).events([("securityError#2048", at_ms(20_000))])
}

/// Denied by an error that `connect` throws, before anybody is asked.
pub(crate) fn thrown(cause: &str, error: u16) -> Observed {
    let event = format!("throw#{error}");
    Observed::new(Verdict::Denied, cause).events([(event.as_str(), at_ms(0))]).asked([])
}

/// Permitted but unreachable; only the master is asked. Complete it with [`Observed::granted_by`]
/// and [`Observed::events`].
pub(crate) fn unreachable(cause: &str) -> Observed {
    Observed::new(Verdict::Unreachable, cause)
}

impl Observed {
    fn new(verdict: Verdict, cause: &str) -> Self {
        let observed = Self {
            verdict,
            cause: cause.to_owned(),
            granted_by: None,
            decided_at: Duration::ZERO,
            events: Vec::new(),
            asked: Vec::new(),
            connections: 0,
            diagnostics: Vec::new(),
        };
        observed.asked([(843, "policy")])
    }

    /// Returns what an outcome says. The connections are added later, from the journals.
    pub(crate) fn of<S>(outcome: &player::Outcome<S>) -> Self {
        let events = outcome.events().iter().map(ToString::to_string);
        let asked = outcome.asked().iter();
        let diagnostics = outcome.diagnostics();
        Self {
            verdict: outcome.verdict(),
            cause: outcome.cause().to_string(),
            granted_by: outcome.granted_by().map(ToString::to_string),
            decided_at: outcome.decided_at(),
            events: events.zip(outcome.report_times().iter().copied()).collect(),
            asked: asked
                .map(|asked| (asked.endpoint().to_string(), asked.answer().to_string()))
                .collect(),
            connections: 0,
            diagnostics: diagnostics.map(|found| found.rule().id().to_owned()).collect(),
        }
    }

    /// The policy on this port of the host granted.
    pub(crate) fn granted_by(self, port: u16) -> Self {
        Self { granted_by: Some(format!("{HOST}:{port}")), ..self }
    }

    /// The SWF's sandbox needs no policy.
    pub(crate) fn granted_by_sandbox(self) -> Self {
        Self { granted_by: Some("sandbox".to_owned()), ..self }
    }

    /// The time of the decision. A `connect` event is reported at the same time.
    pub(crate) fn decided_at_ms(mut self, millis: u64) -> Self {
        for (event, reported_at) in &mut self.events {
            if event == "connect" {
                *reported_at = at_ms(millis);
            }
        }
        Self { decided_at: Duration::from_millis(millis), ..self }
    }

    /// The events that the SWF receives, in order.
    pub(crate) fn events<const N: usize>(self, events: [(&str, ReportTime); N]) -> Self {
        let events = events.map(|(event, reported_at)| (event.to_owned(), reported_at));
        Self { events: events.into(), ..self }
    }

    /// The ports of the host that were asked for a policy, in order, with the kind of each answer.
    pub(crate) fn asked<const N: usize>(self, asked: [(u16, &str); N]) -> Self {
        let asked = asked.map(|(port, answer)| (format!("{HOST}:{port}"), answer.to_owned()));
        Self { asked: asked.into(), ..self }
    }

    /// The number of connections to the destination: policy requests and payload together.
    pub(crate) fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// The ids of the diagnostics, in order.
    pub(crate) fn diagnostics<'a>(self, ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self { diagnostics: ids.into_iter().map(str::to_owned).collect(), ..self }
    }
}
