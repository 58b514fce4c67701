//! Finds and stops the processes that descend from this one, in whatever process group they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process};

use flash_policy_fixture::process::ListeningSocket;

use super::listener::{self, Listener};
use crate::report::{ErrorKind, ReportedError};
use crate::signals::Signals;

/// The interval between two checks for processes that have to end. The end of a process that is no
/// child can only be polled.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// The time from SIGTERM until a process is killed.
const TERM_TIMEOUT: Duration = Duration::from_secs(2);
/// The time that the kernel may take to remove a killed process.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// The time that the main thread may take to clean up after a signal.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(5);

/// All descendants of this process. A server that leaves its process group stays one of them: when
/// its parent ends, it becomes a child of this process.
pub(super) struct ProcessFamily {
    interrupted: Arc<AtomicBool>,
    /// The children that existed before, started by a program that replaced itself by `exec`.
    before: BTreeSet<i32>,
}

impl ProcessFamily {
    /// Makes this process adopt orphans. From now on, SIGTERM, SIGINT and SIGHUP stop the family.
    /// If the main thread does not end soon after that, `give_up` gets the error and must end this
    /// process.
    pub(super) fn adopt(give_up: impl FnOnce(ReportedError) + Send + 'static) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(getpid()))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let before = living_descendants(&BTreeSet::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let mut signals = {
            let _inside = runtime.enter();
            Signals::watch()?
        };
        let interrupted_flag = interrupted.clone();
        let others = before.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(signals.next());
            interrupted_flag.store(true, Ordering::SeqCst);
            // Without the server, the main thread soon finishes and cleans up.
            let since = Instant::now();
            while since.elapsed() < CLEANUP_TIMEOUT {
                stop(&others);
                pause();
            }
            stop(&others);
            let text = "a signal came, and what was asked did not come to an end";
            give_up(ReportedError::new(ErrorKind::Interrupted, text));
        })?;
        Ok(Self { interrupted, before })
    }

    /// Returns whether a signal has come that ends this process.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// Returns the flag that a signal sets if it ends this process.
    pub(super) fn interrupted(&self) -> Arc<AtomicBool> {
        self.interrupted.clone()
    }

    /// Returns a process outside of the family that listens on a port.
    pub(super) fn foreign_listener(&self, port: u16) -> Option<Listener> {
        listener::foreign(port, &living_descendants(&self.before))
    }

    /// Returns whether a process of the family lives.
    pub(super) fn lives(&self) -> bool {
        !living_descendants(&self.before).is_empty()
    }

    /// Returns whether a process of the family other than `pid` has this socket open.
    pub(super) fn is_socket_held_by_another(&self, socket: &ListeningSocket, pid: u32) -> bool {
        let others = living_descendants(&self.before);
        others.iter().any(|other| other.unsigned_abs() != pid && listener::holds(*other, socket))
    }

    /// Stops all processes that are left, and returns their number.
    pub(super) fn stop(&self) -> usize {
        stop(&self.before)
    }
}

fn stop(before: &BTreeSet<i32>) -> usize {
    let mut seen: BTreeSet<i32> = BTreeSet::new();
    for (signal, patience) in [(Signal::TERM, TERM_TIMEOUT), (Signal::KILL, KILL_TIMEOUT)] {
        let started = Instant::now();
        let mut signalled: BTreeSet<i32> = BTreeSet::new();
        loop {
            let living = living_descendants(before);
            for pid in living.difference(&signalled) {
                // An error means that the process has ended.
                let _ = Pid::from_raw(*pid).map(|pid| kill_process(pid, signal));
            }
            seen.extend(&living);
            signalled.extend(&living);
            if living.is_empty() {
                return seen.len();
            }
            if started.elapsed() > patience {
                break;
            }
            pause();
        }
    }
    seen.len()
}

/// Returns every living descendant of this process, except those in `excluded` and their
/// descendants. Zombies do not count. Without `/proc`, no process is known.
fn living_descendants(excluded: &BTreeSet<i32>) -> BTreeSet<i32> {
    let listed = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: BTreeMap<i32, Parent> = listed
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, Parent::of(&fs::read_to_string(entry.path().join("stat")).ok()?)?))
        })
        .collect();
    let mut family = BTreeSet::from([getpid().as_raw_nonzero().get()]);
    loop {
        let children =
            parents.iter().filter(|(_, parent)| family.contains(&parent.pid)).map(|(pid, _)| *pid);
        let found: BTreeSet<_> =
            children.filter(|pid| !family.contains(pid) && !excluded.contains(pid)).collect();
        if found.is_empty() {
            break;
        }
        family.extend(found);
    }
    family.remove(&getpid().as_raw_nonzero().get());
    family.retain(|pid| parents.get(pid).is_some_and(|parent| parent.child_lives));
    family
}

/// The parent of a process, from its line `PID (NAME) STATE PPID …`. The name may contain anything.
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

/// Waits before the next check.
#[expect(clippy::disallowed_methods, reason = "processes of others cannot be awaited")]
fn pause() {
    thread::sleep(POLL_INTERVAL);
}
