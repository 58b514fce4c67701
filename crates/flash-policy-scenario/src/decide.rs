//! One attempt, decided twice: by the evaluator, and over real sockets. They must agree on everything. Where real servers
//! stand, only the sockets decide.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;

use flash_policy_core::player::{Connection, Endpoint, Outcome, Purpose, Session};
use flash_policy_fixture::server::{ExchangeEnd, Journal};
use flash_policy_fixture::{Backend, PolicyServer, Stage};
use tokio::runtime::{Builder, Handle, Runtime};

use super::model::{Attempt, BackendEntryState, Changes, Scenario};

/// What came of deciding an attempt twice.
#[derive(Debug)]
pub(super) enum Decided {
    /// Both agree; or only the sockets decide.
    Alike(Box<Outcome<()>>),
    /// They do not: what each says, fact by fact. That is a defect of this crate.
    Differing(Vec<Difference>),
    /// The machine of the test failed.
    NotRun(String),
    /// It cannot be decided where real servers stand: why.
    Skipped(String),
}

/// Real servers, by the endpoints at which they stand instead of what a scenario declares there.
pub(super) type Routes = BTreeMap<Endpoint, SocketAddr>;

/// A fact on which the evaluator and the real sockets differ.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub(super) what: String,
    pub(super) evaluated: String,
    pub(super) real: String,
}

/// The player sessions of both ways to decide, which live on from case to case.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    evaluated: Session,
    real: Session,
}

/// Where the real sockets are driven.
#[derive(Debug)]
pub(super) struct Sockets {
    runtime: io::Result<Runtime>,
}

impl Sockets {
    pub(super) fn open() -> Self {
        Self { runtime: Builder::new_current_thread().enable_io().enable_time().build() }
    }

    /// Decides an attempt on a stage of its own. `before` is the player that has made other attempts already.
    pub(super) fn decide(
        &self,
        scenario: &Scenario,
        routes: &Routes,
        changes: &Changes,
        attempt: &Attempt,
        before: &mut Option<Sessions>,
    ) -> Decided {
        assert!(
            Handle::try_current().is_err(),
            "running a scenario would block this tokio runtime: run it in a plain #[test], or in tokio::task::spawn_blocking"
        );
        if let Some(at) = changes.endpoints().find(|at| routes.contains_key(at)) {
            return Decided::Skipped(format!(
                "it changes what stands at {at}, where a real server is"
            ));
        }
        match self.try_decide(scenario, routes, changes, attempt, before) {
            Ok(decided) => decided,
            Err(error) => Decided::NotRun(error.to_string()),
        }
    }

    fn try_decide(
        &self,
        scenario: &Scenario,
        routes: &Routes,
        changes: &Changes,
        attempt: &Attempt,
        before: &mut Option<Sessions>,
    ) -> Result<Decided, Box<dyn std::error::Error>> {
        let runtime = self.runtime.as_ref().map_err(ToString::to_string)?;
        let (stage, standing) = scenario.stage(routes, changes, attempt)?;
        let mut evaluator = stage.evaluator(attempt.swf.clone());
        let mut client = stage.swf(attempt.swf.clone());
        for (at, to) in routes {
            client = client.route(&at.to_string(), *to);
        }
        if let Some(sessions) = before.take() {
            *evaluator.session() = sessions.evaluated;
            client = client.resuming(sessions.real);
        }
        for url in &attempt.load {
            evaluator.session().load_policy_file(url);
            client.load_policy_file(url);
        }
        let (host, port) = (&attempt.connect.host, attempt.connect.port);
        if !routes.is_empty() {
            // What a real server will do is not known before.
            let real = runtime.block_on(client.try_connect(host, port))?.without_socket();
            let (evaluated, real_session) = (evaluator.session().clone(), client.session_so_far());
            *before = Some(Sessions { evaluated, real: real_session });
            return Ok(Decided::Alike(Box::new(real)));
        }
        let evaluated = evaluator.connect(host, port);
        let real = runtime.block_on(client.try_connect(host, port))?;
        let mut differences = compare(&facts(&evaluated), &facts(&real));
        // The journals know the end of a connection when its socket is gone.
        drop(real);
        for at in &standing {
            differences.extend(compare_journal(at, evaluated.transcript(), &journal(&stage, at)));
        }
        *before = Some(Sessions {
            evaluated: evaluator.session().clone(),
            real: client.session_so_far(),
        });
        Ok(if differences.is_empty() {
            Decided::Alike(Box::new(evaluated))
        } else {
            Decided::Differing(differences)
        })
    }
}

