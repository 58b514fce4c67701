//! Reads files with a bound on their size and, for pipes and devices, on the time.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use flash_policy_scenario::files::ReadError;

/// The time that a pipe or a device gets.
#[derive(Clone, Copy)]
struct Patience {
    /// The longest time without a byte. A person may start the writer later, and a program behind
    /// `<(…)` may be slow.
    silence: Duration,
    /// The longest time until the end.
    total: Duration,
}

impl Patience {
    const DEFAULT: Self = Self { silence: Duration::from_secs(10), total: Duration::from_secs(60) };
}

/// Reads at most `limit` bytes of a file, a pipe or a device.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let metadata = fs::metadata(path).map_err(|error| ReadError::at(path, error))?;
    if metadata.is_file() {
        return File::open(path)
            .and_then(|file| read_at_most(limit, file))
            .map_err(ReadError::from);
    }
    read_patiently(path, limit, Patience::DEFAULT)
}

pub(super) fn read_at_most(limit: u64, from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads on a thread of its own, which is left behind if nothing comes: neither opening nor reading
/// a pipe can be interrupted. It ends with the process.
fn read_patiently(path: &Path, limit: u64, patience: Patience) -> Result<Vec<u8>, ReadError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let path = path.to_owned();
    thread::spawn(move || {
        if let Err(error) = send_all(&path, limit, &sender) {
            // If nobody listens any more, the error does not matter.
            let _ = sender.send(Err(error));
        }
    });
    let mut bytes = Vec::new();
    let deadline = Instant::now() + patience.total;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(too_slow(&format!("it did not end within {} s", patience.total.as_secs())));
        }
        match receiver.recv_timeout(patience.silence.min(left)) {
            Ok(chunk) => bytes.extend(chunk.map_err(ReadError::from)?),
            Err(RecvTimeoutError::Disconnected) => return Ok(bytes),
            // The total time is over, too.
            Err(RecvTimeoutError::Timeout) if left <= patience.silence => {}
            Err(RecvTimeoutError::Timeout) => {
                let silence = patience.silence.as_secs();
                return Err(too_slow(&format!("nothing came from it for {silence} s")));
            }
        }
    }
}

fn too_slow(message: &str) -> ReadError {
    let help = "it is a pipe or a device: start what writes to it first, or name a file";
    ReadError { help: Some(help.to_owned()), ..ReadError::new(message) }
}

/// Sends what can be read, piece by piece.
fn send_all(path: &Path, limit: u64, to: &SyncSender<io::Result<Vec<u8>>>) -> io::Result<()> {
    let mut from = File::open(path)?.take(limit);
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                if to.send(Ok(buffer[..length].to_vec())).is_err() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_does_not_end_is_given_up() {
        let patience = Patience { silence: Duration::from_secs(600), total: Duration::ZERO };
        let error = read_patiently(Path::new("/dev/zero"), u64::MAX, patience).unwrap_err();
        assert_eq!(error.message, "it did not end within 0 s");
    }

    #[test]
    fn a_pipe_that_says_nothing_is_given_up() {
        let patience = Patience { silence: Duration::ZERO, total: Duration::from_secs(600) };
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let error = read_patiently(&pipe, 1, patience).unwrap_err();
        assert_eq!(error.message, "nothing came from it for 0 s");
    }
}
