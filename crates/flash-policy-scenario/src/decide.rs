//! Decides a connection attempt twice: by the evaluator, and over real sockets.
//!
//! Both must agree on every fact. If real servers take part, only the sockets decide, because the
//! evaluator cannot know what those servers will do.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;

use flash_policy_core::diagnostics::Diagnostic;
use flash_policy_core::document::PolicyFile;
use flash_policy_core::player::{
    AnswerKind, Cause, Connection, Endpoint, Evaluator, Outcome, Purpose, Role, Session, Verdict,
};
use flash_policy_fixture::client::Route;
use flash_policy_fixture::server::{ExchangeEnd, Journal};
use flash_policy_fixture::stage::StageError;
use flash_policy_fixture::{Backend, PolicyServer, Stage};
use tokio::runtime::{Builder, Handle, Runtime};

use super::model::{Attempt, BackendEntryState, Changes, Scenario};
use super::nobody;
use super::source::Document;

/// The decision of an attempt.
#[derive(Debug)]
pub(super) enum Decision {
    /// Both ways agree, or only the sockets decide. `for_everybody` is the cause if everybody would
    /// be denied.
    Agreed { outcome: Box<Outcome<()>>, for_everybody: Option<Cause> },
    /// The two ways disagree on these facts. That is a bug in flash-policy-fixture.
    Disagreed(Vec<Difference>),
    /// This machine failed, for this reason.
    NotRun(String),
    /// The attempt cannot be decided with real servers, for this reason.
    Skipped(String),
}

/// A fact on which the evaluator and the real sockets disagree.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// The name of the fact.
    pub fact: String,
    /// Its value without a network.
    pub evaluated: String,
    /// Its value over real sockets.
    pub real: String,
}

/// Real servers by logical endpoint. They replace what the scenario declares there.
pub(super) type Routes = BTreeMap<Endpoint, Route>;

/// The player sessions of both ways to decide. Cases that share a session pass them on.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    evaluated: Session,
    real: Session,
}

/// The runtime that drives the real sockets.
#[derive(Debug)]
pub(super) struct Sockets {
    runtime: io::Result<Runtime>,
}

impl Sockets {
    pub(super) fn open() -> Self {
        Self { runtime: Builder::new_current_thread().enable_io().enable_time().build() }
    }

    /// Decides an attempt on a stage of its own. `sessions` has the players that made earlier
    /// attempts, and afterwards these players.
    ///
    /// # Panics
    ///
    /// Panics inside a tokio runtime, which it would block.
    pub(super) fn decide(
        &self,
        scenario: &Scenario,
        routes: &Routes,
        changes: &Changes,
        attempt: &Attempt,
        sessions: &mut Option<Sessions>,
    ) -> Decision {
        assert!(
            Handle::try_current().is_err(),
            "running a scenario would block this tokio runtime: run it in a plain #[test], \
             or in tokio::task::spawn_blocking"
        );
        if let Some(at) = changes.endpoints().find(|at| routes.contains_key(at)) {
            let reason = format!("it changes what stands at {at}, where a real server is");
            return Decision::Skipped(reason);
        }
        match self.try_decide(scenario, routes, changes, attempt, sessions) {
            Ok(decision) => decision,
            Err(error) => Decision::NotRun(error.to_string()),
        }
    }

