//! Conformance checks of a live Flash policy server.
//!
//! A [`Torture`] asks a server for its policy as a player does, and then in all the ways in which requests really come:
//! in two segments and in twenty-three, late, by two hundred at once, beside peers that say nothing. It sends what is no
//! request, and looks at how an answer ends. After each check the server must still answer a good request. What comes of
//! it is a [`TortureReport`]: for each [`CheckId`] a verdict, a reason in one line and the rule of the catalogue.
//!
//! ```
//! use flash_policy_conformance::{CheckVerdict, Torture};
//! use flash_policy_fixture::{PolicyFile, PolicyServer, wire::Fault};
//!
//! let everybody = PolicyFile::builder().allow("*", 5000).build();
//! let server = PolicyServer::builder().document(everybody).fault(Fault::Http400).start();
//! let report = Torture::new(server.addr()).run()?;
//! assert!(!report.is_success());
//!
//! let request = &report.checks()[0];
//! assert_eq!((request.id().as_str(), request.verdict()), ("request", CheckVerdict::Fail));
//! assert_eq!(request.rule().map(|rule| rule.id()), Some("FSP-T10"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! `check` says what is sent, `verdicts` turns observations into verdicts; both are pure. `connection`
//! has the sockets. [`REFERENCE`] lists the checks.

mod check;
mod connection;
mod marker;
mod observation;
mod report;
mod torture;
mod verdicts;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

pub use check::CheckId;
pub use report::{Check, CheckVerdict, TortureReport};

use connection::Target;
use flash_policy_core::Profile;
use torture::Run;

/// The reference of all checks, in Markdown: a table with a row `` | `id` | sent | passes | is tolerated |
/// fails | `` for each.
pub const REFERENCE: &str = include_str!("torture.md");

/// The checks, for one server.
///
/// ```no_run
/// use std::time::Duration;
/// use flash_policy_conformance::Torture;
///
/// let server = "192.0.2.1:843".parse()?;
/// let report = Torture::new(server).budget(Duration::from_secs(2)).run()?;
/// assert!(report.is_success(), "{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until `run` is called"]
pub struct Torture {
    addr: SocketAddr,
    port: u16,
    budget: Duration,
}

impl Torture {
    /// The checks of the server at this address.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, port: addr.port(), budget: Profile::default().timing.master_timeout }
    }

    /// The logical port that the server stands for, where it is not that of its address: HTTP on 843 is a web server
    /// (FSP-T11), and elsewhere a proxy in the way (FSP-T10).
    pub fn standing_for(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long a good answer may take, from the connect on: a player's 3 s, unless it is said here. The pauses inside of
    /// requests are never longer than a part of it.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Makes the checks, one after the other. A run ends after 50 s, unless the first answer alone takes longer; the
    /// checks that are left then are not run.
    ///
    /// # Errors
    ///
    /// This machine failed: no descriptor or no port is left. Whatever the server does is a verdict.
    ///
    /// # Panics
    ///
    /// Inside a tokio runtime: call it from a thread of its own there.
    pub fn run(&self) -> io::Result<TortureReport> {
        assert!(
            Handle::try_current().is_err(),
            "Torture::run would block this tokio runtime: call it inside tokio::task::spawn_blocking"
        );
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        runtime.block_on(Run::new(Target::new(self.addr, self.port, self.budget)).report())
    }
}
