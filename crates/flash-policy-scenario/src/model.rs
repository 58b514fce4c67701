//! [`Scenario`] and [`Case`]: a scenario file, read and checked.
//!
//! It is plain data. `read.rs` makes it and `runner.rs` runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use flash_policy_core::analysis::Matrix;
use flash_policy_core::diagnostics::{Position, Rule};
use flash_policy_core::player::{
    Cause, Endpoint, Grantor, MASTER_PORT, PlayerEvent, Profile, Swf, Verdict,
};
use flash_policy_core::wire::FaultList;
use flash_policy_fixture::server::BackendState;

use super::source::{Document, SourceFile};

/// A scenario file, read and checked.
///
/// It starts nothing. A [`Runner`](super::Runner) runs its cases.
///
/// ```
/// use flash_policy_scenario::Scenario;
///
/// let scenario = Scenario::parse(
///     r#"
///     version = 1
///     policy = [{ at = "game.example.com:843", xml = "<cross-domain-policy/>" }]
///
///     [[case]]
///     name = "an empty policy lets nobody in"
///     swf = "http://www.example.com/game.swf"
///     connect = "game.example.com:5000"
///     expect = "denied"
///     cause = "domain-not-listed"
///     "#,
///     "empty.toml",
/// )?;
/// assert_eq!(scenario.cases()[0].name(), "an empty policy lets nobody in");
/// let report = scenario.run();
/// assert!(report.is_success(), "{report}");
/// # Ok::<(), flash_policy_scenario::ScenarioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) file: SourceFile,
    pub(super) title: Option<String>,
    pub(super) policies: BTreeMap<Endpoint, Policy>,
    pub(super) backends: BTreeMap<Endpoint, BackendEntryState>,
    pub(super) cases: Vec<Case>,
    pub(super) matrix: Option<MatrixPlan>,
}

impl Scenario {
    /// Returns the path of the file, as the caller gave it.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// Returns the title of the file, if it has one.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Returns the cases, in the order of the file.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Returns the endpoints with a port. They are those that the file declares. If it declares
    /// none, they are that port of every host that its SWFs connect to.
    pub fn endpoints_at(&self, port: u16) -> BTreeSet<Endpoint> {
        let declared = self.policies.keys().chain(self.backends.keys());
        let declared: BTreeSet<_> = declared.filter(|at| at.port() == port).cloned().collect();
        if !declared.is_empty() {
            return declared;
        }
        let cases = self.cases.iter().map(|case| &case.attempt.connect);
        let connects = cases.chain(self.matrix.iter().flat_map(|matrix| &matrix.connects));
        connects.map(|connect| Endpoint::new(&connect.host, port)).collect()
    }

    /// Returns the endpoints that the file declares, and those that its SWFs may ask: their
    /// targets, the master policies of the targets' hosts, and the locations of
    /// `load-policy-files`.
    pub fn endpoints(&self) -> BTreeSet<Endpoint> {
        let declared = self.policies.keys().chain(self.backends.keys()).cloned();
        let of_cases = self.cases.iter().flat_map(|case| case.attempt.endpoints());
        let connects = self.matrix.iter().flat_map(|matrix| &matrix.connects);
        declared.chain(of_cases).chain(connects.flat_map(Connect::endpoints)).collect()
    }

    /// Returns the other files that the file names: policy documents, and the snapshot of its
    /// matrix.
    pub fn files(&self) -> Vec<PathBuf> {
        let documents = self.policies.values().filter_map(|policy| policy.document.as_ref());
        let documents = documents.filter_map(Document::path).map(Path::to_owned);
        documents.chain(self.matrix.iter().map(|matrix| matrix.snapshot.clone())).collect()
    }

    /// Returns the file that `snapshot` names if it exists and is not a snapshot of a matrix.
    /// Accepting the matrix must not overwrite it.
    pub fn foreign_snapshot(&self) -> Option<&Path> {
        self.matrix.as_ref()?.foreign_snapshot()
    }

    /// Returns whether the file has a `[matrix]`.
    pub fn has_matrix(&self) -> bool {
        self.matrix.is_some()
    }
}

/// One `[[case]]`: a connection attempt, its changes to the stage, and its expected result.
#[derive(Clone, Debug)]
pub struct Case {
    pub(super) name: String,
    pub(super) position: Position,
    pub(super) session: Option<String>,
    pub(super) attempt: Attempt,
    pub(super) changes: Changes,
    pub(super) expected: Expectation,
    /// The place of `connect` in the file.
    pub(super) connect_at: Position,
    /// The endpoint that `connect` may have meant, where no entry stands at the one that it names.
    pub(super) near_endpoint: Option<Endpoint>,
    /// The hosts of the case that no entry of the file names.
    pub(super) unnamed_hosts: Vec<UnnamedHost>,
    /// The endpoints that are expected to get no request, and that are probably misspelt.
    pub(super) misspelt_idle: Vec<MisspeltEndpoint>,
}

impl Case {
    /// Returns the name: a sentence that is unique in its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line of the case's name in its file, from 1.
    pub fn line(&self) -> u32 {
        self.position.line
    }

    /// Returns the column of the case's name in its file, from 1.
    pub fn column(&self) -> u32 {
        self.position.column
    }