    fn try_decide(
        &self,
        scenario: &Scenario,
        routes: &Routes,
        changes: &Changes,
        attempt: &Attempt,
        sessions: &mut Option<Sessions>,
    ) -> Result<Decision, Box<dyn std::error::Error>> {
        let runtime = self.runtime.as_ref().map_err(ToString::to_string)?;
        let (stage, journaled) = scenario.stage(routes, changes, attempt)?;
        let mut evaluator = stage.evaluator(attempt.swf.clone());
        let mut client = stage.swf(attempt.swf.clone());
        for (at, to) in routes {
            client = client.route(&at.to_string(), to.clone());
        }
        if let Some(earlier) = sessions.take() {
            *evaluator.session() = earlier.evaluated;
            client = client.resuming(earlier.real);
        }
        for url in &attempt.load {
            evaluator.session().load_policy_file(url);
            client.load_policy_file(url);
        }
        let host = &attempt.connect.host;
        let port = attempt.connect.port;
        let decision = if routes.is_empty() {
            let evaluated = evaluator.connect(host, port);
            let real = runtime.block_on(client.try_connect(host, port))?;
            let mut differences = compare(&evaluated, &real);
            // The journals record the end of a connection only after its socket is closed.
            drop(real);
            for endpoint in &journaled {
                let journal = endpoint.journal(&stage);
                differences.extend(compare_journal(&endpoint.at, evaluated.transcript(), &journal));
            }
            if differences.is_empty() {
                let for_everybody = scenario.cause_for_everybody(&evaluated, &stage, attempt);
                Decision::Agreed { outcome: Box::new(evaluated), for_everybody }
            } else {
                Decision::Disagreed(differences)
            }
        } else {
            let real = runtime.block_on(client.try_connect(host, port))?.without_socket();
            let for_everybody = cause_for_everybody_at(&real, attempt);
            Decision::Agreed { outcome: Box::new(real), for_everybody }
        };
        *sessions = Some(Sessions {
            evaluated: evaluator.session().clone(),
            real: client.session_so_far(),
        });
        Ok(decision)
    }
}

impl Scenario {
    /// Starts the stage of the file with a case's changes. Returns it with its endpoints that
    /// journal.
    fn stage(
        &self,
        routes: &Routes,
        changes: &Changes,
        attempt: &Attempt,
    ) -> Result<(Stage, Vec<JournaledEndpoint>), StageError> {
        let mut builder = Stage::builder().profile(attempt.profile.clone());
        let mut journaled = Vec::new();
        for (at, policy) in self.policies.iter().filter(|(at, _)| !routes.contains_key(at)) {
            let faults = changes.faults.get(at).unwrap_or(&policy.faults).clone();
            let mut server = PolicyServer::builder().fault(faults);
            if let Some(document) = &policy.document {
                server = server.document(document.content.clone());
            }
            builder = builder.policy(&at.to_string(), server);
            journaled.push(JournaledEndpoint { at: at.clone(), is_policy: true });
        }
        for (at, state) in self.backends.iter().filter(|(at, _)| !routes.contains_key(at)) {
            let backend = match changes.backends.get(at).unwrap_or(state) {
                BackendEntryState::Present(state) => Backend::in_state(*state),
                BackendEntryState::UnknownName => {
                    builder = builder.unknown_name(at.host());
                    continue;
                }
            };
            builder = builder.backend(&at.to_string(), backend);
            if !self.policies.contains_key(at) {
                journaled.push(JournaledEndpoint { at: at.clone(), is_policy: false });
            }
        }
        Ok((builder.try_start()?, journaled))
    }

    /// Returns the cause of everybody's denial on a stage, if nobody would get in.
    fn cause_for_everybody(
        &self,
        outcome: &Outcome<()>,
        stage: &Stage,
        attempt: &Attempt,
    ) -> Option<Cause> {
        if outcome.verdict() != Verdict::Denied {
            return None;
        }
        let documents = self.policies.values().filter_map(|policy| policy.document.as_ref());
        let policies: Vec<_> = documents.filter_map(Document::policy).collect();
        nobody::cause_for_everybody(outcome, &policies, |swf| attempt.repeat(stage.evaluator(swf)))
    }
}

