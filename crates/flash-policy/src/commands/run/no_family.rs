//! Stands in for `family` on systems other than Unix. It stops no process besides the server
//! itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use flash_policy_fixture::process::ListeningSocket;

use super::listener::Listener;
use crate::report::ReportedError;

pub(super) struct ProcessFamily;

impl ProcessFamily {
    pub(super) fn adopt(_give_up: impl FnOnce(ReportedError) + Send + 'static) -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn is_interrupted(&self) -> bool {
        false
    }

    pub(super) fn interrupted(&self) -> Arc<AtomicBool> {
        Arc::default()
    }

    pub(super) fn foreign_listener(&self, _port: u16) -> Option<Listener> {
        None
    }

    pub(super) fn lives(&self) -> bool {
        false
    }

    pub(super) fn is_socket_held_by_another(&self, _socket: &ListeningSocket, _pid: u32) -> bool {
        false
    }

    pub(super) fn stop(&self) -> usize {
        0
    }
}
