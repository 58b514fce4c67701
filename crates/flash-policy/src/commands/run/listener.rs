//! Finds the process that listens on a port of this machine. Without `/proc`, it finds none.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A process that listens.
pub(super) struct Listener {
    pub(super) pid: i32,
    pub(super) name: String,
}

/// Returns the process outside of `family` that listens on a port, if no process of the family
/// does. A listener whose process is hidden, such as that of another user, is not found.
pub(super) fn foreign(port: u16, family: &BTreeSet<i32>) -> Option<Listener> {
    let sockets: BTreeSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .flat_map(|table| listening(table, port))
        .collect();
    if sockets.is_empty() || family.iter().any(|pid| holds(*pid, &sockets)) {
        return None;
    }
    let pids = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let pid = pids.into_iter().find(|pid| holds(*pid, &sockets))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(Listener { pid, name: name.trim_end().to_owned() })
}

/// Returns the sockets of a table in `/proc/net` that listen on the port, as the links of
/// descriptors name them.
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let text = fs::read_to_string(table).unwrap_or_default();
    let socket = |line: &str| {
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let is_it = local.ends_with(&format!(":{port:04X}")) && *state == LISTEN;
        is_it.then(|| format!("socket:[{inode}]"))
    };
    text.lines().skip(1).filter_map(socket).collect()
}

fn holds(pid: i32, sockets: &BTreeSet<String>) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let target = |path: &Path| {
        fs::read_link(path).ok().and_then(|target| target.to_str().map(str::to_owned))
    };
    descriptors.filter_map(|entry| target(&entry.path())).any(|target| sockets.contains(&target))
}
