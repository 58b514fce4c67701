//! The processes that descend from this one: whatever the server under test starts, and wherever it puts itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::listener::{self, Listener};
use crate::cli::exit::Exit;

/// Between two looks at processes that are to end: nobody tells when one that is not a child has.
const LOOK: Duration = Duration::from_millis(10);
/// How long what was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(2);
/// How long the kernel may take to clear away what was killed.
const KILLED: Duration = Duration::from_secs(2);

/// How long the main thread may take to tidy up when a signal came.
const TIDIED: Duration = Duration::from_secs(5);

/// All that descends from this process. A server that leaves its process group is not lost: when its parent ends, it
/// becomes a child of this process.
pub(super) struct Family {
    interrupted: Arc<AtomicBool>,
}

impl Family {
    /// From here on orphans come to this process, and SIGTERM, SIGINT and SIGHUP end the family before they end it.
    pub(super) fn adopt() -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(getpid()))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let mut signals = {
            let _inside = runtime.enter();
            let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
            kinds.into_iter().map(signal).collect::<io::Result<Vec<_>>>()?
        };
        let seen = interrupted.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(poll_fn(|cx| {
                if signals.iter_mut().any(|signal| signal.poll_recv(cx).is_ready()) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }));
            seen.store(true, Ordering::SeqCst);
            // Without its server, what the main thread does comes to an end soon, and tidies up behind it.
            let since = Instant::now();
            while since.elapsed() < TIDIED {
                end();
                thread::sleep(LOOK);
            }
            std::process::exit(Exit::NotRun as i32);
        })?;
        Ok(Self { interrupted })
    }

    /// Whether a signal has come that ends this process.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// Another process than these, and than what they started, that listens on a port.
    pub(super) fn foreign_listener(&self, port: u16) -> Option<Listener> {
        listener::foreign(port, &living_descendants())
    }

    /// Ends all that is left; tells how many there were.
    pub(super) fn end(&self) -> usize {
        end()
    }
}

fn end() -> usize {
    let mut met: BTreeSet<i32> = BTreeSet::new();
    for (signal, patience) in [(Signal::TERM, GRACE), (Signal::KILL, KILLED)] {
        let started = Instant::now();
        let mut told: BTreeSet<i32> = BTreeSet::new();
        loop {
            let living = living_descendants();
            for pid in living.difference(&told) {
                // One that is gone meanwhile needs no signal.
                let _ = Pid::from_raw(*pid).map(|pid| kill_process(pid, signal));
            }
            met.extend(&living);
            told.extend(&living);
            if living.is_empty() {
                return met.len();
            }
            if started.elapsed() > patience {
                break;
            }
            thread::sleep(LOOK);
        }
    }
    met.len()
}

/// Every process below this one that is not just waiting to be reaped. Where there is no /proc, none is known.
fn living_descendants() -> BTreeSet<i32> {
    let listed = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: BTreeMap<i32, Parent> = listed
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, Parent::of(&fs::read_to_string(entry.path().join("stat")).ok()?)?))
        })
        .collect();
    let mut family = BTreeSet::from([getpid().as_raw_nonzero().get()]);
    loop {
        let children = parents.iter().filter(|(_, parent)| family.contains(&parent.pid)).map(|(pid, _)| *pid);
        let found: BTreeSet<_> = children.filter(|pid| !family.contains(pid)).collect();
        if found.is_empty() {
            break;
        }
        family.extend(found);
    }
    family.remove(&getpid().as_raw_nonzero().get());
    family.retain(|pid| parents.get(pid).is_some_and(|parent| parent.child_lives));
    family
}

/// What the line of a process says of its parent: `PID (NAME) STATE PPID …`, where the name may hold anything.
struct Parent {
    pid: i32,
    child_lives: bool,
}

impl Parent {
    fn of(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let child_lives = !["Z", "X"].contains(&fields.next()?);
        Some(Self { pid: fields.next()?.parse().ok()?, child_lives })
    }
}
