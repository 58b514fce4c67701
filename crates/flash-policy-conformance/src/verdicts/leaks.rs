//! The verdict on connections that share what they should not.

use super::wording::describe;
use crate::finding::Finding;
use crate::observation::Observation;
use crate::reference::Reference;

/// Two halves of a request, each sent on a connection of its own; then the rest on the first.
pub(crate) struct SplitRequest {
    /// The first connection, which in the end sent a complete request.
    pub(crate) first: Observation,
    /// The second half alone, tried again where it was answered beside the first.
    pub(crate) second_half_alone: Option<Observation>,
    /// Whether the first connection is due an answer: the server accepts a pause inside a request,
    /// and had not given up on this one.
    pub(crate) is_answer_due: bool,
    /// Whether the second half, which a NUL ends, arrived on the first connection as it was sent.
    pub(crate) is_relayed: bool,
}

/// The observations of bytes that connections shared.
#[derive(Clone, Copy)]
pub(crate) struct SharedBytes<'a> {
    /// The description of a marker that arrived on a connection that had not sent it.
    pub(crate) leak: Option<&'a str>,
    pub(crate) split_request: Option<&'a SplitRequest>,
    /// Whether a whole message arrived on another connection.
    pub(crate) is_relayed: bool,
    pub(crate) reference: &'a Reference,
}

/// Judges whether a connection received or used what another had sent.
pub(crate) fn leaks(shared: &SharedBytes<'_>) -> Finding {
    if let Some(leak) = shared.leak {
        return Finding::fail(leak, None);
    }
    let mixed = shared.split_request.and_then(|halves| mixed_halves(halves, shared.reference));
    if let Some(finding) = mixed {
        return finding;
    }
    if shared.is_relayed || shared.split_request.is_some_and(|halves| halves.is_relayed) {
        let reason = "a whole message arrived at another client, as in a chat";
        return Finding::tolerated(reason, None);
    }
    Finding::pass("no connection received what another had sent")
}

/// Returns the finding if the bytes of the two connections were mixed up.
fn mixed_halves(halves: &SplitRequest, reference: &Reference) -> Option<Finding> {
    if halves.second_half_alone.as_ref().is_some_and(|alone| !reference.is_answered_by(alone)) {
        let reason = "half a request was answered while another connection had sent the other half";
        return Some(Finding::fail(reason, None));
    }
    if halves.is_answer_due && !reference.is_answered_within(&halves.first) {
        let description = describe(&halves.first);
        let reason = format!(
            "a request in two parts failed while another connection sent bytes: {description}"
        );
        return Some(Finding::fail(reason, None).resting_on(halves.first.observed_until()));
    }
    None
}