/// One endpoint of a stage that journals.
#[derive(Debug)]
struct Standing {
    at: Endpoint,
    is_policy: bool,
}

impl Scenario {
    /// The stage of the file with a case's changes, and what stands on it.
    fn stage(
        &self,
        routes: &Routes,
        changes: &Changes,
        attempt: &Attempt,
    ) -> Result<(Stage, Vec<Standing>), flash_policy_fixture::stage::StageError> {
        let mut builder = Stage::builder().profile(attempt.profile.clone());
        let mut standing = Vec::new();
        for (at, policy) in self.policies.iter().filter(|(at, _)| !routes.contains_key(at)) {
            let faults = changes.faults.get(at).unwrap_or(&policy.faults).clone();
            let server = PolicyServer::builder().fault(faults);
            let server = match &policy.document {
                Some(document) => server.document(document.content.clone()),
                None => server,
            };
            builder = builder.policy(&at.to_string(), server);
            standing.push(Standing { at: at.clone(), is_policy: true });
        }
        for (at, state) in self.backends.iter().filter(|(at, _)| !routes.contains_key(at)) {
            let backend = match changes.backends.get(at).unwrap_or(state) {
                BackendEntryState::Standing(state) => Backend::in_state(*state),
                BackendEntryState::UnknownName => {
                    builder = builder.unknown_name(at.host());
                    continue;
                }
            };
            builder = builder.backend(&at.to_string(), backend);
            if !self.policies.contains_key(at) {
                standing.push(Standing { at: at.clone(), is_policy: false });
            }
        }
        Ok((builder.try_start()?, standing))
    }
}

fn journal(stage: &Stage, standing: &Standing) -> Journal {
    let at = standing.at.to_string();
    if standing.is_policy {
        stage.policy_server(&at).journal()
    } else {
        stage.backend(&at).journal()
    }
}

/// All that is known of an outcome, as text. Its own text comes last: it repeats the others.
fn facts<S>(outcome: &Outcome<S>) -> Vec<(&'static str, String)> {
    let asked = outcome.asked().iter().map(|asked| {
        let notes: Vec<String> = asked.diagnostics().map(ToString::to_string).collect();
        format!("{} {} {} {notes:?}", asked.endpoint(), asked.role(), asked.answer())
    });
    let connections = outcome.transcript().iter().map(|connection| {
        let received = flash_policy_core::wire::escape(connection.received());
        let (at, sent, ended) =
            (connection.endpoint(), connection.sent().len(), connection.ended());
        format!("{at} {:?} sent {sent} received {received} {ended}", connection.purpose())
    });
    vec![
        ("verdict", outcome.verdict().to_string()),
        ("cause", outcome.cause().to_string()),
        ("events", list(outcome.events())),
        ("decided at", format!("{:?}", outcome.decided_at())),
        ("reported at", format!("{:?}", outcome.report_times())),
        ("granted by", list(outcome.granted_by())),
        ("rule", list(outcome.rule())),
        ("asked", list(asked)),
        ("connections", list(connections)),
        ("policy log", list(outcome.policy_log())),
        ("diagnosis", outcome.to_string()),
    ]
}

fn list<T: Display>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if values.is_empty() { "none".to_owned() } else { values.join(", ") }
}

fn compare(evaluated: &[(&str, String)], real: &[(&str, String)]) -> Vec<Difference> {
    let differing = evaluated.iter().zip(real).filter(|(evaluated, real)| evaluated != real);
    differing
        .map(|((what, evaluated), (_, real))| Difference {
            what: (*what).to_owned(),
            evaluated: evaluated.clone(),
            real: real.clone(),
        })
        .collect()
}

/// What the server at an endpoint saw is what the attempt sent there.
fn compare_journal(
    standing: &Standing,
    transcript: &[Connection],
    journal: &Journal,
) -> Option<Difference> {
    let asks = |connection: &&Connection| {
        *connection.endpoint() == standing.at && connection.purpose() == Purpose::Policy
    };
    let evaluated = transcript.iter().filter(asks).count();
    // A server that resets at once has read nothing, whatever was sent.
    let unread = journal.exchanges().iter();
    let unread = unread
        .filter(|exchange| exchange.ended() == ExchangeEnd::Reset && exchange.received().is_empty())
        .count();
    let real = journal.policy_requests() + unread;
    (evaluated != real).then(|| Difference {
        what: format!("requests to {}", standing.at),
        evaluated: evaluated.to_string(),
        real: real.to_string(),
    })
}
