//! A scenario, read and checked: what stands where, who asks for what, and what must come of it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::Position;
use flash_policy_core::player::{Cause, Endpoint, Grantor, PlayerEvent, Profile, Swf, Verdict};
use flash_policy_core::wire::FaultList;
use flash_policy_fixture::server::BackendState;

use super::source::{Document, SourceFile};

/// A scenario file, read and checked. Nothing is started by it: [`Runner`](super::Runner) runs its cases.
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

/// One `[[case]]`: who asks for what, on which stage, and what must come of it.
#[derive(Clone, Debug)]
pub struct Case {
    pub(super) name: String,
    pub(super) position: Position,
    pub(super) session: Option<String>,
    pub(super) attempt: Attempt,
    pub(super) changes: Changes,
    pub(super) expected: Expectation,
}

/// What a case expects; what it does not mention may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expectation {
    /// The verdict.
    pub verdict: Verdict,
    /// The true cause.
    pub cause: Option<Cause>,
    /// The first event that the SWF gets.
    pub event: Option<PlayerEvent>,
    /// The second one.
    pub then: Option<PlayerEvent>,
    /// Who grants.
    pub granted_by: Option<Grantor>,
    /// How many policy requests endpoints see.
    pub requests: BTreeMap<Endpoint, usize>,
}

/// Who answers policy requests at one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    /// `None` where a state stands instead.
    pub(super) document: Option<Document>,
    pub(super) faults: FaultList,
}

/// Who connects to what.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) swf: Swf,
    pub(super) connect: Connect,
    /// What `Security.loadPolicyFile` names before.
    pub(super) load: Vec<String>,
    pub(super) profile: Profile,
}

/// What stands at the endpoint of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BackendEntryState {
    Standing(BackendState),
    /// Its host's name does not resolve.
    UnknownName,
}

/// A `host:port` whose port may be out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The host, as it is written.
    pub host: String,
    /// The port, which may be out of range.
    pub port: i64,
}

/// What a case changes of the stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) faults: BTreeMap<Endpoint, FaultList>,
    pub(super) backends: BTreeMap<Endpoint, BackendEntryState>,
}

/// The `[matrix]`.
#[derive(Clone, Debug)]
pub(super) struct MatrixPlan {
    pub(super) position: Position,
    pub(super) swfs: Vec<Swf>,
    pub(super) connects: Vec<Connect>,
    pub(super) profile: Profile,
    pub(super) snapshot: PathBuf,
    /// What the snapshot says; `None` where there is none yet.
    pub(super) pinned: Option<String>,
}

impl From<BackendState> for BackendEntryState {
    fn from(state: BackendState) -> Self {
        Self::Standing(state)
    }
}

impl Scenario {
    /// The file, as it was called.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// What the file is about.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The cases, in the order of the file.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The endpoints with this port: those that the file declares; or, where it declares none, that port of every host that
    /// its SWFs connect to.
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

    /// Whether it has a `[matrix]`.
    pub fn has_matrix(&self) -> bool {
        self.matrix.is_some()
    }
}

impl Case {
    /// What is tested: a sentence, unique in its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line of the case in its file, from 1.
    pub fn line(&self) -> u32 {
        self.position.line
    }

    /// The column of the case in its file, from 1.
    pub fn column(&self) -> u32 {
        self.position.column
    }

    /// The player session that it shares with other cases.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Who asks.
    pub fn swf(&self) -> &Swf {
        &self.attempt.swf
    }

    /// What must come of it.
    pub fn expected(&self) -> &Expectation {
        &self.expected
    }
}

impl Changes {
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.faults.keys().chain(self.backends.keys())
    }
}

impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
