//! The lines for standard output, which a thread of its own writes. If its reader is slow, they
//! wait; the servers still serve and stop.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self as queue, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use flash_policy_fixture::server::{Exchange, Traffic};
use tokio::sync::{Notify, mpsc};

use super::messages::{Role, ServedConnection};
use super::{Event, Line, text};
use crate::failure::Failure;
use crate::render;

/// The number of bytes of lines that are rendered ahead of the reader.
const MAX_RENDERED: usize = 64 * 1024 * 1024;

/// The most bytes of connections that wait beyond that.
const MAX_HELD: usize = 2 * 1024 * 1024 * 1024;

/// The time in which a reader takes at least one piece of a line, unless it has stalled.
const STALLED_AFTER: Duration = Duration::from_secs(10);

/// The interval in which the last lines are rendered, and a stalled reader is noticed.
const TICK: Duration = Duration::from_millis(20);

/// The number of bytes that are written at once. The reader's progress is measured in such pieces.
const PIECE: usize = 16 * 1024;

/// The queue of lines for stdout.
pub(super) struct Output {
    /// The entries that are not rendered yet, because the reader is behind.
    waiting: VecDeque<Entry>,
    /// The number of bytes of the connections in `waiting`.
    held: usize,
    /// The time at which `waiting` was no longer empty.
    behind_since: Instant,
    /// `None` once no line follows.
    lines: Option<queue::Sender<String>>,
    progress: Arc<Progress>,
    finished: queue::Receiver<io::Result<()>>,
    is_for_people: bool,
}

/// One line that is not rendered yet.
pub(super) enum Entry {
    Line(Line),
    Connection(Role, Box<Exchange>),
}

/// The progress of the thread that writes.
struct Progress {
    /// The number of bytes of lines that are rendered and not written.
    unwritten: AtomicUsize,
    last: Mutex<Instant>,
    written: Notify,
}

impl Output {
    /// Starts the thread that writes. An error of stdout is an event.
    pub(super) fn start(events: mpsc::Sender<Event>) -> Self {
        let (lines, to_write) = queue::channel::<String>();
        let (finish, finished) = queue::channel();
        let now = Instant::now();
        let progress = Arc::new(Progress {
            unwritten: AtomicUsize::new(0),
            last: Mutex::new(now),
            written: Notify::new(),
        });
        let written = progress.clone();
        thread::spawn(move || {
            let result = to_write.iter().try_for_each(|line| write(&line, &written));
            if let Err(error) = &result {
                let error = io::Error::new(error.kind(), error.to_string());
                let _ = events.blocking_send(Event::StdoutFailed(error));
            }
            let _ = finish.send(result);
        });
        Self {
            waiting: VecDeque::new(),
            held: 0,
            behind_since: now,
            lines: Some(lines),
            progress,
            finished,
            is_for_people: io::stdout().is_terminal(),
        }
    }

    /// Queues a line.
    ///
    /// Returns an error if a reader that takes nothing is far behind, or if even more waits than
    /// memory should hold.
    pub(super) fn put(&mut self, entry: Entry) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            self.behind_since = Instant::now();
        }
        self.held += entry.held_bytes();
        self.waiting.push_back(entry);
        self.render_ahead();
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.is_stalled() {
            let text = "nobody reads standard output: 64 MiB of lines wait, and none was taken \
                for 10 s; read it, or send it to /dev/null";
            return Err(Failure::not_run(text));
        }
        if self.held > MAX_HELD {
            let text = "the reader of standard output is too slow: 2 GiB of connections wait for \
                it; read it faster, or send it to /dev/null";
            return Err(Failure::not_run(text));
        }
        Ok(())
    }

    /// Returns whether lines wait to be rendered.
    pub(super) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Returns what is notified when the reader has taken something.
    pub(super) fn written(&self) -> impl Future<Output = ()> + use<> {
        let progress = self.progress.clone();
        async move { progress.written.notified().await }
    }

    /// Renders waiting lines until enough of them are ahead of the reader.
    pub(super) fn render_ahead(&mut self) {
        while self.progress.unwritten.load(Ordering::Relaxed) < MAX_RENDERED {
            let Some(entry) = self.waiting.pop_front() else { return };
            self.held -= entry.held_bytes();
            let line = entry.line();
            let line = if self.is_for_people { text::of(&line) } else { render::json_line(&line) };
            self.progress.unwritten.fetch_add(line.len(), Ordering::Relaxed);
            // If stdout is closed, an event reports it.
            if let Some(lines) = &self.lines {
                let _ = lines.send(line);
            }
        }
    }

    /// Waits until all lines are written. Returns an error if the reader stalls before that.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.behind_since = Instant::now();
        loop {
            self.render_ahead();
            if self.waiting.is_empty() {
                self.lines = None;
            }
            match self.finished.recv_timeout(TICK) {
                Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(stdout_failed(&error));
                }
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if self.is_stalled() => {
                    let text = "nobody reads standard output: its last lines are lost, of which \
                        none was taken for 10 s; read it to its end";
                    return Err(Failure::not_run(text));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Returns whether the reader has taken nothing for long, although lines waited.
    fn is_stalled(&self) -> bool {
        let last = *self.progress.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.max(self.behind_since).elapsed() > STALLED_AFTER
    }
}

/// Returns the error of a standard output that cannot be written.
pub(super) fn stdout_failed(error: &io::Error) -> Failure {
    Failure::not_run(format!("cannot write to stdout: {error}"))
}

impl Entry {
    /// Returns the number of bytes that a waiting entry holds.
    fn held_bytes(&self) -> usize {
        match self {
            Self::Line(_) => 0,
            Self::Connection(_, exchange) => {
                let bytes = |traffic: &Traffic| match traffic {
                    Traffic::Received(bytes) | Traffic::Sent(bytes) => bytes.len(),
                    _ => 0,
                };
                size_of::<Exchange>() + exchange.traffic().iter().map(bytes).sum::<usize>()
            }
        }
    }

    fn line(self) -> Line {
        match self {
            Self::Line(line) => line,
            Self::Connection(role, exchange) => {
                Line::Connection(ServedConnection::of(role, &exchange))
            }
        }
    }
}

/// Writes a line, piece by piece.
fn write(line: &str, progress: &Progress) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for piece in line.as_bytes().chunks(PIECE) {
        stdout.write_all(piece)?;
        stdout.flush()?;
        progress.unwritten.fetch_sub(piece.len(), Ordering::Relaxed);
        *progress.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        progress.written.notify_one();
    }
    Ok(())
}
