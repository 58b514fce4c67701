//! Names what follows the NUL that ends an answer.

use crate::diagnostics::{Diagnostic, rules};
use crate::document::PolicyFile;
use crate::printable::counted;
use crate::wire::{Exchange, escape};

/// The number of bytes that a message shows.
const SHOWN_BYTES: usize = 40;

/// Returns the diagnostics of the bytes behind the NUL, which the player ignores (rulebook W4):
/// further copies of the policy first, then all other bytes.
pub(super) fn diagnose_after_nul(exchange: &Exchange) -> Vec<Diagnostic> {
    let AfterNul { copies, stray } = AfterNul::of(exchange);
    let twice = (copies > 0).then(|| rules::policy_sent_twice(copies + 1));
    twice.into_iter().chain(diagnose_stray(&stray)).collect()
}

/// The bytes behind the NUL, sorted.
struct AfterNul {
    /// The number of further policies, or copies of the first document, each with or without a NUL.
    copies: usize,
    /// All other bytes.
    stray: Vec<u8>,
}

impl AfterNul {
    fn of(exchange: &Exchange) -> Self {
        let mut sorted = Self { copies: 0, stray: Vec::new() };
        // A policy behind another message is the first one, and the message is at fault.
        let is_first_a_policy = is_policy(exchange.document());
        for part in exchange.after_nul().split_inclusive(|byte| *byte == 0) {
            let document = part.strip_suffix(b"\0").unwrap_or(part);
            if !document.is_empty()
                && (document == exchange.document() || is_first_a_policy && is_policy(document))
            {
                sorted.copies += 1;
            } else {
                sorted.stray.extend_from_slice(part);
            }
        }
        sorted
    }
}

fn diagnose_stray(stray: &[u8]) -> Option<Diagnostic> {
    if stray.is_empty() {
        return None;
    }
    if stray.iter().all(|byte| *byte == 0) {
        return Some(rules::too_many_nuls(counted(stray.len(), "NUL byte")));
    }
    let shown = escape(&stray[..stray.len().min(SHOWN_BYTES)]);
    let more = if stray.len() > SHOWN_BYTES { "…" } else { "" };
    let what = format!("{} (\"{shown}{more}\")", counted(stray.len(), "byte"));
    let help = "end the answer with the NUL and send nothing behind it; game data belongs on the \
                SWF's own connection";
    Some(rules::too_many_nuls(what).with_help(help))
}

fn is_policy(bytes: &[u8]) -> bool {
    PolicyFile::parse(bytes).is_ok()
}