/// Returns the cause of everybody's denial at real servers, if nobody would get in. The servers are
/// not asked again: what they answered counts.
fn cause_for_everybody_at(outcome: &Outcome<()>, attempt: &Attempt) -> Option<Cause> {
    let is_cached = outcome.asked().iter().any(|asked| asked.answer() == AnswerKind::Cached);
    if outcome.verdict() != Verdict::Denied || is_cached {
        return None;
    }
    let connections = outcome.transcript().iter();
    let answers: Vec<_> = connections
        .filter(|one| one.purpose() == Purpose::Policy && !one.received().is_empty())
        .map(|one| (one.endpoint().to_string(), one.received()))
        .collect();
    let document = |received: &[u8]| -> Vec<u8> {
        received.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
    };
    let policies = answers.iter().filter_map(|(_, got)| PolicyFile::parse(document(got)).ok());
    let policies: Vec<_> = policies.collect();
    nobody::cause_for_everybody(outcome, &policies, |swf| {
        let player = Evaluator::with_profile(swf, attempt.profile.clone());
        let player =
            answers.iter().fold(player, |player, (at, got)| player.policy(at, document(got)));
        attempt.repeat(player)
    })
}

impl Attempt {
    /// Makes the same attempt as another player.
    fn repeat(&self, mut player: Evaluator) -> Outcome<()> {
        for url in &self.load {
            player.session().load_policy_file(url);
        }
        player.connect(&self.connect.host, self.connect.port)
    }
}

/// An endpoint of a stage that has a journal.
#[derive(Debug)]
struct JournaledEndpoint {
    at: Endpoint,
    is_policy: bool,
}

impl JournaledEndpoint {
    fn journal(&self, stage: &Stage) -> Journal {
        let at = self.at.to_string();
        if self.is_policy {
            stage.policy_server(&at).journal()
        } else {
            stage.backend(&at).journal()
        }
    }
}

/// Compares everything that the two outcomes say about the attempt, fact by fact.
fn compare<A, B>(evaluated: &Outcome<A>, real: &Outcome<B>) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut differ = |fact: &str, evaluated: &dyn Debug, real: &dyn Debug, is_alike: bool| {
        if !is_alike {
            found.push(Difference {
                fact: fact.to_owned(),
                evaluated: format!("{evaluated:?}"),
                real: format!("{real:?}"),
            });
        }
    };
    macro_rules! compare {
        ($($name:literal $fact:ident;)*) => {
            $({
                let (evaluated, real) = (evaluated.$fact(), real.$fact());
                differ($name, &evaluated, &real, evaluated == real);
            })*
        };
    }
    compare! {
        "verdict" verdict;
        "cause" cause;
        "events" events;
        "decided at" decided_at;
        "reported at" report_times;
        "granted by" granted_by;
        "rule" rule;
        "connections" transcript;
    }
    let (asked, really_asked) = (answers(evaluated), answers(real));
    differ("asked", &asked, &really_asked, asked == really_asked);
    found
}

/// Everything that an outcome says about one location.
#[derive(Debug, PartialEq)]
struct LocationFacts<'a> {
    endpoint: &'a Endpoint,
    role: Role,
    answer: AnswerKind,
    diagnostics: Vec<&'a Diagnostic>,
}

fn answers<S>(outcome: &Outcome<S>) -> Vec<LocationFacts<'_>> {
    let facts = outcome.asked().iter().map(|asked| LocationFacts {
        endpoint: asked.endpoint(),
        role: asked.role(),
        answer: asked.answer(),
        diagnostics: asked.diagnostics().collect(),
    });
    facts.collect()
}

/// Compares the policy requests that the server at an endpoint saw with those that the evaluator
/// sent.
fn compare_journal(
    at: &Endpoint,
    transcript: &[Connection],
    journal: &Journal,
) -> Option<Difference> {
    let is_request_here = |connection: &&Connection| {
        connection.endpoint() == at && connection.purpose() == Purpose::Policy
    };
    let evaluated = transcript.iter().filter(is_request_here).count();
    // A server that resets at once has read nothing, even if a request was sent.
    let unread = journal
        .exchanges()
        .iter()
        .filter(|exchange| exchange.ended() == ExchangeEnd::Reset && exchange.received().is_empty())
        .count();
    let real = journal.policy_requests() + unread;
    (evaluated != real).then(|| Difference {
        fact: format!("requests to {at}"),
        evaluated: evaluated.to_string(),
        real: real.to_string(),
    })
}
