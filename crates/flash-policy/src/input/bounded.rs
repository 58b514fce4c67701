//! Reads files with a bound on their size and, for pipes and devices, on the time.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use flash_policy_scenario::files::ReadError;

/// The longest time without a byte from a pipe or a device. A person may start the writer later,
/// and a program behind `<(…)` may be slow.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads at most `limit` bytes of a file, a pipe or a device.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    if fs::metadata(path).map_err(ReadError::from)?.is_file() {
        return File::open(path)
            .and_then(|file| read_at_most(limit, file))
            .map_err(ReadError::from);
    }
    read_patiently(path, limit)
}

pub(super) fn read_at_most(limit: u64, from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads on a thread of its own, which is left behind if nothing comes: neither opening nor reading
/// a pipe can be interrupted. It ends with the process.
fn read_patiently(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let path = path.to_owned();
    thread::spawn(move || {
        if let Err(error) = send_all(&path, limit, &sender) {
            // If nobody listens any more, the error does not matter.
            let _ = sender.send(Err(error));
        }
    });
    let mut bytes = Vec::new();
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(chunk) => bytes.extend(chunk.map_err(ReadError::from)?),
            Err(RecvTimeoutError::Disconnected) => return Ok(bytes),
            Err(RecvTimeoutError::Timeout) => {
                return Err(ReadError {
                    message: format!("nothing came from it for {} s", PATIENCE.as_secs()),
                    help: Some(
                        "it is a pipe or a device: start what writes to it first, or name a file"
                            .to_owned(),
                    ),
                });
            }
        }
    }
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
