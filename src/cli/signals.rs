//! The signals by which somebody asks this process to end.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

/// SIGTERM, SIGINT and SIGHUP, from when this was made on; elsewhere than on unix what ends a program of a console.
pub(super) struct Signals {
    #[cfg(unix)]
    kinds: Vec<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    kinds: Vec<tokio::signal::windows::CtrlC>,
}

impl Signals {
    /// Called inside a runtime. From here on they no longer end the process by themselves.
    pub(super) fn watch() -> io::Result<Self> {
        #[cfg(unix)]
        let kinds = {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
            kinds.into_iter().map(signal).collect::<io::Result<_>>()?
        };
        #[cfg(windows)]
        let kinds = vec![tokio::signal::windows::ctrl_c()?];
        Ok(Self { kinds })
    }

    /// Waits for one.
    pub(super) async fn next(mut self) {
        poll_fn(|cx| match self.kinds.iter_mut().any(|kind| kind.poll_recv(cx).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}
