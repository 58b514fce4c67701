//! Decides a scene by the evaluator and over real sockets, and compares the two.

use std::mem;

use flash_policy_fixture::player::{Connection, Purpose, Session};
use flash_policy_fixture::rules::Diagnostic;
use flash_policy_fixture::server::{Exchange, ExchangeEnd};
use flash_policy_fixture::{Journal, Stage, player};

use super::{HOST, Scene};
use crate::observed::Observed;

impl Scene {
    /// Decides the scene twice and returns the outcome. Fails if the evaluator and the sockets
    /// disagree, or if a server saw anything that the client does not report.
    #[track_caller]
    pub(crate) fn play(self) -> Observed {
        self.play_through().0
    }

    /// Decides the scene as [`Scene::play`] does. Returns the diagnostics of the last outcome, in
    /// order, each as its severity and its id.
    #[track_caller]
    pub(crate) fn diagnostics(self) -> Vec<String> {
        let (_, last) = self.play_through();
        let of_one = |found: &Diagnostic| format!("{} {}", found.severity(), found.rule().id());
        last.diagnostics().map(of_one).collect()
    }

    /// Decides the scene as [`Scene::play`] does. Returns the diagnosis of the last outcome.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        self.play_through().1.to_string()
    }

    #[track_caller]
    fn play_through(mut self) -> (Observed, player::Outcome<()>) {
        self.add_in_band_policy();
        let policies: Vec<_> = self.policies.iter().map(|(at, _)| at.clone()).collect();
        let backend = self.backend.as_ref().and_then(|_| self.destination());
        let stage = self.start_stage();
        let (last, transcript) = self.run_sessions(&stage);
        for at in &policies {
            assert_journal(at, &stage.policy_server(at).journal(), &transcript);
        }
        let connections = backend.map_or(0, |at| {
            let journal = stage.backend(&at).journal();
            assert_journal(&at, &journal, &transcript);
            journal.exchanges().len()
        });
        assert_eq!(stage.real_timers(), 0, "a declared wait must cost no time");
        (Observed::of(&last).connections(connections), last)
    }

    /// The logical endpoint that the SWF connects to, if its port is in range.
    fn destination(&self) -> Option<String> {
        u16::try_from(self.port).ok().map(|port| format!("{HOST}:{port}"))
    }

    fn add_in_band_policy(&mut self) {
        if let Some(server) = self.in_band.take() {
            let at = self.destination().expect("an in-band policy needs a port in range");
            self.policies.push((at, server));
        }
    }

    fn start_stage(&mut self) -> Stage {
        let mut stage = Stage::builder().profile(self.profile.clone());
        if self.name_is_unknown {
            stage = stage.unknown_name(HOST);
        }
        for (at, server) in mem::take(&mut self.policies) {
            stage = stage.policy(&at, server);
        }
        if let (Some(at), Some(backend)) = (self.destination(), self.backend.take()) {
            stage = stage.backend(&at, backend);
        }
        stage.start()
    }

    /// Connects in every session, twice each time. Returns the last outcome, and the connections
    /// of all clients.
    #[track_caller]
    fn run_sessions(&self, stage: &Stage) -> (player::Outcome<()>, Vec<Connection>) {
        let mut evaluator = stage.evaluator(self.swf.clone());
        let (mut last, mut transcript) = (None, Vec::new());
        for _ in 0..self.sessions {
            let client = stage.blocking_swf(self.swf.clone());
            *evaluator.session() = Session::new(evaluator.session().profile().clone());
            for url in &self.load_policy_files {
                client.load_policy_file(url);
                evaluator.session().load_policy_file(url);
            }
            for _ in 0..self.connects_per_session {
                let evaluated = evaluator.connect(&self.host, self.port);
                let real = client.connect(&self.host, self.port);
                assert_alike(&evaluated, &real);
                transcript.extend_from_slice(real.transcript());
                last = Some(evaluated.without_socket());
            }
        }
        (last.expect("a scene connects at least once"), transcript)
    }
}

#[track_caller]
fn assert_alike<A, B>(evaluated: &player::Outcome<A>, real: &player::Outcome<B>) {
    const SIDES: &str = "left: evaluated, right: over real sockets";
    assert_eq!(evaluated.to_string(), real.to_string(), "{SIDES}");
    assert_eq!(Observed::of(evaluated), Observed::of(real), "{SIDES}");
    assert_eq!(evaluated.transcript(), real.transcript(), "{SIDES}");
    assert_eq!(evaluated.policy_log(), real.policy_log(), "{SIDES}");
    assert_eq!(evaluated.rule(), real.rule(), "{SIDES}");
}

/// Asserts that the server at this endpoint saw the connections that the clients report, and on
/// each of them a policy request or nothing.
#[track_caller]
fn assert_journal(at: &str, journal: &Journal, transcript: &[Connection]) {
    let here = transcript.iter().filter(|connection| connection.endpoint().to_string() == at);
    let requests =
        here.clone().filter(|connection| connection.purpose() == Purpose::Policy).count();
    let unread = |exchange: &&Exchange| {
        exchange.ended() == ExchangeEnd::Reset && exchange.received().is_empty()
    };
    let unread = journal.exchanges().iter().filter(unread).count();
    assert_eq!(journal.policy_requests() + unread, requests, "at {at}:\n{journal}");
    assert_eq!(journal.exchanges().len(), here.count(), "at {at}:\n{journal}");
    for exchange in journal.exchanges() {
        let received = exchange.received();
        assert!(
            received.is_empty() || received == b"<policy-file-request/>\0",
            "at {at}: {exchange}"
        );
    }
}
