//! A scene in the notation of the rulebook's worked cases, decided twice: by the evaluator and over real sockets.
//!
//! `G(d|p[|s])` is an `allow-access-from` with domain d, to-ports p and secure s, `SC=x` a `site-control`.

use flash_policy_fixture::player::{Connection, Purpose};
use flash_policy_fixture::server::{Exchange, ExchangeEnd, PolicyServerBuilder};
use flash_policy_fixture::stage::StageBuilder;
use flash_policy_fixture::wire::{EndpointState, Fault, ListedFault, Script};
use flash_policy_fixture::{Backend, Journal, PolicyServer, Profile, Stage, Swf, Verdict, player};

/// The logical host that every scene connects to.
pub(crate) const HOST: &str = "h";

/// What stands where, who asks for what.
pub(crate) struct Scene {
    stage: StageBuilder,
    policies: Vec<String>,
    destination: Option<Served>,
    backend: Option<Backend>,
    explicit: Vec<String>,
    swf: Swf,
    host: String,
    port: i64,
    times: usize,
    sessions: usize,
}

type Served = PolicyServerBuilder;

/// A scene with a backend at port 5000 that closes on a policy request, and nothing else; the SWF is a.com's.
pub(crate) fn scene() -> Scene {
    Scene {
        stage: Stage::builder(),
        policies: Vec::new(),
        destination: None,
        backend: Some(Backend::scripted(Script::new().read_request().fin())),
        explicit: Vec::new(),
        swf: "http://a.com/game.swf".parse().unwrap(),
        host: HOST.to_owned(),
        port: 5000,
        times: 1,
        sessions: 1,
    }
}

/// A scene with this policy at logical 843.
pub(crate) fn m(policy: impl IntoServed) -> Scene {
    scene().at(843, policy)
}

/// Something that a policy server can serve.
pub(crate) trait IntoServed {
    fn served(self) -> Served;
}

impl IntoServed for &str {
    fn served(self) -> Served {
        Served::from(document(self))
    }
}

impl IntoServed for String {
    fn served(self) -> Served {
        self.as_str().served()
    }
}

impl IntoServed for Served {
    fn served(self) -> Served {
        self
    }
}

impl IntoServed for ListedFault {
    fn served(self) -> Served {
        "G(*|*)".served().fault(self)
    }
}

impl IntoServed for EndpointState {
    fn served(self) -> Served {
        "G(*|*)".served().fault(self)
    }
}

/// A server with one fault, that serves a policy for everybody.
impl IntoServed for Fault {
    fn served(self) -> Served {
        "G(*|*)".served().fault(self)
    }
}

impl<const N: usize> IntoServed for [Fault; N] {
    fn served(self) -> Served {
        "G(*|*)".served().faults(self)
    }
}

impl<const N: usize> IntoServed for [Script; N] {
    fn served(self) -> Served {
        PolicyServer::builder().scripts(self)
    }
}

/// The document of `SC=none G(*|*)`. Text that does not begin so is the document itself.
pub(crate) fn document(notation: &str) -> String {
    if !(notation.starts_with("G(") || notation.starts_with("SC=")) {
        return notation.to_owned();
    }
    let elements: String = notation.split_inclusive(')').flat_map(elements).collect();
    format!("<?xml version=\"1.0\"?>\n<cross-domain-policy>\n{elements}</cross-domain-policy>\n")
}

fn elements(written: &str) -> Vec<String> {
    let (controls, rule) = written.split_once("G(").unwrap_or((written, ""));
    let control =
        |value: &str| format!("<site-control permitted-cross-domain-policies=\"{value}\"/>\n");
    let mut elements: Vec<_> =
        controls.split_whitespace().map(|word| control(&word["SC=".len()..])).collect();
    if let Some(rule) = rule.strip_suffix(')') {
        let values: Vec<_> = rule.split('|').map(|value| value.trim_matches('"')).collect();
        let secure = values.get(2).map(|value| format!(" secure=\"{value}\"")).unwrap_or_default();
        elements.push(format!(
            "<allow-access-from domain=\"{}\" to-ports=\"{}\"{secure}/>\n",
            values[0], values[1]
        ));
    }
    elements
}

impl Scene {
    /// A policy server at another port of the host.
    pub(crate) fn at(self, port: u16, policy: impl IntoServed) -> Self {
        self.elsewhere(&format!("{HOST}:{port}"), policy)
    }

    /// A policy server at any logical endpoint.
    pub(crate) fn elsewhere(mut self, at: &str, policy: impl IntoServed) -> Self {
        self.stage = self.stage.policy(at, policy.served());
        self.policies.push(at.to_owned());
        self
    }

