//! `serve`, as a program of any language meets it: lines of JSON on its streams, and sockets.

mod commands;
mod ends;
mod journal;
mod serving;
mod terminal;
mod usage;

use crate::{Folder, GOOD};
use serving::{
    NEVER, REQUEST, Serving, Unread, answer, ask, close, command, connect, lines_of, play,
    signal_to,
};
