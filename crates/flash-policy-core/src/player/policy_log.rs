//! Writes the lines that the debug player would add to `policyfiles.txt` (rulebook G3). Lines that
//! no public log shows are modelled from memory; the rulebook marks them.

use super::Verdict;
use super::answer::{AnswerKind, Asked, Role};
use super::record::{Grantor, Record};

const STRICT_POLICY_FILES: &str = "http://www.adobe.com/go/strict_policy_files";

/// Returns the lines of one attempt.
pub(super) fn lines(record: &Record) -> Vec<String> {
    let swf = &record.swf;
    let resource = format!("xmlsocket://{}", record.target);
    let mut lines = vec![format!("OK: Root-level SWF loaded: {swf}")];
    if record.asked.is_empty() {
        return lines;
    }
    lines.push(format!(
        "OK: Searching for <allow-access-from> in policy files to authorize data loading from \
            resource at {resource} by requestor from {swf}"
    ));
    lines.extend(record.asked.iter().flat_map(location));
    if record.kept_out.is_some() {
        lines.push(format!(
            "Error: Ignoring policy file at {resource} due to meta-policy 'master-only'."
        ));
    }
    let request = format!("Request for resource at {resource} by requestor from {swf}");
    if let Some(Grantor::Policy(policy)) = &record.granted_by {
        lines
            .push(format!("OK: {request} is permitted due to policy file at xmlsocket://{policy}"));
    }
    match record.cause().verdict() {
        Verdict::Permitted => {}
        Verdict::Denied => {
            lines.push(format!(
                "Error: {request} is denied due to lack of policy file permissions."
            ));
        }
        Verdict::Unreachable => {
            lines
                .push(format!("Error: {request} has failed because the server cannot be reached."));
        }
    }
    lines
}

fn location(asked: &Asked) -> Vec<String> {
    let url = format!("xmlsocket://{}", asked.endpoint());
    let host = asked.endpoint().host();
    let seconds = asked.answer.took.as_secs();
    match asked.answer() {
        AnswerKind::Cached => Vec::new(),
        AnswerKind::Policy => {
            let mut lines = vec![format!("OK: Policy file accepted: {url}")];
            let has_site_control =
                asked.policy().is_some_and(|policy| !policy.site_control().is_empty());
            match asked.role() {
                Role::Master if !has_site_control => lines.push(format!(
                    "Warning: Domain {host} does not specify a meta-policy.  Applying default \
                        meta-policy 'all'.  This configuration is deprecated.  See \
                        {STRICT_POLICY_FILES} to fix this problem."
                )),
                Role::Explicit | Role::Destination if has_site_control => lines.push(format!(
                    "Warning: [strict] Ignoring <site-control> tag in policy file from {url}.  \
                        This tag is only allowed in master policy files."
                )),
                _ => {}
            }
            lines
        }
        AnswerKind::Malformed => {
            vec![format!("Error: Ignoring policy file with incorrect syntax: {url}")]
        }
        AnswerKind::None | AnswerKind::Dropped if asked.role() == Role::Master => vec![format!(
            "Warning: Timeout on {url} (at {seconds} seconds) while waiting for socket policy \
                file.  This should not cause any problems, but see {STRICT_POLICY_FILES} for an \
                explanation."
        )],
        _ if asked.role() == Role::Explicit => {
            vec![format!("Error: Failed to load policy file from {url}")]
        }
        _ => vec![format!("Warning: Failed to load policy file from {url}")],
    }
}