    /// An explicit location, with what stands there.
    pub(crate) fn e(self, port: u16, policy: impl IntoServed) -> Self {
        self.at(port, policy).load(&format!("xmlsocket://{HOST}:{port}"))
    }

    /// `Security.loadPolicyFile`.
    pub(crate) fn load(mut self, url: &str) -> Self {
        self.explicit.push(url.to_owned());
        self
    }

    /// A policy at the destination port itself, before its backend.
    pub(crate) fn t(mut self, policy: impl IntoServed) -> Self {
        self.destination = Some(policy.served());
        self
    }

    /// Who asks.
    pub(crate) fn swf(mut self, swf: impl TryInto<Swf, Error: std::fmt::Debug>) -> Self {
        self.swf = swf.try_into().unwrap();
        self
    }

    /// The host that serves the SWF, over http.
    pub(crate) fn req(self, host: &str) -> Self {
        self.swf(format!("http://{host}/game.swf").as_str())
    }

    pub(crate) fn dst(mut self, port: impl Into<i64>) -> Self {
        self.port = port.into();
        self
    }

    /// The host as the SWF spells it.
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub(crate) fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// The destination is not on the stage.
    pub(crate) fn nobody(mut self) -> Self {
        self.backend = None;
        self
    }

    /// Nothing listens at the destination.
    pub(crate) fn down(self) -> Self {
        self.backend(Backend::echo().starting_down())
    }

    /// The destination never answers a SYN.
    pub(crate) fn filtered(self) -> Self {
        self.backend(Backend::echo().starting_firewalled())
    }

    pub(crate) fn unknown_name(mut self) -> Self {
        self.stage = self.stage.unknown_name(HOST);
        self
    }

    pub(crate) fn player(mut self, profile: Profile) -> Self {
        self.stage = self.stage.profile(profile);
        self
    }

    /// The default player but for one choice.
    pub(crate) fn but(self, change: impl FnOnce(&mut Profile)) -> Self {
        let mut profile = Profile::flash_10();
        change(&mut profile);
        self.player(profile)
    }

    /// Connects so often in one session; the last outcome counts.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Does it in so many sessions, one after the other, against the same servers; the last outcome counts.
    pub(crate) fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions;
        self
    }

    /// Decides it twice, asserts that both agree and that the servers saw the same, and tells what was seen.
    #[track_caller]
    pub(crate) fn play(self) -> Seen {
        let Self {
            stage,
            mut policies,
            destination,
            backend,
            explicit,
            swf,
            host,
            port,
            times,
            sessions,
        } = self;
        let at = u16::try_from(port).ok().map(|port| format!("{HOST}:{port}")).unwrap_or_default();
        let has_backend = backend.is_some() && !at.is_empty();
        let stage =
            standing(stage, &at, destination.inspect(|_| policies.push(at.clone())), backend)
                .start();
        let mut evaluator = stage.evaluator(swf.clone());
        let (mut seen, mut transcript) = (None, Vec::new());
        for _ in 0..sessions {
            let client = stage.blocking_swf(swf.clone());
            *evaluator.session() = player::Session::new(evaluator.session().profile().clone());
            for url in &explicit {
                client.load_policy_file(url);
                evaluator.session().load_policy_file(url);
            }
            for _ in 0..times {
                let evaluated = evaluator.connect(&host, port);
                let real = client.connect(&host, port);
                assert_alike(&evaluated, &real);
                transcript.extend_from_slice(real.transcript());
                seen = Some(Seen::of(&evaluated));
            }
        }
        for policy in &policies {
            assert_journal(policy, &stage.policy_server(policy).journal(), &transcript);
        }
        let destination = has_backend.then(|| stage.backend(&at).journal());
        let connections =
            destination.map_or(0, |journal| assert_journal(&at, &journal, &transcript));
        assert_eq!(stage.real_timers(), 0, "a declared wait must cost no time");
        seen.expect("at least one connect").with_connections(connections)
    }
}

fn standing(
    stage: StageBuilder,
    at: &str,
    policy: Option<Served>,
    backend: Option<Backend>,
) -> StageBuilder {
    let stage = match policy {
        Some(policy) => stage.policy(at, policy),
        None => stage,
    };
    match backend {
        Some(backend) if !at.is_empty() => stage.backend(at, backend),
        _ => stage,
    }
}

#[track_caller]
fn assert_alike<A, B>(evaluated: &player::Outcome<A>, real: &player::Outcome<B>) {
    assert_eq!(
        evaluated.to_string(),
        real.to_string(),
        "left: evaluated, right: over real sockets"
    );
    assert_eq!(Seen::of(evaluated), Seen::of(real), "left: evaluated, right: over real sockets");
    assert_eq!(
        evaluated.transcript(),
        real.transcript(),
        "left: evaluated, right: over real sockets"
    );
    assert_eq!(
        evaluated.policy_log(),
        real.policy_log(),
        "left: evaluated, right: over real sockets"
    );
    assert_eq!(evaluated.rule(), real.rule(), "left: evaluated, right: over real sockets");
}

