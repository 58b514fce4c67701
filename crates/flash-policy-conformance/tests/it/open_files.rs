//! The limit on the number of files that this process may have open.

/// Raises the limit to `wanted`, or as close to it as the system permits. Returns the new limit, or
/// `wanted` where the limit is higher.
#[cfg(unix)]
pub(crate) fn raise_limit(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let permitted = limit.maximum.map_or(wanted as u64, |maximum| maximum.min(wanted as u64));
    if limit.current.is_some_and(|current| current < permitted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(permitted), ..limit }).unwrap();
    }
    permitted as usize
}

/// Returns `wanted`: this system has no such limit.
#[cfg(not(unix))]
pub(crate) fn raise_limit(wanted: usize) -> usize {
    wanted
}
