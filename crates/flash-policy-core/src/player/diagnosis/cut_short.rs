//! Tells a document that was cut short from one with a fault that no further byte could remove.

use crate::diagnostics::{Rule, rules};
use crate::document::PolicyFile;

/// Returns true if further bytes could still make a policy of a document that was rejected for
/// `reason`.
pub(super) fn is_cut_short(document: &[u8], reason: &Rule) -> bool {
    if lacks_an_end(reason) {
        return true;
    }
    let Some(start) = document.iter().rposition(|byte| *byte == b'<') else {
        return false;
    };
    let (before, markup) = document.split_at(start);
    let is_unfinished = !markup.contains(&b'>');
    is_unfinished
        && match PolicyFile::parse(before) {
            Ok(_) => true,
            Err(malformed) => lacks_an_end(malformed.diagnostic().rule()),
        }
}

/// Returns true if the document was fine as far as it went.
fn lacks_an_end(reason: &Rule) -> bool {
    [rules::TRUNCATED, rules::EMPTY_DOCUMENT].contains(reason)
}