/// The server saw the connections that the client tells of, and on each of them a policy request or nothing. Tells
/// how many they were.
#[track_caller]
fn assert_journal(at: &str, journal: &Journal, transcript: &[Connection]) -> usize {
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
    journal.exchanges().len()
}

/// What came of it. Times are the player's, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    /// `OK(843)`, `SE(no-policy)`, `unreachable(backend-refused, 843)`.
    outcome: String,
    decided_at: u128,
    /// `connect@0`, `ioError#2031@0 securityError#2048@20000`.
    told: String,
    /// Whom it consulted, in order: `843=refused 5000=policy`.
    asked: String,
    /// How many connections the servers at the destination saw.
    connections: usize,
    /// The ids of the diagnostics, without `FSP-`.
    notes: String,
}

/// Permitted at once, by the policy from this port of the host.
pub(crate) fn ok(port: u16) -> Seen {
    Seen::new(&format!("OK({port})"), "connect@0")
}

/// Permitted at once, by the sandbox.
pub(crate) fn exempt() -> Seen {
    Seen::new("OK(sandbox)", "connect@0").asked("").t(1)
}

/// Denied at once, which the player reports when `Socket.timeout` has run out.
pub(crate) fn se(cause: &str) -> Seen {
    Seen::new(&format!("SE({cause})"), "securityError#2048@20000")
}

/// Denied by an error that the call throws, without any I/O.
pub(crate) fn throws(cause: &str, number: u16) -> Seen {
    Seen::new(&format!("SE({cause})"), &format!("throw#{number}@0")).asked("").t(0)
}

/// Permitted by the policy from this port, and unreachable.
pub(crate) fn unreachable(cause: &str, grantor: &str, told: &str) -> Seen {
    Seen::new(&format!("unreachable({cause}, {grantor})"), told)
}

impl Seen {
    fn new(outcome: &str, told: &str) -> Self {
        Self {
            outcome: outcome.to_owned(),
            decided_at: 0,
            told: told.to_owned(),
            asked: "843=policy".to_owned(),
            connections: usize::from(outcome.starts_with("OK")),
            notes: String::new(),
        }
    }

    fn of<S>(outcome: &player::Outcome<S>) -> Self {
        let grantor = outcome.granted_by().map(ToString::to_string).unwrap_or_default();
        let grantor = grantor.strip_prefix("h:").unwrap_or(&grantor);
        let verdict = match outcome.verdict() {
            Verdict::Permitted => format!("OK({grantor})"),
            Verdict::Denied if grantor.is_empty() => format!("SE({})", outcome.cause()),
            verdict => format!("{verdict}({}, {grantor})", outcome.cause()),
        };
        let told =
            outcome.events().iter().zip(outcome.report_times()).map(|(event, at)| match at {
                Some(at) => format!("{event}@{}", at.as_millis()),
                None => format!("{event}@never"),
            });
        let asked = outcome.asked().iter().map(|asked| {
            let at = asked.endpoint().to_string();
            format!("{}={}", at.strip_prefix("h:").unwrap_or(&at), asked.answer())
        });
        let notes = outcome
            .diagnostics()
            .map(|diagnostic| diagnostic.rule().id().trim_start_matches("FSP-").to_owned());
        Self {
            outcome: verdict,
            decided_at: outcome.decided_at().as_millis(),
            told: told.collect::<Vec<_>>().join(" "),
            asked: asked.collect::<Vec<_>>().join(" "),
            connections: 0,
            notes: notes.collect::<Vec<_>>().join(" "),
        }
    }

    fn with_connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// Decided after so many milliseconds of the player's time; a `connect` is told then.
    pub(crate) fn after(self, millis: u128) -> Self {
        let told = self.told.replace("connect@0", &format!("connect@{millis}"));
        Self { decided_at: millis, told, ..self }
    }

    /// What the SWF is told, and when.
    pub(crate) fn told(self, told: &str) -> Self {
        Self { told: told.to_owned(), ..self }
    }

    /// Whom it consulted, in order, and what each answered.
    pub(crate) fn asked(self, asked: &str) -> Self {
        Self { asked: asked.to_owned(), ..self }
    }

    /// How many connections came to the destination: the `T` of the rulebook.
    pub(crate) fn t(self, connections: usize) -> Self {
        self.with_connections(connections)
    }

    /// What is remarked.
    pub(crate) fn notes(self, notes: &str) -> Self {
        Self { notes: notes.to_owned(), ..self }
    }
}
