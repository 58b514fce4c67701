//! One line on a terminal that says what is awaited. It is not shown in a log.

use std::io::{self, IsTerminal, Write};

/// A line that is overwritten and cleared.
#[derive(Clone, Copy)]
pub(crate) struct StatusLine {
    is_shown: bool,
}

impl StatusLine {
    /// Creates the line of standard error, which shows nothing unless that is a terminal.
    pub(crate) fn on_terminal() -> Self {
        Self { is_shown: io::stderr().is_terminal() }
    }

    pub(crate) fn show(self, text: &str) {
        self.write(&format!("\r{text}\x1b[K"));
    }

    pub(crate) fn clear(self) {
        self.write("\r\x1b[K");
    }

    fn write(self, text: &str) {
        if self.is_shown {
            // If it cannot be shown, the run goes on.
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}
