//! Names what follows the NUL that ends an answer.

use crate::diagnostics::{Diagnostic, rules};
use crate::document::PolicyFile;
use crate::printable::counted;
use crate::wire::escape;

/// The number of bytes that a message shows.
const SHOWN_BYTES: usize = 40;

/// Returns the diagnostic of the bytes behind the NUL, which the player ignores (rulebook W4).
pub(super) fn diagnose_after_nul(after: &[u8]) -> Option<Diagnostic> {
    let policies = after.split(|byte| *byte == 0).filter(|part| is_policy(part)).count();
    if after.is_empty() {
        None
    } else if policies > 0 {
        Some(rules::policy_sent_twice(policies + 1))
    } else if after.iter().all(|byte| *byte == 0) {
        Some(rules::too_many_nuls(counted(after.len(), "NUL byte")))
    } else {
        let shown = escape(&after[..after.len().min(SHOWN_BYTES)]);
        let more = if after.len() > SHOWN_BYTES { "…" } else { "" };
        let what = format!("{} (\"{shown}{more}\")", counted(after.len(), "byte"));
        let help = "end the answer with the NUL and send nothing behind it; game data belongs on \
                    the SWF's own connection";
        Some(rules::too_many_nuls(what).with_help(help))
    }
}

fn is_policy(bytes: &[u8]) -> bool {
    !bytes.is_empty() && PolicyFile::parse(bytes).is_ok()
}