    /// Returns the name of the player session that the case shares with other cases, if it does.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Returns the SWF that connects.
    pub fn swf(&self) -> &Swf {
        &self.attempt.swf
    }

    /// Returns the expected result.
    pub fn expected(&self) -> &Expectation {
        &self.expected
    }
}

/// The expected result of a case. Fields that are `None` or empty accept any result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expectation {
    /// The expected verdict.
    pub verdict: Verdict,
    /// The expected cause.
    pub cause: Option<Cause>,
    /// The expected first event of the SWF.
    pub event: Option<PlayerEvent>,
    /// The expected second event of the SWF.
    pub then: Option<PlayerEvent>,
    /// The expected grantor: a policy, or the sandbox.
    pub granted_by: Option<Grantor>,
    /// The expected numbers of policy requests, by endpoint.
    pub requests: BTreeMap<Endpoint, usize>,
    /// The rules of exactly the diagnostics that are expected, in the order of their ids.
    pub diagnostics: Option<Vec<&'static Rule>>,
}

impl Expectation {
    /// Returns whether the expected cause itself says that nobody gets in.
    pub(super) fn is_denial_of_everybody(&self) -> bool {
        use Cause::{InvalidPort, MalformedPolicy, MetaPolicyNone, NoPolicy, TimedOut};
        let cause = self.cause;
        cause.is_some_and(|cause| {
            matches!(cause, InvalidPort | MalformedPolicy | MetaPolicyNone | NoPolicy | TimedOut)
        })
    }
}

/// The target of a connection attempt: a `host:port` whose port may be out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The host, as the file spells it.
    pub host: String,
    /// The port, which may be outside of 1 to 65535.
    pub port: i64,
}

impl Connect {
    /// Returns the target, and the master policy of its host.
    fn endpoints(&self) -> impl Iterator<Item = Endpoint> + '_ {
        let ports = u16::try_from(self.port).ok().into_iter().chain([MASTER_PORT]);
        ports.map(|port| Endpoint::new(&self.host, port))
    }
}

impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A policy server, as the file declares it.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    /// `None` if the file gives a state instead. The state is then in `faults`.
    pub(super) document: Option<Document>,
    pub(super) faults: FaultList,
}

/// The state of the endpoint of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BackendEntryState {
    /// There is a backend, in this state.
    Present(BackendState),
    /// The host name does not resolve.
    UnknownName,
}

impl From<BackendState> for BackendEntryState {
    fn from(state: BackendState) -> Self {
        Self::Present(state)
    }
}

/// A connection attempt.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) swf: Swf,
    pub(super) connect: Connect,
    /// The URLs that go to `Security.loadPolicyFile` before the connect.
    pub(super) load: Vec<String>,
    pub(super) profile: Profile,
}

impl Attempt {
    /// Returns the endpoints that the SWF may ask for a policy.
    pub(super) fn endpoints(&self) -> BTreeSet<Endpoint> {
        let loaded = self.load.iter().filter_map(|url| {
            let (scheme, location) = url.split_once("://")?;
            let is_socket = scheme.eq_ignore_ascii_case("xmlsocket");
            is_socket.then(|| location.trim_end_matches('/').parse().ok()).flatten()
        });
        loaded.chain(self.connect.endpoints()).collect()
    }
}

/// The changes of a case to the stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) faults: BTreeMap<Endpoint, FaultList>,
    pub(super) backends: BTreeMap<Endpoint, BackendEntryState>,
}

impl Changes {
    /// Returns the endpoints that are changed.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.faults.keys().chain(self.backends.keys())
    }
}

/// A host that a case names but no entry does. It is probably misspelt.
#[derive(Clone, Debug)]
pub(super) struct UnnamedHost {
    pub(super) host: String,
    /// The value that names it, safe to print.
    pub(super) written: String,
    pub(super) help: String,
    pub(super) position: Position,
}

/// An endpoint that nobody can ask and that is near to one that the file declares.
#[derive(Clone, Debug)]
pub(super) struct MisspeltEndpoint {
    pub(super) written: Endpoint,
    pub(super) near: Endpoint,
    pub(super) position: Position,
}

/// The `[matrix]`, read and checked.
#[derive(Clone, Debug)]
pub(super) struct MatrixPlan {
    /// The place of the snapshot's name in the scenario file.
    pub(super) position: Position,
    pub(super) swfs: Vec<Swf>,
    pub(super) connects: Vec<Connect>,
    pub(super) profile: Profile,
    /// The hosts of the targets that no entry of the file names.
    pub(super) unnamed_hosts: Vec<UnnamedHost>,
    pub(super) snapshot: PathBuf,
    /// The content of the snapshot; `None` if there is no such file yet.
    pub(super) pinned: Option<String>,
}

impl MatrixPlan {
    /// Returns the path of the snapshot if there is a file that is not one.
    pub(super) fn foreign_snapshot(&self) -> Option<&Path> {
        let pinned = self.pinned.as_deref()?.trim_start_matches('\u{feff}');
        let is_snapshot = pinned.trim().is_empty() || Matrix::is_table(pinned);
        (!is_snapshot).then_some(&self.snapshot)
    }
}
