//! Reads standard input and writes standard output, each in its own thread. If the other side of
//! either stalls, the servers still serve and stop.

use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self as queue, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Event, Line};
use crate::failure::Failure;
use crate::render;

/// The most bytes in a line of commands.
const MAX_LINE: usize = 1024 * 1024;

/// The most bytes of lines that may wait for the reader of stdout.
const MAX_WAITING: usize = 64 * 1024 * 1024;

/// The time without progress, at the end, after which the lines that the reader of stdout has not
/// taken are dropped.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// The queue of lines for stdout.
pub(super) struct Output {
    lines: queue::Sender<String>,
    /// The number of bytes that wait.
    waiting: Arc<AtomicUsize>,
    finished: queue::Receiver<()>,
}

impl Output {
    pub(super) fn start(events: mpsc::Sender<Event>) -> Self {
        let (lines, to_write) = queue::channel::<String>();
        let (finish, finished) = queue::channel();
        let waiting = Arc::<AtomicUsize>::default();
        let left = waiting.clone();
        thread::spawn(move || {
            let _finish = finish;
            for line in to_write {
                let mut stdout = io::stdout().lock();
                if let Err(error) = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush())
                {
                    let _ = events.blocking_send(Event::StdoutFailed(error));
                    return;
                }
                left.fetch_sub(line.len(), Ordering::Relaxed);
            }
        });
        Self { lines, waiting, finished }
    }

    /// Queues a line.
    pub(super) fn put(&self, line: &Line) -> Result<(), Failure> {
        let line = render::json_line(line);
        if self.waiting.fetch_add(line.len(), Ordering::Relaxed) > MAX_WAITING {
            let text = "nobody reads standard output, and 64 MiB of lines wait: read it, or send \
                it to /dev/null";
            return Err(Failure::not_run(text));
        }
        // If stdout is closed, an event reports it.
        let _ = self.lines.send(line);
        Ok(())
    }

    /// Waits until all lines are written, or until the reader takes no more.
    pub(super) fn finish(self) {
        let Self { lines, waiting, finished } = self;
        drop(lines);
        let mut left = waiting.load(Ordering::Relaxed);
        while finished.recv_timeout(FINISH_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            let now = waiting.load(Ordering::Relaxed);
            if std::mem::replace(&mut left, now) == now {
                break;
            }
        }
    }
}

/// Reads commands to the end of stdin, and reports the end if `reports_end` is true.
pub(super) fn read_commands(events: mpsc::Sender<Event>, reports_end: bool) {
    thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        while let Some(line) = read_line(&mut stdin) {
            if events.blocking_send(Event::Line(line)).is_err() {
                return;
            }
        }
        if reports_end {
            let _ = events.blocking_send(Event::StdinEnded);
        }
    });
}

/// Returns the next line, or its error; `None` at the end of stdin and if it cannot be read.
fn read_line(stdin: &mut impl BufRead) -> Option<Result<String, String>> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    stdin.by_ref().take(limit + 1).read_until(b'\n', &mut line).ok().filter(|count| *count > 0)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > MAX_LINE {
        let skipped = stdin.skip_until(b'\n');
        return Some(
            skipped
                .map_err(|error| error.to_string())
                .and(Err("a line has at most 1 MiB".to_owned())),
        );
    }
    Some(String::from_utf8(line).map_err(|_| "this line is no UTF-8; expected JSON".to_owned()))
}
