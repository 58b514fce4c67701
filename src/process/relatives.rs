//! The living processes that belong to a child process and may outlive it.

use std::fs;
use std::path::Path;

use super::listening_socket::descriptors;

/// Returns the living processes of the group of `leader`, and those that still write to `output`,
/// which the child's descendants inherit. Without `/proc`, returns `None`.
pub(super) fn of(leader: u32, output: &Path) -> Option<Vec<u32>> {
    let output = output.canonicalize().ok()?;
    let is_output = |target: String| Path::new(&target) == output;
    let own = std::process::id();
    let pids = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let stat = |pid: u32| Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
    let mut is_known = false;
    let found = pids.filter(|pid| {
        let Some(stat) = stat(*pid) else { return false };
        is_known = true;
        let belongs = || stat.group == leader || descriptors(*pid).any(is_output);
        *pid != own && stat.lives && belongs()
    });
    let found = found.collect();
    is_known.then_some(found)
}

/// The line `PID (NAME) STATE PPID PGRP …` of a process. The name may contain anything.
struct Stat {
    lives: bool,
    group: u32,
}

impl Stat {
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let lives = !["Z", "X"].contains(&fields.next()?);
        Some(Self { lives, group: fields.nth(1)?.parse().ok()? })
    }
}
