//! The public entry: what to check, and within which time. It does not know the checks.

use std::io;
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use flash_policy_core::Profile;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::connection::Target;
use crate::run::Run;
use crate::selection::Selection;
use crate::{Check, CheckId, TortureReport};

/// The checks, set up for one server.
///
/// ```no_run
/// use std::time::Duration;
/// use flash_policy_conformance::Torture;
///
/// let server = "192.0.2.1:843".parse()?;
/// Torture::new(server).budget(Duration::from_secs(2)).run()?.expect_success();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until `run` or `run_async` is called"]
pub struct Torture {
    addr: SocketAddr,
    logical_port: u16,
    budget: Duration,
    selection: Selection,
}

impl Torture {
    /// Sets up the checks for the server at `addr`.
    pub fn new(addr: SocketAddr) -> Self {
        let budget = Profile::default().timing.master_timeout;
        Self { addr, logical_port: addr.port(), budget, selection: Selection::default() }
    }

    /// Sets the logical port of the server, if it differs from the port of its address.
    ///
    /// It decides which rule an HTTP answer gets: FSP-T11 on port 843, FSP-T10 on any other.
    pub fn standing_for(mut self, port: u16) -> Self {
        self.logical_port = port;
        self
    }

    /// Sets the time in which an answer must be complete, counted from the start of the connect.
    ///
    /// The default is a player's 3 s. A smaller budget also shortens the long pauses inside
    /// requests, and the waits on a server that should stay silent.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Makes only these checks. The default is all of them.
    ///
    /// The first request is made in any case, because the other checks are measured against its
    /// answer. If it was not chosen, it is reported only if it did not pass.
    pub fn only(mut self, checks: impl IntoIterator<Item = CheckId>) -> Self {
        self.selection.chosen = Some(checks.into_iter().collect());
        self
    }

    /// Calls `hook` with each check as it ends. Its verdict in the report may be worse, if a later
    /// observation is about it.
    pub fn on_check(mut self, hook: impl Fn(&Check) + Send + Sync + 'static) -> Self {
        self.selection.hook = Some(Arc::new(hook));
        self
    }

    /// Makes the checks, one after the other, and returns what they found. It blocks the thread:
    /// inside a task of tokio, await [`run_async`](Self::run_async) instead.
    ///
    /// A run stops after 50 s and reports the remaining checks as not run. Only a first answer that
    /// alone takes longer can extend it.
    ///
    /// # Errors
    ///
    /// Fails if this machine fails, for example because it has no free file descriptor or port.
    /// Whatever the server does is a verdict, not an error.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line inside a task of tokio, whose runtime it would block. On any
    /// other thread it works, also inside `spawn_blocking`.
    #[track_caller]
    pub fn run(&self) -> io::Result<TortureReport> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        if Handle::try_current().is_ok() && !may_block_on(&runtime) {
            // A runtime must not be dropped in a task.
            runtime.shutdown_background();
            panic!(
                "Torture::run would block this tokio runtime: await Torture::run_async, or call \
                 it inside tokio::task::spawn_blocking"
            );
        }
        runtime.block_on(self.run_async())
    }

    /// Makes the checks, as [`run`](Self::run) does, inside a runtime of tokio with its time and
    /// its I/O enabled.
    ///
    /// ```
    /// use flash_policy_conformance::{CheckId, Torture};
    /// use flash_policy_fixture::{PolicyFile, PolicyServer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let server = PolicyServer::start(PolicyFile::builder().allow("*", 5000).build());
    /// let torture = Torture::new(server.addr()).only([CheckId::Request, CheckId::SplitInTwo]);
    /// torture.run_async().await?.expect_all_pass();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails where [`run`](Self::run) fails.
    pub async fn run_async(&self) -> io::Result<TortureReport> {
        let target = Target::new(self.addr, self.logical_port, self.budget);
        Run::new(target, self.selection.clone()).report().await
    }
}

/// Returns whether this thread may wait for `runtime`. In a task it may not: tokio then prints a
/// line of its own.
fn may_block_on(runtime: &Runtime) -> bool {
    let waited = AssertUnwindSafe(|| runtime.block_on(std::future::ready(())));
    panic::catch_unwind(waited).is_ok()
}
