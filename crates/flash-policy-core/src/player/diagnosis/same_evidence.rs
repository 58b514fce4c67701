//! Causes that leave the same evidence: which they are, and the question that tells them apart.

use crate::diagnostics::{Rule, rules};

/// Causes that leave the same evidence as the one that is reported. What was seen does not tell
/// them apart, so all of them are named, with the question that does.
///
/// ```
/// use flash_policy_core::diagnosis::SameEvidence;
/// use flash_policy_core::diagnostics::rules;
///
/// let refused = SameEvidence::of(&rules::MASTER_REFUSED).expect("several causes refuse");
/// assert!(refused.also().contains(&rules::LISTENS_ON_LOOPBACK));
/// assert!(refused.question().ends_with('?'));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct SameEvidence {
    reported: Rule,
    also: &'static [Rule],
    question: &'static str,
}

impl SameEvidence {
    /// All groups of causes that leave the same evidence.
    pub const ALL: &'static [Self] = ALL;

    /// Returns the group in which `rule` is the one that is reported.
    pub fn of(rule: &Rule) -> Option<&'static Self> {
        Self::ALL.iter().find(|group| group.reported == *rule)
    }

    /// Returns the rule that is reported.
    pub fn reported(&self) -> &Rule {
        &self.reported
    }

    /// Returns the other rules that fit the same evidence.
    pub fn also(&self) -> &'static [Rule] {
        self.also
    }

    /// Returns the question that tells the causes apart.
    pub fn question(&self) -> &'static str {
        self.question
    }
}

const ALL: &[SameEvidence] = &[
    SameEvidence {
        reported: rules::MASTER_REFUSED,
        also: &[
            rules::LISTENS_ON_LOOPBACK,
            rules::WRONG_PORT_NUMBER,
            rules::CONNTRACK_PORTFORWARD,
            rules::EACCES_843,
            rules::FALLBACK_BUG,
            rules::START_ORDER,
        ],
        question: "on the server itself, does something listen on port 843, and on which address?",
    },
    SameEvidence {
        reported: rules::MASTER_DROPPED,
        also: &[rules::CDN_OR_LB_HOST, rules::NAT_HAIRPIN, rules::REBOOT_FIREWALL_RESET],
        question: "does the port answer from the server itself, and does the name resolve to that \
                   server?",
    },
    SameEvidence {
        reported: rules::ACCEPT_THEN_SILENCE,
        also: &[
            rules::REQUEST_VARIANT,
            rules::CASE_LINE_DELIMITER,
            rules::IPS_BLOCKED,
            rules::MAX_CONNECTIONS,
            rules::DOS_OPEN_DAEMON,
            rules::HANDLER_INFINITE_LOOP,
        ],
        question: "does the server's log show the request, and does the server answer when nobody \
                   else is connected?",
    },
    SameEvidence {
        reported: rules::RESET_AFTER_ANSWER,
        also: &[rules::IPS_BLOCKED],
        question: "does the reset also come when the client runs on the server itself?",
    },
    SameEvidence {
        reported: rules::CLOSED_BEFORE_FLUSH,
        also: &[
            rules::TLS_ON_POLICY_PORT,
            rules::EMPTY_FIRST_CONNECTION,
            rules::IPS_BLOCKED,
            rules::WORKING_DIRECTORY,
            rules::PRIVILEGE_DROP,
        ],
        question: "does the server's log say that it sent a policy, could not read one, failed a \
                   TLS handshake or refused the client?",
    },
    SameEvidence {
        reported: rules::EMPTY_DOCUMENT,
        also: &[rules::WORKING_DIRECTORY, rules::PRIVILEGE_DROP],
        question: "can the server's user read the policy file under the path that the server uses?",
    },
    SameEvidence {
        reported: rules::TRUNCATED,
        also: &[rules::CRLF_CHARSET_ON_DISK],
        question: "is the policy longer than the server's buffer, or does the server count \
                   characters instead of bytes?",
    },
    SameEvidence {
        reported: rules::REQUESTER_NOT_LISTED,
        also: &[
            rules::SWF_DOMAIN_VS_PAGE_DOMAIN,
            rules::CONFIG_RELOAD,
            rules::ENV_DRIFT,
            rules::OTHER_APPS_MASTER,
        ],
        question: "is this the policy that you meant to serve, and the host that serves the SWF?",
    },
    SameEvidence {
        reported: rules::SELF_NOT_LISTED,
        also: &[rules::SAME_HOST_STILL_NEEDS_POLICY],
        question: "was the SWF's own host left out because it seemed to need no rule?",
    },
    SameEvidence {
        reported: rules::PORT_NOT_LISTED,
        also: &[rules::CONFIG_RELOAD, rules::OTHER_APPS_MASTER],
        question: "is this the policy that you meant to serve, and is the port the one that the \
                   server uses?",
    },
    SameEvidence {
        reported: rules::META_NONE,
        also: &[rules::OTHER_APPS_MASTER],
        question: "is the master on port 843 yours?",
    },
    SameEvidence {
        reported: rules::MASTER_ONLY_BLOCKS_INBAND,
        also: &[rules::OTHER_APPS_MASTER],
        question: "is the master on port 843 yours?",
    },
    SameEvidence {
        reported: rules::BACKEND_DOWN,
        also: &[
            rules::WRONG_BACKEND_PORT,
            rules::BACKEND_LOCALHOST_ONLY,
            rules::NO_DENIAL_VS_REFUSAL_DIFFERENCE,
            rules::WEBSOCKET_WRAPPER_GENERIC,
        ],
        question: "on the server itself, does the backend listen on that port, and on which \
                   address?",
    },
    SameEvidence {
        reported: rules::BACKEND_FILTERED,
        also: &[rules::NAT_HAIRPIN, rules::REBOOT_FIREWALL_RESET],
        question: "does the port answer from the server itself?",
    },
    SameEvidence {
        reported: rules::BACKEND_RESET,
        also: &[rules::BACKEND_ACCEPTS_THEN_CLOSES, rules::IPS_BLOCKED],
        question: "does the backend's log show the connection?",
    },
];
