//! The signals by which somebody asks this process to end.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

/// SIGTERM, SIGINT and SIGHUP but for those that are ignored, from when this was made on; elsewhere than on unix what ends a program of a console.
pub(crate) struct Signals {
    #[cfg(unix)]
    kinds: Vec<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    kinds: Vec<tokio::signal::windows::CtrlC>,
}

impl Signals {
    /// Called inside a runtime. From here on they no longer end the process by themselves.
    pub(crate) fn watch() -> io::Result<Self> {
        #[cfg(unix)]
        let kinds = {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
            let ignored = ignored();
            let heeded =
                kinds.into_iter().filter(|kind| ignored & (1 << (kind.as_raw_value() - 1)) == 0);
            heeded.map(signal).collect::<io::Result<_>>()?
        };
        #[cfg(windows)]
        let kinds = vec![tokio::signal::windows::ctrl_c()?];
        Ok(Self { kinds })
    }

    /// Waits for one.
    pub(crate) async fn next(mut self) {
        poll_fn(|cx| match self.kinds.iter_mut().any(|kind| kind.poll_recv(cx).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

/// The signals that this process was started to ignore, as `nohup` does, a bit for each. Where there is no /proc, none is
/// known.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.unwrap_or_default()
}
