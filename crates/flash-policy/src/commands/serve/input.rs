//! Reads the commands from standard input, in a thread of its own. If their writer stalls, the
//! servers still serve and stop.

use std::io::{self, BufRead, Read};
use std::thread;

use tokio::sync::mpsc;

use super::Event;

/// The most bytes in a line of commands.
const MAX_LINE: usize = 1024 * 1024;

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
