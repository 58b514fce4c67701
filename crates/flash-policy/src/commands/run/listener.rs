//! Finds the process that listens on a port of this machine. Without `/proc`, it finds none.

use std::collections::BTreeSet;
use std::fs;

use flash_policy_fixture::process::ListeningSocket;

/// A process that listens.
pub(super) struct Listener {
    pub(super) pid: i32,
    pub(super) name: String,
}

/// Returns the process outside of `family` that listens on a port, if no process of the family
/// does. A listener whose process is hidden, such as that of another user, is not found.
pub(super) fn foreign(port: u16, family: &BTreeSet<i32>) -> Option<Listener> {
    let sockets = ListeningSocket::on_port(port)?;
    let listens = |pid: &i32| sockets.iter().any(|socket| holds(*pid, socket));
    if sockets.is_empty() || family.iter().any(listens) {
        return None;
    }
    let mut pids = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let pid = pids.find(listens)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(Listener { pid, name: name.trim_end().to_owned() })
}

/// Returns whether a process has a socket open.
pub(super) fn holds(pid: i32, socket: &ListeningSocket) -> bool {
    u32::try_from(pid).is_ok_and(|pid| socket.is_held_by(pid))
}
