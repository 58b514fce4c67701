//! The child process, its group, its directory and its output.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::deadline::{Deadline, POLL};

/// The most that is read of a server's output.
const OUTPUT: u64 = 1 << 20;
/// How long the kernel may take to clear away what was killed.
const KILLED: Duration = Duration::from_secs(2);

/// A running child; ended with its group on drop.
#[derive(Debug)]
pub(super) struct ChildProcess {
    child: Child,
    grace: Duration,
    home: Home,
    /// The group is gone, and its number may be somebody else's.
    is_ended: bool,
}

impl ChildProcess {
    pub(super) fn spawn(mut command: Command, home: Home, grace: Duration) -> io::Result<Self> {
        let output = File::options().create(true).append(true).open(home.output())?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        Ok(Self { child: command.spawn()?, grace, home, is_ended: false })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended. Where that cannot be asked, it is taken for alive.
    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub(super) fn output(&self) -> String {
        tail(&self.home.output())
            .unwrap_or_else(|error| format!("(its output cannot be read: {error})"))
    }

    /// Ends it with its group; `false` if it had to be killed.
    pub(super) fn end(&mut self) -> bool {
        if std::mem::replace(&mut self.is_ended, true) {
            return true;
        }
        signal(&mut self.child, false);
        let heeded = self.gone_within(self.grace);
        if !heeded {
            signal(&mut self.child, true);
            self.gone_within(KILLED);
        }
        heeded
    }

    #[expect(clippy::disallowed_methods, reason = "a foreign process group cannot be awaited")]
    fn gone_within(&mut self, limit: Duration) -> bool {
        let deadline = Deadline::new(limit);
        loop {
            // The child is reaped first: unreaped it would keep its group alive.
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
        reason = "a failing test must show what its server said, and drop has no other way"
    )]
    fn drop(&mut self) {
        self.end();
        if thread::panicking() {
            eprintln!(
                "--- output of the server under test (pid {}) ---\n{}\n---",
                self.pid(),
                self.output().trim_end()
            );
        }
    }
}

/// The temporary directory of one attempt: `{dir}`, and beside it the output.
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

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let skipped = file.metadata()?.len().saturating_sub(OUTPUT);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(OUTPUT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A command that gives `line` to the shell, in a process group of its own.
#[cfg(unix)]
pub(super) fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Sends the group SIGTERM, or SIGKILL by `force`. One that is gone already needs no signal, so the error is of no interest.
#[cfg(unix)]
fn signal(child: &mut Child, force: bool) {
    let signal = if force { rustix::process::Signal::KILL } else { rustix::process::Signal::TERM };
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), signal);
}

#[cfg(unix)]
fn group_is_gone(child: &Child) -> bool {
    let group = rustix::process::Pid::from_child(child);
    // Where this process adopts orphans, it has to reap those of the group.
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

/// There is no softer way to end a process here.
#[cfg(not(unix))]
fn signal(child: &mut Child, _force: bool) {
    let _ = child.kill();
}

#[cfg(not(unix))]
fn group_is_gone(_child: &Child) -> bool {
    true
}
