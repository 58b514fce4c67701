//! The lines of `serve` as text for people, which a terminal gets instead of JSON.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flash_policy_core::printable::{printable, printable_within};

use super::Line;
use super::messages::{Addresses, Answer, Endpoints, Role, ServedConnection};

/// The most characters that are shown of what one side sent.
const SHOWN: usize = 400;

/// Returns a line as text, with its line end.
pub(super) fn of(line: &Line) -> String {
    match line {
        Line::Endpoints(Endpoints { endpoints: Addresses { policy, backend } }) => format!(
            "policy   listens on {policy}\nbackend  listens on {backend}\n\
             commands are lines of JSON, such as {{\"backend\": \"down\"}}; Ctrl-D stops\n"
        ),
        Line::Connection(connection) => of_connection(connection),
        Line::Answer(Answer::Ok(command)) => format!("ok       {}\n", printable(command)),
        Line::Answer(Answer::Error(error)) => format!("error    {}\n", printable(error)),
        Line::Command(_) => String::new(),
    }
}

fn of_connection(connection: &ServedConnection) -> String {
    let ServedConnection { endpoint, peer, received, sent, ended, left_out } = connection;
    let endpoint = match endpoint {
        Role::Policy => "policy",
        Role::Backend => "backend",
    };
    let mut text = format!("{endpoint:<8} {peer} {ended}");
    if *left_out > 0 {
        let _ = write!(text, ", {left_out} more bytes");
    }
    text.push('\n');
    for (mark, bytes) in [('>', received), ('<', sent)] {
        let bytes = STANDARD.decode(bytes).unwrap_or_default();
        if bytes.is_empty() {
            continue;
        }
        let shown = bytes.get(..SHOWN * 4).unwrap_or(&bytes);
        let shown = printable_within(&String::from_utf8_lossy(shown), SHOWN);
        let shown = shown.replace(r"\u{0}", r"\0");
        let count =
            if bytes.len() == 1 { "1 byte".to_owned() } else { format!("{} bytes", bytes.len()) };
        let _ = writeln!(text, "         {mark} {shown} ({count})");
    }
    text
}
