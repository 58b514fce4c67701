//! A scene: the servers on a stage, the SWF that connects, and the player it runs in.
//!
//! A scene starts with [`scene`]; each method adds or replaces one part. [`Scene::play`] decides
//! it twice, by the evaluator and over real sockets, and fails if the two disagree.

use std::fmt::Debug;

use flash_policy_fixture::server::PolicyServerBuilder;
use flash_policy_fixture::wire::{EndpointState, Fault, ListedFault, Script};
use flash_policy_fixture::{Backend, PolicyServer, Profile, Swf};

use crate::policies::{allow, policy};

mod play;

/// The logical host that every SWF connects to.
pub(crate) const HOST: &str = "h";

/// The servers, the SWF and the player of one test.
pub(crate) struct Scene {
    /// The policy servers, each with its logical endpoint.
    policies: Vec<(String, PolicyServerBuilder)>,
    /// The policy server on the backend's own port.
    in_band: Option<PolicyServerBuilder>,
    backend: Option<Backend>,
    load_policy_files: Vec<String>,
    name_is_unknown: bool,
    profile: Profile,
    swf: Swf,
    host: String,
    port: i64,
    connects_per_session: usize,
    sessions: usize,
}

/// Returns a scene in which an SWF of a.com connects to port 5000. No policy server listens. The
/// backend on port 5000 waits for a policy request and closes the connection.
pub(crate) fn scene() -> Scene {
    Scene {
        policies: Vec::new(),
        in_band: None,
        backend: Some(Backend::scripted(Script::new().read_request().fin())),
        load_policy_files: Vec::new(),
        name_is_unknown: false,
        profile: Profile::flash_10(),
        swf: "http://a.com/game.swf".parse().unwrap(),
        host: HOST.to_owned(),
        port: 5000,
        connects_per_session: 1,
        sessions: 1,
    }
}

impl Scene {
    /// Adds the master policy server, on port 843.
    pub(crate) fn master(self, server: impl IntoPolicyServer) -> Self {
        self.policy_at(&format!("{HOST}:843"), server)
    }

    /// Adds a policy server on this port of the host. The SWF names it by `loadPolicyFile`.
    pub(crate) fn explicit(self, port: u16, server: impl IntoPolicyServer) -> Self {
        self.policy_at(&format!("{HOST}:{port}"), server)
            .load_policy_file(&format!("xmlsocket://{HOST}:{port}"))
    }

    /// Lets the destination port answer policy requests, in front of its backend.
    pub(crate) fn in_band(mut self, server: impl IntoPolicyServer) -> Self {
        self.in_band = Some(server.into_policy_server());
        self
    }

    /// Adds a policy server at any logical endpoint. The SWF does not name it.
    pub(crate) fn policy_at(mut self, endpoint: &str, server: impl IntoPolicyServer) -> Self {
        self.policies.push((endpoint.to_owned(), server.into_policy_server()));
        self
    }

    /// The SWF calls `Security.loadPolicyFile` with this URL before it connects.
    pub(crate) fn load_policy_file(mut self, url: &str) -> Self {
        self.load_policy_files.push(url.to_owned());
        self
    }

    /// Replaces the SWF: a URL or a sandbox.
    pub(crate) fn swf(mut self, swf: impl TryInto<Swf, Error: Debug>) -> Self {
        self.swf = swf.try_into().unwrap();
        self
    }

    /// Replaces the host that serves the SWF, over http.
    pub(crate) fn requester(self, host: &str) -> Self {
        self.swf(format!("http://{host}/game.swf").as_str())
    }

    /// Replaces the port that the SWF connects to. The backend and the in-band policy move along.
    pub(crate) fn connect_to(mut self, port: impl Into<i64>) -> Self {
        self.port = port.into();
        self
    }

    /// Replaces the host that the SWF passes to `connect`. The servers stay where they are.
    pub(crate) fn connect_to_host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    /// Replaces the backend.
    pub(crate) fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Removes the backend from the stage.
    pub(crate) fn no_backend(mut self) -> Self {
        self.backend = None;
        self
    }

    /// Nothing listens on the backend's port.
    pub(crate) fn backend_down(self) -> Self {
        self.backend(Backend::echo().starting_down())
    }

    /// The backend's port never answers a SYN.
    pub(crate) fn backend_firewalled(self) -> Self {
        self.backend(Backend::echo().starting_firewalled())
    }

    /// The name of the host cannot be resolved.
    pub(crate) fn unknown_name(mut self) -> Self {
        self.name_is_unknown = true;
        self
    }

    /// Replaces the player, which is `Profile::flash_10()`.
    pub(crate) fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Changes one choice of the default player.
    pub(crate) fn profile_with(self, change: impl FnOnce(&mut Profile)) -> Self {
        let mut profile = Profile::flash_10();
        change(&mut profile);
        self.profile(profile)
    }

    /// Connects this many times in each session. The last outcome counts.
    pub(crate) fn connects_per_session(mut self, connects: usize) -> Self {
        self.connects_per_session = connects;
        self
    }

    /// Plays this many sessions, one after the other, against the same servers. The last outcome
    /// counts.
    pub(crate) fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions;
        self
    }
}

/// Anything that a scene can turn into a policy server: a document, a fault or a script.
pub(crate) trait IntoPolicyServer {
    fn into_policy_server(self) -> PolicyServerBuilder;
}

/// A server with these faults, one for each policy connection. It serves a policy that allows
/// everybody.
pub(crate) fn faults_by_connection<const N: usize>(faults: [Fault; N]) -> PolicyServerBuilder {
    allows_everybody().faults(faults)
}

/// A server that serves these documents, one for each policy connection.
pub(crate) fn policies_by_connection<const N: usize>(
    documents: [String; N],
) -> PolicyServerBuilder {
    PolicyServer::builder().scripts(documents.map(|document| Script::policy(document.as_bytes())))
}

fn allows_everybody() -> PolicyServerBuilder {
    policy([allow("*", "*")]).into_policy_server()
}

impl IntoPolicyServer for PolicyServerBuilder {
    fn into_policy_server(self) -> PolicyServerBuilder {
        self
    }
}

/// A server that serves this document.
impl IntoPolicyServer for &str {
    fn into_policy_server(self) -> PolicyServerBuilder {
        PolicyServerBuilder::from(self.to_owned())
    }
}

/// A server that serves this document.
impl IntoPolicyServer for String {
    fn into_policy_server(self) -> PolicyServerBuilder {
        PolicyServerBuilder::from(self)
    }
}

/// A server with this fault, which serves a policy that allows everybody.
impl IntoPolicyServer for Fault {
    fn into_policy_server(self) -> PolicyServerBuilder {
        allows_everybody().fault(self)
    }
}

/// A server with this fault or in this state, which serves a policy that allows everybody.
impl IntoPolicyServer for ListedFault {
    fn into_policy_server(self) -> PolicyServerBuilder {
        allows_everybody().fault(self)
    }
}

/// A server in this state, which serves a policy that allows everybody.
impl IntoPolicyServer for EndpointState {
    fn into_policy_server(self) -> PolicyServerBuilder {
        allows_everybody().fault(self)
    }
}

/// A server that plays this script on every policy connection.
impl IntoPolicyServer for Script {
    fn into_policy_server(self) -> PolicyServerBuilder {
        PolicyServer::builder().scripts([self])
    }
}
