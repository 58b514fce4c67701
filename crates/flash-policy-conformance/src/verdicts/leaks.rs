//! The verdict on connections that share what they should not.

use super::wording::describe;
use crate::finding::Finding;
use crate::observation::Observation;

/// Two halves of a request, each sent on a connection of its own; then the rest on the first.
pub(crate) struct SplitRequest {
    /// The first connection, which in the end sent a complete request.
    pub(crate) first: Observation,
    /// The second half alone, tried again where it was answered beside the first.
    pub(crate) second_half_alone: Option<Observation>,
    /// Whether the first connection is due an answer: the server accepts a pause inside a request,
    /// and had not given up on this one.
    pub(crate) is_answer_due: bool,
}

/// Judges whether a connection received or used what another had sent.
///
/// `leak` describes a marker that arrived on a connection that had not sent it. `is_relayed` says
/// that a whole message arrived at a client that had sent nothing.
pub(crate) fn leaks(
    leak: Option<&str>,
    split_request: Option<&SplitRequest>,
    is_relayed: bool,
) -> Finding {
    if let Some(leak) = leak {
        return Finding::fail(leak, None);
    }
    if let Some(reason) = split_request.and_then(mixed_halves) {
        return Finding::fail(reason, None);
    }
    if is_relayed {
        let reason = "a message arrived at another client that had sent nothing, as in a chat";
        return Finding::tolerated(reason, None);
    }
    Finding::pass("no connection received what another had sent")
}

/// Returns the reason if the bytes of the two connections were mixed up.
fn mixed_halves(halves: &SplitRequest) -> Option<String> {
    if halves.second_half_alone.as_ref().is_some_and(|alone| !alone.is_policy()) {
        return Some(
            "half a request was answered while another connection had sent the other half"
                .to_owned(),
        );
    }
    if halves.is_answer_due && !halves.first.is_policy() {
        let description = describe(&halves.first);
        return Some(format!(
            "a request in two parts failed while another connection sent bytes: {description}"
        ));
    }
    None
}
