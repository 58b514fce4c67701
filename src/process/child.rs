//! [`ChildProcess`]: the child process with its group, its directory and its output.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::deadline::{Deadline, POLL};
use super::relatives;

/// The number of bytes that are read from the end of a server's output: 1 MiB.
const MAX_OUTPUT_BYTES: u64 = 1 << 20;
/// The time that the kernel may take to clear away a killed group.
const KILL_LIMIT: Duration = Duration::from_secs(2);

/// A running child process. Dropping it stops the child and its group.
#[derive(Debug)]
pub(super) struct ChildProcess {
    child: Child,
    grace: Duration,
    home: Home,
    /// True once the child was stopped. Its group is then gone, and the group's id may be in use
    /// again.
    is_stopped: bool,
}

impl ChildProcess {
    pub(super) fn spawn(mut command: Command, home: Home, grace: Duration) -> io::Result<Self> {
        let output = File::options().create(true).append(true).open(home.output())?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        Ok(Self { child: command.spawn()?, grace, home, is_stopped: false })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns how the child exited, or `None` if it runs. If the system cannot say, the child
    /// counts as running.
    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for at most `limit` until the child exits by itself.
    #[expect(clippy::disallowed_methods, reason = "a foreign process cannot be awaited")]
    pub(super) fn exited_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Deadline::new(limit);
        loop {
            let exited = self.exited();
            if exited.is_some() || deadline.left().is_none() {
                return exited;
            }
            thread::sleep(POLL);
        }
    }

    /// Returns whether other processes of the server still live. On systems without `/proc`, those
    /// that left the group are not found.
    pub(super) fn has_relatives(&self) -> bool {
        match relatives::of(self.pid(), &self.home.output()) {
            Some(pids) => pids.iter().any(|pid| *pid != self.pid()),
            None => !group_is_gone(&self.child),
        }
    }

    pub(super) fn output(&self) -> String {
        tail(&self.home.output())
            .unwrap_or_else(|error| format!("(its output cannot be read: {error})"))
    }

    /// Stops the child and its group. Returns `false` if they had to be killed.
    pub(super) fn stop(&mut self) -> bool {
        let was_stopped = std::mem::replace(&mut self.is_stopped, true);
        if was_stopped {
            return true;
        }
        signal(&mut self.child, false);
        let exited_in_time = self.gone_within(self.grace);
        if !exited_in_time {
            signal(&mut self.child, true);
            self.gone_within(KILL_LIMIT);
        }
        exited_in_time
    }

    #[expect(clippy::disallowed_methods, reason = "a foreign process group cannot be awaited")]
    fn gone_within(&mut self, limit: Duration) -> bool {
        let deadline = Deadline::new(limit);
        loop {
            // Reap the child first: a zombie keeps its group alive.
            let reaped = !matches!(self.child.try_wait(), Ok(None));
            if reaped && group_is_gone(&self.child) {
                return true;
            }
            if deadline.left().is_none() {
                return false;
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for ChildProcess {
    #[allow(
        clippy::print_stderr,
        reason = "a failing test must show its server's output, and drop has no other way"
    )]
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            eprintln!(
                "--- output of the server under test (pid {}) ---\n{}\n---",
                self.pid(),
                self.output().trim_end()
            );
        }
    }
}

/// The temporary directory of one attempt. It contains `{dir}`, and the output beside it.
#[derive(Debug)]
pub(super) struct Home {
    temp: TempDir,
    dir: PathBuf,
}

impl Home {
    pub(super) fn new() -> io::Result<Self> {
        let temp = TempDir::with_prefix("server-under-test-")?;
        let dir = temp.path().join("dir");
        fs::create_dir(&dir)?;
        Ok(Self { temp, dir })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a file below `{dir}`.
    pub(super) fn write(&self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            let text = format!(
                "the file {name:?} would be outside of {{dir}}: give a plain relative path"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let path = self.dir.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)
    }

    fn output(&self) -> PathBuf {
        self.temp.path().join("output")
    }
}

/// Returns the last [`MAX_OUTPUT_BYTES`] of a file as text.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let skipped = file.metadata()?.len().saturating_sub(MAX_OUTPUT_BYTES);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns a command that runs `line` in the shell, in a process group of its own.
#[cfg(unix)]
pub(super) fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Sends SIGTERM to the group, or SIGKILL with `force`. A group that is already gone needs no
/// signal, so errors are ignored.
#[cfg(unix)]
fn signal(child: &mut Child, force: bool) {
    let signal = if force { rustix::process::Signal::KILL } else { rustix::process::Signal::TERM };
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), signal);
}

#[cfg(unix)]
fn group_is_gone(child: &Child) -> bool {
    let group = rustix::process::Pid::from_child(child);
    // If this process adopts orphans, it has to reap those of the group.
    while let Ok(Some(_)) = rustix::process::waitpgid(group, rustix::process::WaitOptions::NOHANG) {
    }
    rustix::process::test_kill_process_group(group) == Err(rustix::io::Errno::SRCH)
}

#[cfg(not(unix))]
pub(super) fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(line);
    command
}

/// Kills the child. There is no gentler way on this system.
#[cfg(not(unix))]
fn signal(child: &mut Child, _force: bool) {
    let _ = child.kill();
}

#[cfg(not(unix))]
fn group_is_gone(_child: &Child) -> bool {
    true
}
