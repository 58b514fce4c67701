//! The processes that descend from this one: whatever the server under test starts, and wherever it puts itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process};

use super::listener::{self, Listener};
use crate::exit::Exit;
use crate::output::print_error;
use crate::report::{ErrorKind, ReportedError};
use crate::signals::Signals;

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
pub(super) struct ProcessFamily {
    interrupted: Arc<AtomicBool>,
    /// Children that were there before: whoever called this by `exec` has started them.
    before: BTreeSet<i32>,
}

impl ProcessFamily {
    /// From here on orphans come to this process, and SIGTERM, SIGINT and SIGHUP end the family before they end it.
    pub(super) fn adopt() -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(getpid()))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let before = living_descendants(&BTreeSet::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let signals = {
            let _inside = runtime.enter();
            Signals::watch()?
        };
        let (seen, others) = (interrupted.clone(), before.clone());
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(signals.next());
            seen.store(true, Ordering::SeqCst);
            // Without its server, what the main thread does comes to an end soon, and tidies up behind it.
            let since = Instant::now();
            while since.elapsed() < TIDIED {
                end(&others);
                pause();
            }
            let text = "a signal came, and what was asked did not come to an end";
            print_error(&ReportedError::new(ErrorKind::Interrupted, text));
            end(&others);
            std::process::exit(Exit::NotRun as i32);
        })?;
        Ok(Self { interrupted, before })
    }

    /// Whether a signal has come that ends this process.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// What a signal that ends this process sets.
    pub(super) fn interrupted(&self) -> Arc<AtomicBool> {
        self.interrupted.clone()
    }

    /// Another process than these, and than what they started, that listens on a port.
    pub(super) fn foreign_listener(&self, port: u16) -> Option<Listener> {
        listener::foreign(port, &living_descendants(&self.before))
    }

    /// Ends all that is left; tells how many there were.
    pub(super) fn end(&self) -> usize {
        end(&self.before)
    }
}

fn end(before: &BTreeSet<i32>) -> usize {
    let mut met: BTreeSet<i32> = BTreeSet::new();
    for (signal, patience) in [(Signal::TERM, GRACE), (Signal::KILL, KILLED)] {
        let started = Instant::now();
        let mut told: BTreeSet<i32> = BTreeSet::new();
        loop {
            let living = living_descendants(before);
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
            pause();
        }
    }
    met.len()
}

/// Every process below this one that is not just waiting to be reaped, but for some and those below them. Where there is no /proc, none is known.
fn living_descendants(but_for: &BTreeSet<i32>) -> BTreeSet<i32> {
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
            children.filter(|pid| !family.contains(pid) && !but_for.contains(pid)).collect();
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

/// Waits before the next look: processes of others cannot be awaited.
#[expect(clippy::disallowed_methods, reason = "processes of others cannot be awaited")]
fn pause() {
    thread::sleep(LOOK);
}
