//! Waits for the signals that ask this process to stop.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::thread;

use tokio::runtime::Builder;

/// Calls `act` on a thread of its own when the first signal asks this process to stop. The second
/// signal ends the process at once, with this exit code: `act` may be blocked. If signals cannot be
/// watched, they end the process as usual.
pub(crate) fn on_first(exit: i32, act: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::watch() else { return };
            signals.next().await;
            thread::spawn(act);
            signals.next().await;
            std::process::exit(exit);
        });
    });
}

/// SIGTERM, SIGINT and SIGHUP, except those that this process ignores. On Windows, Ctrl-C.
pub(crate) struct Signals {
    #[cfg(unix)]
    kinds: Vec<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    kinds: Vec<tokio::signal::windows::CtrlC>,
}

impl Signals {
    /// Starts to watch the signals, which from now on no longer end the process by themselves. Must
    /// be called inside a runtime.
    pub(crate) fn watch() -> io::Result<Self> {
        #[cfg(unix)]
        let kinds = {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
            let ignored = ignored();
            let watched =
                kinds.into_iter().filter(|kind| ignored & (1 << (kind.as_raw_value() - 1)) == 0);
            watched.map(signal).collect::<io::Result<_>>()?
        };
        #[cfg(windows)]
        let kinds = vec![tokio::signal::windows::ctrl_c()?];
        Ok(Self { kinds })
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) {
        poll_fn(|cx| {
            let has_come = self.kinds.iter_mut().any(|kind| kind.poll_recv(cx).is_ready());
            if has_come { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Returns the signals that this process was started to ignore, as `nohup` does, one bit for each.
/// Without `/proc`, no signal is known to be ignored.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.unwrap_or_default()
}
