//! Turns the bytes of a policy connection into an answer (rulebook W4-W10, X).

use crate::diagnostics::{Diagnostic, rules};
use crate::document::PolicyFile;
use crate::player::answer::{Answer, AnswerKind, rejection};
use crate::player::profile::{Leniency, Profile};
use crate::wire::{AnswerEnd, AnswerReader, POLICY_REQUEST};

impl Answer {
    /// Judges the bytes that were read (rulebook W4-W10, X).
    pub(super) fn read(reader: &AnswerReader, end: AnswerEnd, profile: &Profile) -> Self {
        match end {
            AnswerEnd::Reset => Self::failed(AnswerKind::Reset, None),
            AnswerEnd::TooLarge => {
                let read = reader.received().len().to_string();
                let cap = profile.wire.answer_cap.to_string();
                let diagnostic = Diagnostic::new(rules::T23, &[("n", &read), ("limit", &cap)]);
                Self::failed(AnswerKind::TooLarge, Some(diagnostic))
            }
            AnswerEnd::EndOfStream if reader.received().is_empty() => {
                Self::failed(AnswerKind::Closed, Some(Diagnostic::new(rules::T27, &[])))
            }
            // The request came back: an echo server is not a policy server.
            _ if POLICY_REQUEST.strip_suffix(b"\0") == Some(reader.document()) => {
                Self::failed(AnswerKind::NotAPolicy, None)
            }
            AnswerEnd::EndOfStream => {
                let diagnostic = Some(Diagnostic::new(rules::T15, &[]));
                match profile.wire.missing_nul {
                    Leniency::Reject => Self::failed(AnswerKind::Closed, diagnostic),
                    Leniency::Accept => {
                        Self::parse(reader.document(), profile).with_diagnostic(diagnostic)
                    }
                }
            }
            AnswerEnd::Nul => {
                let extra = reader.after_nul().len();
                let diagnostic =
                    (extra > 0).then(|| Diagnostic::new(rules::T17, &[("n", &extra.to_string())]));
                Self::parse(reader.document(), profile).with_diagnostic(diagnostic)
            }
        }
    }

    fn parse(document: &[u8], profile: &Profile) -> Self {
        let (kind, policy, diagnostics) = match PolicyFile::parse(document) {
            Ok(policy) => match rejection(&policy, &profile.document) {
                None => (AnswerKind::Policy, Some(policy), Vec::new()),
                Some(reason) => (AnswerKind::Malformed, None, vec![reason]),
            },
            Err(malformed) => (AnswerKind::Malformed, None, malformed.diagnostics().to_vec()),
        };
        Self::new(kind, policy, diagnostics)
    }
}
