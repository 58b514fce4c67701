//! The subcommands, one file each.

pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod live;
pub(crate) mod probe;
pub(crate) mod run;
pub(crate) mod serve;
mod status_line;
pub(crate) mod test;
