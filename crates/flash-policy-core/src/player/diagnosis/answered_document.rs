//! The document in an answer, judged as if the stream had ended behind it.

use super::answer::OpenedAnswer;
use super::cut_short::is_cut_short;
use crate::diagnostics::{Diagnostic, Rule, Severity, rules};
use crate::document::{PolicyFile, length_prefix, wide};
use crate::player::Endpoint;
use crate::player::answer::{Role, rejection};

/// The document in an answer, with its diagnostics. If the player does not accept it, the first is
/// the reason.
pub(super) struct AnsweredDocument {
    pub(super) found: Vec<Diagnostic>,
    /// `None` for a document that the player accepts.
    fault: Option<Fault>,
}

/// The kind of fault for which the player rejects a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It is not complete, so that further bytes could still make it a policy.
    CutShort,
    /// It ends with the escape sequence of a NUL.
    FakeNul,
    /// HTTP or TLS.
    AnotherProtocol,
    /// A length prefix or UTF-16, whose NULs end the document early.
    AnotherEncoding,
    /// A NUL before everything else.
    NulFirst,
    /// Any other fault. No further byte could remove it.
    Other,
}

impl AnsweredDocument {
    /// Judges the document in an answer.
    pub(super) fn of(answer: &OpenedAnswer<'_>) -> Self {
        let OpenedAnswer { evidence, exchange, place, role, profile } = *answer;
        let document = exchange.document();
        // Both have NULs among their first bytes, which end the document before it has begun.
        if let Some(reason) = encoding(exchange.received()) {
            return Self::rejected(reason, Vec::new(), document);
        }
        if document.is_empty() && exchange.after_nul().iter().any(|byte| *byte != 0) {
            let help = "send no NUL before the document: the first NUL ends it";
            let reason = rules::nul_inside(0).with_help(help);
            let found = vec![reason.with_severity(Severity::Error)];
            return Self { found, fault: Some(Fault::NulFirst) };
        }
        match PolicyFile::parse(document) {
            Ok(policy) => {
                let found = policy.diagnostics_in(place);
                match rejection(&policy, &profile.document) {
                    Some(reason) => Self::rejected(reason, found, document),
                    None => Self { found, fault: None },
                }
            }
            Err(malformed) => {
                let mut others = malformed.diagnostics_in_order();
                let reason = in_context(others.remove(0), &evidence.endpoint, role);
                Self::rejected(reason, others, document)
            }
        }
    }

    /// Returns true if the player accepts the document.
    pub(super) fn is_accepted(&self) -> bool {
        self.fault.is_none()
    }

    /// Returns true if further bytes could still make a policy of the document.
    pub(super) fn is_cut_short(&self) -> bool {
        self.fault == Some(Fault::CutShort)
    }

    /// Returns true for HTTP and TLS.
    pub(super) fn is_another_protocol(&self) -> bool {
        self.fault == Some(Fault::AnotherProtocol)
    }

    /// Returns true for another protocol or encoding, and for a NUL before everything, which say
    /// more than a missing NUL or than what follows one.
    pub(super) fn is_of_another_kind(&self) -> bool {
        matches!(
            self.fault,
            Some(Fault::AnotherProtocol | Fault::AnotherEncoding | Fault::NulFirst)
        )
    }

    /// Returns true if nothing need be said of a missing NUL, because something else explains it.
    pub(super) fn explains_a_missing_nul(&self) -> bool {
        !matches!(self.fault, None | Some(Fault::Other))
    }

    /// Returns a document that the player rejects for `reason`.
    fn rejected(reason: Diagnostic, others: Vec<Diagnostic>, document: &[u8]) -> Self {
        let fault = match *reason.rule() {
            rules::FAKE_NUL => Fault::FakeNul,
            rules::HTTP_PROXY_EATS_REQUEST
            | rules::HTTP_SERVER_ON_843
            | rules::TLS_ON_POLICY_PORT => Fault::AnotherProtocol,
            rules::LENGTH_PREFIX | rules::UTF16 => Fault::AnotherEncoding,
            rule if is_cut_short(document, &rule) => Fault::CutShort,
            _ => Fault::Other,
        };
        let mut found = others;
        found.retain(|other| *other != reason);
        found.insert(0, reason.with_severity(Severity::Error));
        Self { found, fault: Some(fault) }
    }
}

/// Returns the diagnostic of UTF-16, or of a length before the document.
fn encoding(received: &[u8]) -> Option<Diagnostic> {
    wide(received).or_else(|| {
        let prefix = length_prefix(received)?;
        Some(rules::length_prefix(prefix.length, prefix.description()))
    })
}

/// Returns the reason for a rejected document with what the location adds to it: HTTP on the
/// master's port comes from a web server.
fn in_context(reason: Diagnostic, endpoint: &Endpoint, role: Role) -> Diagnostic {
    const HTTP: Rule = rules::HTTP_PROXY_EATS_REQUEST;
    match *reason.rule() {
        HTTP if role == Role::Master => rules::http_server_on_843(endpoint),
        HTTP => rules::http_proxy_eats_request(endpoint),
        rules::TLS_ON_POLICY_PORT => rules::tls_on_policy_port(endpoint),
        _ => reason,
    }
}
